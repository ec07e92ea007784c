"""Shadow copies of NTFS, over libvshadow: the volume as it was, and which of its bytes have been changed since."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyvshadow

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.filesystems.asking import View, ask
from unseen.sources.filesystems.extents import Claimed, Claims, Extent, joined
from unseen.sources.filesystems.sleuthkit.streams import Stream
from unseen.sources.layers.whole_sectors import WholeSectors

__all__ = ["Given", "Shadow", "shadows_of"]

# What Windows copies before it is overwritten, at a time.
_BLOCK_BYTES = 16_384
# No record of NTFS is longer.
_RESIDENT_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class Shadow:
    """A shadow copy.

    Attributes:
        number: From 1, the oldest first, as Windows' own tools count.
        source: The volume as it was.
        changed: Bytes of the volume that may be others now.
    """

    number: int
    source: ByteSource
    changed: Claimed


def shadows_of(source: ByteSource) -> Iterator[Shadow | Reason]:
    """Give the shadow copies of a volume, oldest first; or why they, or one of them, cannot be read."""
    view = View(source)
    try:
        if not ask(view, lambda: bool(pyvshadow.check_volume_signature_file_object(view))):
            return
        volume = pyvshadow.volume()
        ask(view, lambda: volume.open_file_object(view))
        stores = ask(view, lambda: [volume.get_store(number) for number in range(volume.number_of_stores)])
    except UnreadError as error:
        yield error.reason
        return
    for number in range(len(stores)):
        try:
            # What has been changed since an older copy was made may have been kept for a newer one only.
            changed = _changed(view, stores[number:], source.size_bytes)
            yield Shadow(number + 1, _StoreBytes(view, stores[number]), changed)
        except UnreadError as error:
            yield error.reason


def _changed(view: View, stores: list[Any], size_bytes: int) -> Claimed:
    claims = Claims(size_bytes)
    for store in stores:
        claims.add(Extent(offset, _BLOCK_BYTES) for offset in ask(view, partial(_offsets, store)))
    return claims.merged()


def _offsets(store: Any) -> list[int]:
    return [int(store.get_block(number).original_offset) for number in range(store.number_of_blocks)]


class Given:
    """The streams that a volume gave, so that a shadow copy need not give again what is still the same."""

    def __init__(self) -> None:
        self._stored: set[tuple[object, ...]] = set()
        self._resident: set[bytes] = set()

    def add(self, stream: Stream, content: ByteSource) -> None:
        """Remember a stream."""
        if stream.runs:
            self._stored.add(_key(stream))
        elif (digest := _digest(content)) is not None:
            self._resident.add(digest)

    def has(self, stream: Stream, content: ByteSource, changed: Claimed) -> bool:
        """Say whether the same bytes were given: the same blocks, none of them changed since, or the same few bytes."""
        if not stream.runs:
            return _digest(content) in self._resident
        is_unchanged = changed.free_bytes(stream.runs) == sum(each.size_bytes for each in stream.runs)
        return is_unchanged and _key(stream) in self._stored


def _key(stream: Stream) -> tuple[object, ...]:
    return stream.size_bytes, stream.valid_bytes, stream.is_compressed, joined(stream.runs)


def _digest(content: ByteSource) -> bytes | None:
    """Tell a stream that lies in its record, and so is short, from others; None where that cannot be told."""
    if content.size_bytes > _RESIDENT_BYTES_MAX:
        return None
    try:
        return hashlib.sha256(content.read_at(0, content.size_bytes)).digest()
    except UnreadError:
        return None


class _StoreBytes(WholeSectors):
    """The bytes of a volume as they were."""

    def __init__(self, view: View, store: Any) -> None:
        super().__init__(partial(_read, view, store), ask(view, lambda: int(store.volume_size)))


def _read(view: View, store: Any, size: int, offset: int) -> bytes:
    data: bytes = ask(view, lambda: store.read_buffer_at_offset(size, offset))
    return data
