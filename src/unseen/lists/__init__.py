"""File formats of hash lists, in and out."""

from unseen.lists.codes import FileCodes, read_codes
from unseen.lists.questions import ask_for
from unseen.lists.reading import ListFile, ListFormat
from unseen.lists.rows import write_lines
from unseen.lists.vpdq import write_frames

__all__ = ["FileCodes", "ListFile", "ListFormat", "ask_for", "read_codes", "write_frames", "write_lines"]
