"""VDI images of VirtualBox, fixed and growing.

Format: as VirtualBox's VDICore.h lays it out, version 1.1.
"""

import struct
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.images.blocks import read_blocks
from unseen.sources.disks.images.leftovers import leftovers
from unseen.sources.disks.volumes import volumes_on
from unseen.sources.layers import Context, Medium, Member

__all__ = ["VdiMedium", "unpack"]

# From byte 68 on: version, size of the header, kind, flags, a comment, place of the map, place of the data, geometry,
# size of the disk, of a block, of what precedes each block, and blocks there are.
_HEADER = struct.Struct("<IIII256sII16s4xQIII")
_HEADER_AT = 68
_GROWING, _FIXED = 1, 2
_VERSION = 0x00010001
# Entries from here on stand for blocks of zeros.
_NOWHERE = 0xFFFFFFFE
# VirtualBox makes blocks of 1 MiB; the map of the largest disk it makes, 2 TiB, then has 8 MiB.
_BLOCK_BYTES_MAX = 256 << 20
_MAP_BYTES_MAX = 64 << 20


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Medium | Reason]:
    """Give the volumes on the disk, then what lies in the file and in no block of the disk."""
    medium = VdiMedium(source)
    yield Medium(medium.size_bytes)
    yield from volumes_on(medium)
    yield from leftovers(source, medium.extents(), layer="vdi")


class VdiMedium:
    """The disk in an image.

    Attributes:
        size_bytes: Of the disk.
    """

    def __init__(self, source: ByteSource) -> None:
        """Read the map of blocks.

        Raises:
            UnreadError: It builds on another image, or it is broken.
        """
        raw = source.read_at(_HEADER_AT, _HEADER.size)
        if len(raw) < _HEADER.size:
            raise UnreadError(Reason.TRUNCATED)
        version, header_bytes, kind, _, _, map_at, self._data_at, *rest = _HEADER.unpack(raw)
        _, size_bytes, block_bytes, extra_bytes, blocks = rest
        if version != _VERSION or kind not in {_GROWING, _FIXED}:
            raise UnreadError(Reason.UNSUPPORTED)
        if (
            not 512 <= block_bytes <= _BLOCK_BYTES_MAX
            or size_bytes > blocks * block_bytes
            or 4 * blocks > _MAP_BYTES_MAX
        ):
            raise UnreadError(Reason.UNREADABLE)
        self.size_bytes = size_bytes
        self._source = source
        self._block_bytes = block_bytes
        self._stride = block_bytes + extra_bytes
        self._extra_bytes = extra_bytes
        self._map_at = map_at
        # Identifiers follow the fields that matter here.
        self._header_end = min(_HEADER_AT + 4 + header_bytes, map_at)
        table = source.read_at(map_at, 4 * blocks)
        if len(table) < 4 * blocks:
            raise UnreadError(Reason.TRUNCATED)
        self._map = np.frombuffer(table, "<u4")

    def extents(self) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Say where in the file its tables and the blocks of the disk lie: places and sizes."""
        yield np.array([0, self._map_at], np.int64), np.array([self._header_end, 4 * len(self._map)], np.int64)
        count = -(-self.size_bytes // self._block_bytes)
        stored = np.flatnonzero(self._map[:count] < _NOWHERE).astype(np.int64)
        places = self._data_at + self._map[stored].astype(np.int64) * self._stride + self._extra_bytes
        yield places, np.minimum(self._block_bytes, self.size_bytes - stored * self._block_bytes)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        return read_blocks(offset, size, size_bytes=self.size_bytes, block_bytes=self._block_bytes, give=self._block)

    def _block(self, number: int, start: int, size: int) -> bytes:
        place = int(self._map[number])
        if place >= _NOWHERE:
            return bytes(size)
        raw = self._source.read_at(self._data_at + place * self._stride + self._extra_bytes + start, size)
        if len(raw) < size:
            raise UnreadError(Reason.TRUNCATED)
        return raw
