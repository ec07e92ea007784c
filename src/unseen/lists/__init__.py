"""File formats of hash lists, in and out."""

from unseen.lists.codes import FileCodes, read_codes
from unseen.lists.reading import ListFile, ListFormat
from unseen.lists.writing import write_lines

__all__ = ["FileCodes", "ListFile", "ListFormat", "read_codes", "write_lines"]
