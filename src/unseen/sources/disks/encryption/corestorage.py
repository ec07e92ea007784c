"""Apple's CoreStorage: the logical volumes on a disk, where they lie, and what their descriptions say.

Format: Omar Choudary and Joachim Metz, "FileVault Drive Encryption (FVDE)".
"""

import re
import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.encryption.sectors import decrypt_xts

__all__ = ["Group", "LogicalVolume", "Stretch", "read_group"]

_HEADER_BYTES, _UNIT_BYTES, _UNIT_HEAD_BYTES = 512, 8192, 64
# Kinds of descriptions: the label of a disk, keys and their continuation, a volume, which volumes there are, where
# they lie, and what that counts from.
_LABEL, _KEYS, _KEYS_ON, _VOLUME, _VOLUMES, _PLACES, _BASE = 0x11, 0x19, 0x24, 0x1A, 0x105, 0x305, 0x505
_WIPED = b"LVFwiped"
# Labels take 4 MiB and descriptions 24 MiB on every disk that was seen.
_LABEL_BYTES_MAX, _LOCKED_BYTES_MAX, _TEXT_BYTES_MAX = 64 << 20, 128 << 20, 16 << 20
# (first block in the volume, blocks, first block on the disk with the number of the disk above it).
_PLACE = struct.Struct("<8xQI12xQ")
_BLOCK_NUMBER = (1 << 48) - 1


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive bytes of a logical volume, and where on its disk they lie."""

    at: int
    size_bytes: int
    offset: int


@dataclass(slots=True)
class LogicalVolume:
    """One logical volume.

    Attributes:
        size_bytes: As stated.
        family: What its sectors are encrypted with, beside the master key: 16 bytes.
        stretches: In order, without overlaps; what lies between holds zeros.
    """

    size_bytes: int = 0
    family: bytes = b""
    stretches: tuple[Stretch, ...] = ()
    base: int = 0
    places: tuple[tuple[int, int, int], ...] = ()


@dataclass(slots=True)
class Group:
    """What a disk says of the group of volumes that it belongs to.

    Attributes:
        key: What files beside the disk are encrypted with: 16 bytes.
        volumes: In order.
        keys: Property lists with the keys of its volumes, the last one the latest; none for the volume of a system.
    """

    key: bytes
    volumes: list[LogicalVolume] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)


def read_group(source: ByteSource) -> Group:
    """Read what a disk says of its volumes.

    Raises:
        UnreadError: `unsupported` where they lie on several disks, else its descriptions are broken.
    """
    head = source.read_at(0, _HEADER_BYTES).ljust(_HEADER_BYTES, b"\0")
    block_bytes, label_bytes = struct.unpack_from("<II", head, 96)
    if block_bytes not in {1 << power for power in range(9, 21)} or not _UNIT_BYTES <= label_bytes <= _LABEL_BYTES_MAX:
        raise UnreadError(Reason.UNREADABLE)
    key, disk = head[176:192], head[304:320]
    places = dict.fromkeys(struct.unpack_from("<4Q", head, 104))
    labels = [source.read_at(place * block_bytes, label_bytes) for place in places if place]
    labels = [each for each in labels if len(each) == label_bytes and each[10:12] == b"\x11\0"]
    for label in sorted(labels, key=lambda each: int.from_bytes(each[16:24], "little"), reverse=True):
        for offset, size in _locked_places(label, block_bytes):
            group = _Reading(block_bytes, key).read(_unlocked(source, offset, size, key + disk))
            if group.volumes:
                return group
    raise UnreadError(Reason.UNREADABLE)


def _locked_places(label: bytes, block_bytes: int) -> Iterator[tuple[int, int]]:
    """Where the encrypted descriptions lie, both copies of them: offset and size."""
    at, text_at = struct.unpack_from("<II", label, _UNIT_HEAD_BYTES + 156)
    if at + 48 > len(label):
        return
    text = label[text_at : text_at + _UNIT_BYTES].partition(b"\0")[0]
    disks = re.search(rb"<key>com\.apple\.corestorage\.lvg\.physicalVolumes</key>\s*<array[^>]*>(.*?)</array>", text)
    if disks is not None and disks[1].count(b"<string") > 1:
        raise UnreadError(Reason.UNSUPPORTED)
    (blocks,) = struct.unpack_from("<Q", label, at + 8)
    for number in struct.unpack_from("<QQ", label, at + 32):
        if number & _BLOCK_NUMBER and 0 < blocks * block_bytes <= _LOCKED_BYTES_MAX:
            yield (number & _BLOCK_NUMBER) * block_bytes, blocks * block_bytes


def _unlocked(source: ByteSource, offset: int, size: int, keys: bytes) -> Iterator[bytes]:
    """The descriptions, up to the first that was never written."""
    for number in range(size // _UNIT_BYTES):
        raw = source.read_at(offset + number * _UNIT_BYTES, _UNIT_BYTES)
        if len(raw) < _UNIT_BYTES or not any(raw):
            return
        unit = decrypt_xts(keys, number, raw)
        if not unit.startswith(_WIPED) and unit[8:10] == b"\1\0":
            yield unit


class _Reading:
    """Goes through descriptions in the order in which they were written: a later one takes the place of an earlier."""

    def __init__(self, block_bytes: int, key: bytes) -> None:
        self._block_bytes = block_bytes
        self._group = Group(key)
        self._volumes: dict[int, LogicalVolume] = {}
        self._last = LogicalVolume()
        self._pending: tuple[bytes, int] | None = None

    def read(self, units: Iterator[bytes]) -> Group:
        """Read all of them.

        Raises:
            UnreadError: A volume lies on several disks.
        """
        for unit in units:
            (kind,) = struct.unpack_from("<H", unit, 10)
            self._take(kind, unit, unit[_UNIT_HEAD_BYTES:])
        for volume in self._volumes.values():
            if volume.size_bytes and volume.places:
                volume.stretches = tuple(self._stretches(volume))
                self._group.volumes.append(volume)
        return self._group

    def _take(self, kind: int, unit: bytes, body: bytes) -> None:
        if kind == _VOLUMES:
            for at in range(8, 8 + 16 * min(struct.unpack_from("<I", body)[0], len(body) // 16 - 1), 16):
                self._last = self._volumes.setdefault(struct.unpack_from("<Q", body, at)[0], LogicalVolume())
        elif kind == _PLACES:
            count = min(struct.unpack_from("<I", body)[0], (len(body) - 8) // _PLACE.size)
            self._last.places = tuple(_PLACE.unpack_from(body, 8 + _PLACE.size * index) for index in range(count))
        elif kind == _BASE:
            (self._last.base,) = struct.unpack_from("<Q", body, 16)
        elif kind == _VOLUME:
            self._take_volume(unit, body)
        elif kind == _KEYS:
            packed_bytes, plain_bytes, at, size = struct.unpack_from("<IIII", body, 40)
            self._take_keys(unit[at : at + size], packed_bytes, plain_bytes)
        elif kind == _KEYS_ON and self._pending is not None:
            (size,) = struct.unpack_from("<I", body, 8)
            self._take_keys(self._pending[0] + body[16 : 16 + size], self._pending[1], 0)

    def _take_volume(self, unit: bytes, body: bytes) -> None:
        packed_bytes, plain_bytes, at, size = struct.unpack_from("<IIII", body, 56)
        text = unit[at : at + size]
        if packed_bytes != plain_bytes:
            text = _inflated(text)
        family = re.search(rb"lv\.familyUUID</key>\s*<string[^>]*>([0-9A-Fa-f-]{36})<", text)
        length = re.search(rb"lv\.size</key>\s*<integer[^>]*>(0x[0-9A-Fa-f]{1,16}|[0-9]{1,19})<", text)
        volume = self._volumes.get(struct.unpack_from("<Q", body)[0])
        if volume is not None and family is not None and length is not None:
            volume.family, volume.size_bytes = uuid.UUID(family[1].decode()).bytes, int(length[1], 0)

    def _take_keys(self, data: bytes, packed_bytes: int, plain_bytes: int) -> None:
        self._pending = None
        if packed_bytes != plain_bytes:
            if len(data) < packed_bytes:
                self._pending = data, packed_bytes
                return
            data = _inflated(data)
        if data.startswith(b"<dict"):
            self._group.keys.append(data)

    def _stretches(self, volume: LogicalVolume) -> Iterator[Stretch]:
        end = 0
        for at, blocks, place in sorted(volume.places):
            if place >> 48 or volume.base >> 48:
                raise UnreadError(Reason.UNSUPPORTED)
            if at < end:
                raise UnreadError(Reason.UNREADABLE)
            end = at + blocks
            offset = (volume.base + place) * self._block_bytes
            yield Stretch(at * self._block_bytes, blocks * self._block_bytes, offset)


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _TEXT_BYTES_MAX)
    except zlib.error:
        return b""
