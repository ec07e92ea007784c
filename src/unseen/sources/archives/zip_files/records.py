"""The records of a zip file: where its directory lies, what it lists, and what stands before each entry's data.

Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5; encryption after WinZip's AE-1 and AE-2.
"""

import encodings.cp437  # a process that is locked can import no codec any more
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from unseen.model import ByteSource, Times
from unseen.sources.archives.signatures import END_BYTES

__all__ = [
    "FILETIME_1970",
    "LOCAL_BYTES",
    "Directory",
    "ZipEntry",
    "disks_before",
    "find_directory",
    "read_directory",
    "read_local",
]

LOCAL_BYTES = 30
_LOCAL, _CENTRAL, _END, _END64, _LOCATOR64 = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7"
_CENTRAL_BYTES, _END_RECORD_BYTES, _LOCATOR64_BYTES = 46, 22, 20
_CHUNK_BYTES = 1 << 20
# More than the fields that archivers write for a file, and less than any picture that a hash could tell.
_WORDS_BYTES_MIN = 256
_UTF8, _STREAMED, _ENCRYPTED = 1 << 11, 1 << 3, 1
_AES_METHOD = 99
# Those of the specification. A header with any other was not written by an archiver.
_METHODS = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 16, 18, 19, 20, 93, 94, 95, 96, 97, 98, 99})
# 1970 in the count of FILETIME: hundreds of nanoseconds since 1601.
FILETIME_1970 = 116_444_736_000_000_000
_codec = encodings.cp437.Codec()


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One entry, as the directory or its own header describes it.

    Attributes:
        path: Its name.
        flags: General purpose bits.
        method: Of compression; of encrypted entries the one below the encryption.
        aes: Version, strength and method as the AES field holds them; empty without.
        check: The byte that a password is checked against.
        crc: Checksum of the content.
        packed_bytes: As it lies in the file; None where only the end of the data would say so.
        size_bytes: Unpacked.
        header_at: Where its own header lies.
        data_at: Where its data lies; -1 until its own header was read.
        times: As its extra fields hold them.
        words: Where in the directory its extra fields and its comment stand, and how long they are together; of those
            that are long enough to hide something.
    """

    path: str
    flags: int
    method: int
    aes: bytes
    check: int
    crc: int
    packed_bytes: int | None
    size_bytes: int
    header_at: int
    data_at: int
    times: Times | None
    words: tuple[int, int] | None = None

    @property
    def is_encrypted(self) -> bool:
        """Whether its data needs a password."""
        return bool(self.flags & _ENCRYPTED)

    @property
    def has_checksum(self) -> bool:
        """Whether `crc` is one: AE-2 leaves it out, and what is streamed has it behind its data."""
        return self.aes[:2] != b"\x02\x00" and self.packed_bytes is not None

    def is_same_data(self, other: "ZipEntry") -> bool:
        """Whether two descriptions lead to the same bytes."""
        return (self.data_at, self.method, self.packed_bytes) == (other.data_at, other.method, other.packed_bytes)


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the directory of a zip file lies.

    Attributes:
        at: Of its first record.
        end_at: Where its end record begins, the one for large files where there is one.
        stop: Behind its end record, comment not included.
        shift: What is to be added to every stated offset: bytes that stand before the archive.
        disks: Where each part begins, if the archive was cut: offsets then count from the part that is stated too.
    """

    at: int
    end_at: int
    stop: int
    shift: int
    disks: tuple[int, ...] = ()

    def place(self, disk: int, offset: int) -> int:
        """Where a header lies; -1 for nowhere."""
        if not self.disks:
            return offset + self.shift
        return self.disks[disk] + offset if disk < len(self.disks) else -1


def disks_before(last: ByteSource) -> int:
    """How many parts of an archive stand before its last one, which ends in the record that says so; 0 for none."""
    end = last.read_at(max(0, last.size_bytes - _END_RECORD_BYTES), _END_RECORD_BYTES)
    disks = int.from_bytes(end[4:6], "little")
    # All ones stand for more than that, or for nothing.
    return disks if end.startswith(_END) and disks < 0xFFFF else 0


def find_directory(source: ByteSource) -> Directory | None:
    """Find the directory by its end record: near the end, or else anywhere, the last one first.

    Raises:
        UnreadError: The source cannot be read.
    """
    start = max(0, source.size_bytes - END_BYTES)
    found = _last_end(source, start) or (_last_end(source, 0) if start else None)
    if found is None:
        return None
    record_at, record = found
    size, offset = struct.unpack_from("<II", record, 12)
    end_at = record_at
    locator = source.read_at(max(0, record_at - _LOCATOR64_BYTES), _LOCATOR64_BYTES)
    if locator.startswith(_LOCATOR64):
        (stated_at,) = struct.unpack_from("<Q", locator, 8)
        for at in (record_at - _LOCATOR64_BYTES - 56, stated_at):
            record64 = source.read_at(at, 56)
            if len(record64) == 56 and record64.startswith(_END64):
                size, offset = struct.unpack_from("<QQ", record64, 40)
                end_at = at
                break
    for at in (end_at - size, offset):
        if 0 <= at <= end_at and (at == end_at or source.read_at(at, 4) == _CENTRAL):
            return Directory(at, end_at, record_at + _END_RECORD_BYTES, at - offset)
    return None


def _last_end(source: ByteSource, start: int) -> tuple[int, bytes] | None:
    found = None
    for at in range(start, source.size_bytes, _CHUNK_BYTES):
        chunk = source.read_at(at, _CHUNK_BYTES + _END_RECORD_BYTES - 1)
        inside = chunk.rfind(_END)
        if inside >= 0 and len(chunk) - inside >= _END_RECORD_BYTES:
            found = at + inside, chunk[inside : inside + _END_RECORD_BYTES]
    return found


def read_directory(source: ByteSource, directory: Directory) -> Iterator[ZipEntry | int]:
    """Give every entry that the directory lists, and at last where its records end.

    Raises:
        UnreadError: The source cannot be read.
    """
    at, chunk, chunk_at = directory.at, b"", directory.at
    while True:
        inside = at - chunk_at
        # The longest record: three fields of 65,535 bytes each.
        if len(chunk) - inside < _CENTRAL_BYTES + 3 * 65_535:
            chunk, chunk_at, inside = source.read_at(at, _CHUNK_BYTES), at, 0
        if chunk[inside : inside + 4] != _CENTRAL or len(chunk) - inside < _CENTRAL_BYTES:
            break
        name_bytes, extra_bytes, comment_bytes = struct.unpack_from("<HHH", chunk, inside + 28)
        name_at = inside + _CENTRAL_BYTES
        name = chunk[name_at : name_at + name_bytes]
        extra = chunk[name_at + name_bytes : name_at + name_bytes + extra_bytes]
        entry = _read_listed(chunk, inside, (name, extra), directory)
        words_bytes = extra_bytes + comment_bytes
        words_at = at + _CENTRAL_BYTES + name_bytes
        yield entry if words_bytes < _WORDS_BYTES_MIN else replace(entry, words=(words_at, words_bytes))
        at += _CENTRAL_BYTES + name_bytes + extra_bytes + comment_bytes
    yield at


def _read_listed(chunk: bytes, at: int, texts: tuple[bytes, bytes], directory: Directory) -> ZipEntry:
    name, extra = texts
    *record, packed, size = struct.unpack_from("<HHHHIII", chunk, at + 8)
    disk, header_at = struct.unpack_from("<H6xI", chunk, at + 34)
    fields = _read_fields(extra)
    size, packed, header_at = _widen(fields.get(1, b""), size, packed, header_at)
    return _make(name, fields, (*record, packed, size), directory.place(disk, header_at), -1)


def read_local(source: ByteSource, at: int) -> ZipEntry | None:
    """Read the header that stands before an entry's data; None where there is none.

    Raises:
        UnreadError: The source cannot be read.
    """
    head = source.read_at(at, 512)
    if len(head) < LOCAL_BYTES or not head.startswith(_LOCAL):
        return None
    *record, packed, size, name_bytes, extra_bytes = struct.unpack_from("<HHHHIIIHH", head, 6)
    stop = LOCAL_BYTES + name_bytes + extra_bytes
    if record[1] not in _METHODS:
        return None
    if stop > len(head):
        head = source.read_at(at, stop)
    name, extra = head[LOCAL_BYTES : LOCAL_BYTES + name_bytes], head[LOCAL_BYTES + name_bytes : stop]
    fields = _read_fields(extra)
    size, packed, _ = _widen(fields.get(1, b""), size, packed, 0)
    entry = _make(name, fields, (*record, packed, size), at, at + stop)
    return replace(entry, packed_bytes=None) if entry.flags & _STREAMED and not packed else entry


def _make(name: bytes, fields: dict[int, bytes], record: tuple[int, ...], header_at: int, data_at: int) -> ZipEntry:
    flags, method, time, _, crc, packed, size = record
    aes = fields.get(0x9901, b"")[:7] if method == _AES_METHOD else b""
    return ZipEntry(
        path=_read_name(name, flags, fields.get(0x7075, b"")),
        flags=flags,
        method=int.from_bytes(aes[5:7], "little") if aes else method,
        aes=aes,
        check=(time >> 8) if flags & _STREAMED else (crc >> 24),
        crc=crc,
        packed_bytes=packed,
        size_bytes=size,
        header_at=header_at,
        data_at=data_at,
        times=_read_times(fields),
    )


def _read_fields(extra: bytes) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        fields.setdefault(kind, extra[at + 4 : at + 4 + size])
        at += 4 + size
    return fields


def _widen(field: bytes, size: int, packed: int, header_at: int) -> tuple[int, int, int]:
    """Take from the field for large files those numbers that did not fit (4.5.3): they stand in this order."""
    numbers = [size, packed, header_at]
    at = 0
    for index, number in enumerate(numbers):
        if number == 0xFFFFFFFF and at + 8 <= len(field):
            (numbers[index],) = struct.unpack_from("<Q", field, at)
            at += 8
    return numbers[0], numbers[1], numbers[2]


def _read_name(name: bytes, flags: int, unicode_field: bytes) -> str:
    if len(unicode_field) > 5 and unicode_field[1:5] == zlib.crc32(name).to_bytes(4, "little"):
        name = unicode_field[5:]
    elif not flags & _UTF8:
        try:
            return name.decode("utf-8")
        except UnicodeDecodeError:
            return _codec.decode(name)[0]
    return name.decode("utf-8", "surrogateescape")


def _read_times(fields: dict[int, bytes]) -> Times | None:
    """Times in UTC. Those of the records themselves are of an unstated time zone, and left out."""
    windows = fields.get(0x000A, b"")
    if len(windows) >= 32 and windows[4:8] == b"\x01\x00\x18\x00":
        modified, accessed, born = (
            (count - FILETIME_1970) * 100 if 0 < count < 1 << 56 else None
            for count in struct.unpack_from("<QQQ", windows, 8)
        )
        return Times(modified_ns=modified, accessed_ns=accessed, born_ns=born) if modified or accessed or born else None
    unix = fields.get(0x5455, b"")
    if len(unix) >= 5 and unix[0] & 1:
        (modified,) = struct.unpack_from("<i", unix, 1)
        return Times(modified_ns=modified * 1_000_000_000)
    return None
