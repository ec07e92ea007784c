"""DMG images of macOS (UDIF), with their compressions, and sparse images.

Sparse images are read by code of our own: libmodi opens none that may hold more than 1,008 bands, a gibibyte. Format:
a header of 4 KiB, the bands that its table numbers, and for more a further node of 4 KiB with its bands behind it.
"""

import struct
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pymodi

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.images.blocks import read_blocks
from unseen.sources.disks.images.leftovers import leftovers
from unseen.sources.disks.images.native import FileObject, NativeMedium
from unseen.sources.disks.images.placed import placed_in_dmg
from unseen.sources.disks.signatures import is_locked_dmg
from unseen.sources.disks.volumes import volumes_on
from unseen.sources.layers import Context, Medium, Member

__all__ = ["SparseImage", "open_dmg", "unpack"]

_SPARSE = b"sprs"
_NODE_BYTES, _SECTOR_BYTES = 4096, 512
# Signature, version, sectors of a band, flags, sectors of the disk, place of the next node, sectors once more; numbers
# of bands fill what is left of the node. A later node: signature, its number, flags, place of the next one.
_HEADER, _HEADER_BANDS_AT = struct.Struct(">4sIIIIQQ"), 64
_LATER, _LATER_BANDS_AT = struct.Struct(">4sIIQ"), 56
# In the usual bands of a mebibyte 16 TiB, which is what older systems make at most.
_BANDS_MAX = 16 << 20
_BAND_BYTES_MAX = 1 << 30


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Medium | Reason]:
    """Give the volumes on the disk, then what lies in the file and not on the disk."""
    head = source.read_at(0, len(_SPARSE) * 2)
    if is_locked_dmg(head, source):
        yield Reason.ENCRYPTED
    elif head.startswith(_SPARSE):
        image = SparseImage(source)
        yield Medium(image.size_bytes)
        yield from sorted(image.faults)
        yield from volumes_on(image)
        yield from leftovers(source, image.extents(), layer="dmg")
    else:
        disk = open_dmg(source)
        yield Medium(disk.size_bytes)
        yield from volumes_on(disk)
        yield from leftovers(source, placed_in_dmg(source), layer="dmg")


def open_dmg(source: ByteSource) -> NativeMedium:
    """Open the disk in a UDIF image.

    Raises:
        UnreadError: It is broken.
    """
    image = pymodi.handle()
    try:
        image.open_file_object(FileObject(source))
        return NativeMedium(image, image.get_media_size())
    except (OSError, MemoryError) as error:
        raise UnreadError(Reason.UNREADABLE) from error


class SparseImage:
    """The disk in a sparse image.

    Attributes:
        size_bytes: Of the disk.
        faults: What of the tables cannot be read: bands that they alone know are blank.
    """

    def __init__(self, source: ByteSource) -> None:
        """Read where each band lies.

        Raises:
            UnreadError: The header is broken, or the disk too large.
        """
        raw = source.read_at(0, _NODE_BYTES)
        if len(raw) < _NODE_BYTES:
            raise UnreadError(Reason.TRUNCATED)
        _, _, band_sectors, _, sectors, following, all_sectors = _HEADER.unpack_from(raw)
        self._band_bytes = band_sectors * _SECTOR_BYTES
        self.size_bytes = max(sectors, all_sectors) * _SECTOR_BYTES
        if not 0 < self._band_bytes <= _BAND_BYTES_MAX:
            raise UnreadError(Reason.UNREADABLE)
        bands = -(-self.size_bytes // self._band_bytes)
        if bands > _BANDS_MAX:
            raise UnreadError(Reason.TOO_LARGE)
        self._source = source
        self.faults: set[Reason] = set()
        # Zero for a band that lies nowhere: the header lies there.
        self._places = np.zeros(bands, np.int64)
        self._nodes = [0]
        self._note(raw[_HEADER_BANDS_AT:], _NODE_BYTES)
        while following:
            raw = source.read_at(following, _NODE_BYTES) if self._nodes[-1] < following < source.size_bytes else b""
            if len(raw) < _NODE_BYTES or not raw.startswith(_SPARSE):
                self.faults.add(Reason.TRUNCATED if following >= source.size_bytes else Reason.UNREADABLE)
                break
            self._nodes.append(following)
            self._note(raw[_LATER_BANDS_AT:], following + _NODE_BYTES)
            following = _LATER.unpack_from(raw)[3]

    def _note(self, numbers: bytes, start: int) -> None:
        """Note the bands of a node, which lie one behind the other."""
        counted = np.frombuffer(numbers, ">u4").astype(np.int64)
        places = start + np.arange(len(counted)) * self._band_bytes
        if (counted > len(self._places)).any():
            self.faults.add(Reason.UNREADABLE)
        is_known = (counted > 0) & (counted <= len(self._places))
        self._places[counted[is_known] - 1] = places[is_known]

    def extents(self) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Say where in the file its nodes and the bands of the disk lie: places and sizes."""
        yield np.array(self._nodes, np.int64), np.full(len(self._nodes), _NODE_BYTES, np.int64)
        stored = np.flatnonzero(self._places).astype(np.int64)
        yield self._places[stored], np.minimum(self._band_bytes, self.size_bytes - stored * self._band_bytes)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        return read_blocks(offset, size, size_bytes=self.size_bytes, block_bytes=self._band_bytes, give=self._band)

    def _band(self, number: int, start: int, size: int) -> bytes:
        place = int(self._places[number])
        if not place:
            return bytes(size)
        raw = self._source.read_at(place + start, size)
        if len(raw) < size:
            # The file may end where the last band holds nothing any more; that it was cut cannot be told from it.
            raise UnreadError(Reason.TRUNCATED)
        return raw
