"""Findings handed on: written as bundles, and matched again from what a bundle holds."""

from unseen.casework.bundles.rerunning import Repeated, Rerun, Result, rerun
from unseen.casework.bundles.writing import WrittenBundle, write_bundle, write_case_bundles

__all__ = ["Repeated", "Rerun", "Result", "WrittenBundle", "rerun", "write_bundle", "write_case_bundles"]
