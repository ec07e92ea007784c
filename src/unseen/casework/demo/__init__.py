"""`unseen demo`: the whole of it at work on benign photographs, which are altered here."""

from unseen.casework.demo.run import AlteredCopy, DemoResult, run_demo

__all__ = ["AlteredCopy", "DemoResult", "run_demo"]
