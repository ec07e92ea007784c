"""The folder of a backup as a reader is lent it: the files in one range of bytes, by name."""

import os

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers.ranges import Part
from unseen.sources.phones.signatures import FOLDER_ENTRY, FOLDER_LENGTH, FOLDER_MAGIC

__all__ = ["read_folder"]

# Some sixty bytes for each file.
_TABLE_BYTES_MAX = 1 << 30


def read_folder(source: ByteSource) -> dict[str, Part]:
    """The files in a range that `FolderRange` made, by name.

    Raises:
        UnreadError: Something else made it.
    """
    start = len(FOLDER_MAGIC) + FOLDER_LENGTH.size
    (length,) = FOLDER_LENGTH.unpack(
        source.read_at(len(FOLDER_MAGIC), FOLDER_LENGTH.size).ljust(FOLDER_LENGTH.size, b"\xff")
    )
    if length > min(_TABLE_BYTES_MAX, source.size_bytes - start):
        raise UnreadError(Reason.UNREADABLE)
    rows, at, data_at = source.read_at(start, length), 0, start + length
    files: dict[str, Part] = {}
    while at + FOLDER_ENTRY.size <= len(rows):
        size, name_bytes = FOLDER_ENTRY.unpack_from(rows, at)
        at += FOLDER_ENTRY.size
        files[os.fsdecode(rows[at : at + name_bytes])] = Part(source, data_at, size)
        at += name_bytes
        data_at += size
    return files
