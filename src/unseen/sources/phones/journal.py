"""Changes to a file of SQLite that stand in a journal beside it, put in: a library would need both as files.

Format: sqlite.org, "File Format", section 4 (the write-ahead log).
"""

import struct
from collections.abc import Iterator

from unseen.model import Reason, UnreadError

__all__ = ["JOURNAL_BYTES_MAX", "put_in"]

# Its checksum is added up word by word, some seconds for so much. SQLite itself begins anew at 4 MB.
JOURNAL_BYTES_MAX = 64 << 20
# Magic, version, size of a page, number of the checkpoint, two salts, two sums.
_HEADER = struct.Struct(">8I")
# Number of the page, pages there are where this ends a change, two salts, two sums.
_FRAME = struct.Struct(">6I")
_VERSION = 3_007_000
# The magic says in which order of bytes words are added up.
_ORDERS = {0x377F0682: "<", 0x377F0683: ">"}
_PAGE_BYTES_MAX = 65_536
_TABLE_BYTES_MAX = 2 << 30


def put_in(table: bytes, journal: bytes) -> bytes:
    """Give a table as it is with all finished changes in its journal.

    Raises:
        UnreadError: The journal is damaged from its beginning, or belongs to another one.
    """
    if not journal:
        return table
    page_bytes = int.from_bytes(table[16:18], "big")
    # One stands for the largest page, which two bytes do not hold.
    page_bytes = _PAGE_BYTES_MAX if page_bytes == 1 else page_bytes
    changed = bytearray(table)
    pending: list[tuple[int, int]] = []
    for number, pages, data_at in _frames(journal, page_bytes):
        if not number or number * page_bytes > _TABLE_BYTES_MAX:
            raise UnreadError(Reason.UNREADABLE)
        pending.append((number, data_at))
        if not pages:
            continue
        if pages * page_bytes > _TABLE_BYTES_MAX:
            raise UnreadError(Reason.TOO_LARGE)
        changed.extend(bytes(max(0, pages * page_bytes - len(changed))))
        for page, at in pending:
            changed[(page - 1) * page_bytes : page * page_bytes] = journal[at : at + page_bytes]
        del changed[pages * page_bytes :]
        pending.clear()
    return bytes(changed)


def _frames(journal: bytes, page_bytes: int) -> Iterator[tuple[int, int, int]]:
    """Number of the page, pages after the change or 0, and where the page lies; up to the first that does not hold."""
    if len(journal) < _HEADER.size:
        raise UnreadError(Reason.TRUNCATED)
    magic, version, stated_bytes, _, *rest = _HEADER.unpack_from(journal)
    salts, sums = rest[:2], (rest[2], rest[3])
    order = _ORDERS.get(magic)
    if (
        order is None
        or version != _VERSION
        or stated_bytes != page_bytes
        or _added((0, 0), journal[:24], order) != sums
    ):
        raise UnreadError(Reason.UNREADABLE)
    at = _HEADER.size
    while at + _FRAME.size + page_bytes <= len(journal):
        number, pages, *rest = _FRAME.unpack_from(journal, at)
        data_at = at + _FRAME.size
        sums = _added(sums, journal[at : at + 8] + journal[data_at : data_at + page_bytes], order)
        if rest[:2] != salts or tuple(rest[2:]) != sums:
            # What a journal held before it was begun anew.
            return
        yield number, pages, data_at
        at = data_at + page_bytes


def _added(sums: tuple[int, int], data: bytes, order: str) -> tuple[int, int]:
    first, second = sums
    for one, other in struct.iter_unpack(order + "II", data):
        first = first + one + second & 0xFFFFFFFF
        second = second + other + first & 0xFFFFFFFF
    return first, second
