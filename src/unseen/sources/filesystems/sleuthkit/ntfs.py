"""Records of NTFS's master file table, as far as the library does not pass on what they say.

Source: Microsoft's [MS-FSCC] for reparse tags; the layout of records as documented by the Linux-NTFS project.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from unseen.model import Reason, UnreadError
from unseen.sources.filesystems.sleuthkit.notes import Notes, Notetaker
from unseen.sources.filesystems.sleuthkit.volume import Volume

__all__ = ["take_notes"]

_LIST, _DATA, _REPARSE, _END = 0x20, 0x80, 0xC0, 0xFFFFFFFF
# Sectors of a record end in a number that is exchanged when it is written, 512 bytes apart whatever the disk's sectors.
_STRIDE = 512
# Some hundred attributes fit in a record; a circle of lengths does not.
_ATTRIBUTES_MAX = 1_024
_LIST_BYTES_MAX = 1 << 20
# Contents that lie elsewhere, in a form that only Windows' own filters read: compressed system files, deduplicated
# ones, and what a cloud's client keeps remotely. Clouds' tags differ in their fourth digit from the right.
_WOF, _DEDUPLICATED, _CLOUD, _CLOUD_MASK = 0x80000017, 0x80000013, 0x9000001A, 0xFFFF0FFF


@dataclass(frozen=True, slots=True)
class _Attribute:
    kind: int
    name: str
    first_cluster: int
    is_resident: bool
    body: bytes


def take_notes(volume: Volume) -> Notetaker:
    """Give what looks up notes about the files of a volume.

    Raises:
        UnreadError: The table of records cannot be found.
    """
    table = _Table(volume)
    return table.notes


class _Table:
    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._table = volume.file(0)
        self._record_bytes = _record_bytes(volume.source.read_at(0, _STRIDE))

    def notes(self, file: Any) -> Notes:
        """Look up one file.

        Raises:
            UnreadError: Its record is damaged or cannot be read.
        """
        record = self._record(int(file.info.meta.addr))
        attributes = list(_attributes(record))
        if any(each.kind == _LIST for each in attributes):
            attributes += self._listed(file, int(file.info.meta.addr))
        refusal = next((_refusal(each.body) for each in attributes if each.kind == _REPARSE and each.is_resident), None)
        return Notes(
            is_part=bool(int.from_bytes(record[32:38], "little")),
            unstored=refusal,
            valid_bytes={
                each.name: struct.unpack_from("<Q", each.body, 56)[0]
                for each in attributes
                if each.kind == _DATA and not each.is_resident and each.first_cluster == 0 and len(each.body) >= 64
            },
        )

    def _record(self, number: int) -> bytes:
        """Read a record, with the ends of its sectors put back."""
        size = self._record_bytes
        data: bytes = self._volume.ask(lambda: self._table.read_random(number * size, size, _DATA))
        if data[:4] != b"FILE" or len(data) < size:
            raise UnreadError(Reason.UNREADABLE)
        at, count = struct.unpack_from("<HH", data, 4)
        record = bytearray(data)
        for index in range(1, min(count, size // _STRIDE + 1)):
            replacement = data[at + 2 * index : at + 2 * index + 2]
            if len(replacement) == 2:
                record[index * _STRIDE - 2 : index * _STRIDE] = replacement
        return bytes(record)

    def _listed(self, file: Any, number: int) -> Iterator[_Attribute]:
        """Give the attributes of data that start in other records than the file's own."""
        names = self._volume.ask(lambda: file.read_random(0, _LIST_BYTES_MAX, _LIST))
        at, others = 0, set[int]()
        while at + 26 <= len(names):
            kind, length = struct.unpack_from("<IH", names, at)
            (first_cluster, reference) = struct.unpack_from("<QQ", names, at + 8)
            if kind in {_DATA, _REPARSE} and first_cluster == 0:
                others.add(reference & 0xFFFFFFFFFFFF)
            if length < 26:
                break
            at += length
        for other in sorted(others - {number}):
            yield from _attributes(self._record(other))


def _record_bytes(boot: bytes) -> int:
    """How long a record is: a power of two, or in clusters."""
    sector, per_cluster = struct.unpack_from("<HB", boot, 11)
    (code,) = struct.unpack_from("<b", boot, 64)
    size: int = code * sector * per_cluster if code > 0 else 1 << min(-code, 16)
    if size < _STRIDE or size > 1 << 16:
        raise UnreadError(Reason.UNREADABLE)
    return size


def _attributes(record: bytes) -> Iterator[_Attribute]:
    (at,) = struct.unpack_from("<H", record, 20)
    for _ in range(_ATTRIBUTES_MAX):
        if at + 24 > len(record):
            return
        kind, length, nonresident, name_length, name_at = struct.unpack_from("<IIBBH", record, at)
        if kind == _END or length < 24 or at + length > len(record):
            return
        body = record[at : at + length]
        yield _Attribute(
            kind=kind,
            name=body[name_at : name_at + 2 * name_length].decode("utf-16-le", "surrogatepass"),
            first_cluster=struct.unpack_from("<Q", body, 16)[0] if nonresident else 0,
            is_resident=not nonresident,
            body=body,
        )
        at += length


def _refusal(attribute: bytes) -> Reason | None:
    """Say why what a file with a reparse point does not store is not to be taken for zeros."""
    (at,) = struct.unpack_from("<H", attribute, 20)
    tag = int.from_bytes(attribute[at : at + 4], "little")
    return Reason.UNSUPPORTED if tag in {_WOF, _DEDUPLICATED} or tag & _CLOUD_MASK == _CLOUD else None
