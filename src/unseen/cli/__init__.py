"""The command line: one file per command, one voice for output."""

from unseen.cli.program import app, main

__all__ = ["app", "main"]
