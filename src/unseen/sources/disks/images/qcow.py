"""QCOW2 images: versions 2 and 3, with compressed clusters, subclusters and internal snapshots.

Format: QEMU project, docs/interop/qcow2.rst. Read by code of our own because libqcow gives wrong bytes for compressed
clusters without saying so (libyal/libqcow issue 17).
"""

import contextlib
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.images.blocks import read_blocks
from unseen.sources.disks.images.leftovers import leftovers
from unseen.sources.disks.images.recent import Recent
from unseen.sources.disks.volumes import volumes_on
from unseen.sources.layers import Context, Medium, Member

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["QcowMedium", "unpack"]

# Magic, version, place and length of the backing file's name, bits of a cluster, size of the medium, encryption,
# entries of the first table and its place, place and clusters of the reference counts, snapshots and their place.
_HEADER = struct.Struct(">4sIQIIQIIQQIIQ")
_V3_FEATURES_AT, _V3_LENGTH_AT, _V3_COMPRESSION_AT = 72, 100, 104

_CORRUPT, _EXTERNAL_DATA, _COMPRESSION_TYPE, _SUBCLUSTERS = 1 << 1, 1 << 2, 1 << 3, 1 << 4
_UNDERSTOOD = 1 | _CORRUPT | _COMPRESSION_TYPE | _SUBCLUSTERS

# 9 to 21: what the format allows. QEMU itself opens no first table larger than 32 MiB.
_CLUSTER_BITS = range(9, 22)
_L1_BYTES_MAX = 32 << 20
# A pebibyte: no disk of one machine is larger, and blank space costs time to look through.
_MEDIUM_BYTES_MAX = 1 << 50
# QEMU's own limit (QCOW_MAX_SNAPSHOTS).
_SNAPSHOTS_MAX = 65_536

_OFFSET_MASK = 0x00FFFFFFFFFFFE00
_IS_COMPRESSED = 1 << 62
_IS_ZERO = 1
_SUBCLUSTERS_IN_ONE = 32
# What is compressed says in sectors how long it is: up to this many bytes of the last may be another's.
_SECTOR_BYTES = 512
# The format knows five extensions. QEMU itself makes tables of counts of 8 MiB at most.
_EXTENSIONS_MAX, _COUNTS_BYTES_MAX = 100, 8 << 20

_Numbers = npt.NDArray[np.int64]

# As for E01: what file systems come back to, and the tables that lead there.
_CLUSTERS_KEPT_BYTES = 32 << 20
_TABLES_KEPT_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class _Header:
    cluster_bits: int
    size_bytes: int
    l1_at: int
    l1_entries: int
    snapshots: int
    snapshots_at: int
    header_bytes: int
    counts_at: int
    counts_clusters: int
    is_corrupt: bool
    has_subclusters: bool
    is_zstd: bool


@dataclass(frozen=True, slots=True)
class _Snapshot:
    identity: str
    l1_at: int
    l1_entries: int
    size_bytes: int
    at: int
    described_bytes: int


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Medium | Reason]:
    """Give the volumes on the disk, each internal snapshot as a disk of its own, then what lies in none of them."""
    header = _read_header(source)
    if header.is_corrupt:
        yield Reason.UNREADABLE
    medium = QcowMedium(source, header)
    yield Medium(medium.size_bytes)
    yield from volumes_on(medium)
    disks, described = [medium], [_described(source, header)]
    for snapshot in _read_snapshots(source, header):
        if isinstance(snapshot, Reason):
            yield snapshot
            break
        described.append(iter([(np.array([snapshot.at], np.int64), np.array([snapshot.described_bytes], np.int64))]))
        address = f"snapshot@{snapshot.identity}"
        opener = partial(QcowMedium, source, header, snapshot)
        yield Member(layer="qcow2", address=address, open=opener)
        with contextlib.suppress(UnreadError):
            # Whoever opens it is told.
            disks.append(opener())
    claimed = chain(*described, *(disk.extents() for disk in disks))
    yield from leftovers(source, claimed, layer="qcow2", about_bytes=_SECTOR_BYTES)


class QcowMedium:
    """The disk in an image, or as it was when a snapshot was taken.

    Attributes:
        size_bytes: Of the disk, not of what is stored of it.
    """

    def __init__(self, source: ByteSource, header: _Header | None = None, snapshot: _Snapshot | None = None) -> None:
        """Read the first table.

        Raises:
            UnreadError: This is no such image, one that needs another file or a key, or it is broken.
        """
        header = header or _read_header(source)
        l1_at, entries, self.size_bytes = (
            (snapshot.l1_at, snapshot.l1_entries, snapshot.size_bytes)
            if snapshot
            else (header.l1_at, header.l1_entries, header.size_bytes)
        )
        self._source = source
        self._header = header
        self._cluster_bytes = 1 << header.cluster_bits
        self._packed_place_bits = 62 - (header.cluster_bits - 8)
        self._entry_words = 2 if header.has_subclusters else 1
        self._l2_entries = self._cluster_bytes // (8 * self._entry_words)
        needed = -(-self.size_bytes // (self._cluster_bytes * self._l2_entries))
        if self.size_bytes > _MEDIUM_BYTES_MAX:
            raise UnreadError(Reason.TOO_LARGE)
        if needed > entries or 8 * needed > _L1_BYTES_MAX:
            raise UnreadError(Reason.UNREADABLE)
        self._l1_at = l1_at
        raw = _read_exactly(source, l1_at, 8 * needed)
        self._l1 = struct.unpack(f">{needed}Q", raw)
        self._l2: Recent[tuple[int, ...]] = Recent(_TABLES_KEPT_BYTES)
        self._kept: Recent[bytes] = Recent(_CLUSTERS_KEPT_BYTES)

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        give = self._subclusters if self._header.has_subclusters else self._cluster
        return read_blocks(offset, size, size_bytes=self.size_bytes, block_bytes=self._cluster_bytes, give=give)

    def extents(self) -> Iterator[tuple[_Numbers, _Numbers]]:
        """Say where in the file the tables and the clusters of the disk lie: places and sizes."""
        yield np.array([self._l1_at], np.int64), np.array([8 * len(self._l1)], np.int64)
        # Where a table serves twice, what it says of the later place decides how far its last cluster goes.
        tables = {entry & _OFFSET_MASK: number for number, entry in enumerate(self._l1) if entry & _OFFSET_MASK}
        for place, number in tables.items():
            yield np.array([place], np.int64), np.array([self._cluster_bytes], np.int64)
            raw = self._source.read_at(place, self._cluster_bytes)
            words = np.frombuffer(raw[: len(raw) // 8 * 8], ">u8").astype(np.uint64)
            entries = words[:: self._entry_words]
            is_packed = (entries & np.uint64(_IS_COMPRESSED)) != 0
            yield self._packed_extents(entries[is_packed])
            places = (entries & np.uint64(_OFFSET_MASK)).astype(np.int64)
            offsets = (number * self._l2_entries + np.arange(len(entries))) * self._cluster_bytes
            is_plain = ~is_packed & (places > 0) & (offsets < self.size_bytes)
            sizes = np.minimum(self._cluster_bytes, self.size_bytes - offsets)
            if self._entry_words == 2:
                bits = words[1::2][is_plain]
                yield self._subcluster_extents(places[is_plain], sizes[is_plain], bits)
            else:
                yield places[is_plain], sizes[is_plain]

    def _subcluster_extents(
        self, places: _Numbers, sizes: _Numbers, bits: npt.NDArray[np.uint64]
    ) -> tuple[_Numbers, _Numbers]:
        each = self._cluster_bytes // _SUBCLUSTERS_IN_ONE
        indices = np.arange(_SUBCLUSTERS_IN_ONE)
        is_there = (bits[:, None] >> indices.astype(np.uint64) & np.uint64(1)) != 0
        here = np.clip(sizes[:, None] - indices * each, 0, each)
        return (places[:, None] + indices * each)[is_there], here[is_there]

    def _packed_extents(self, entries: npt.NDArray[np.uint64]) -> tuple[_Numbers, _Numbers]:
        bits = np.uint64(self._packed_place_bits)
        places = (entries & np.uint64((1 << self._packed_place_bits) - 1)).astype(np.int64)
        sectors = ((entries & np.uint64(_IS_COMPRESSED - 1)) >> bits).astype(np.int64)
        return places, (sectors + 1) * 512 - (places & 511)

    def _entry(self, number: int) -> tuple[int, int]:
        """What the tables say of a cluster: its descriptor, and the bits of its subclusters."""
        at, index = divmod(number, self._l2_entries)
        place = self._l1[at] & _OFFSET_MASK
        if not place:
            return 0, 0
        table = self._l2.get(place)
        if table is None:
            raw = _read_exactly(self._source, place, self._cluster_bytes)
            table = struct.unpack(f">{self._cluster_bytes // 8}Q", raw)
            # A tuple of numbers takes some forty bytes for each.
            self._l2.keep(place, table, 40 * len(table))
        if self._entry_words == 2:
            return table[2 * index], table[2 * index + 1]
        return table[index], 0

    def _cluster(self, number: int, start: int, size: int) -> bytes:
        descriptor, _ = self._entry(number)
        if descriptor & _IS_COMPRESSED:
            return self._compressed(descriptor)[start : start + size]
        place = descriptor & _OFFSET_MASK
        if not place or descriptor & _IS_ZERO:
            return bytes(size)
        return _read_exactly(self._source, place + start, size)

    def _subclusters(self, number: int, start: int, size: int) -> bytes:
        descriptor, bits = self._entry(number)
        if descriptor & _IS_COMPRESSED:
            return self._compressed(descriptor)[start : start + size]
        each = self._cluster_bytes // _SUBCLUSTERS_IN_ONE
        index = start // each
        size = min(size, (index + 1) * each - start)
        is_there, is_zero = bits >> index & 1, bits >> (32 + index) & 1
        if is_there and is_zero:
            raise UnreadError(Reason.UNREADABLE)
        if not is_there:
            return bytes(size)
        return _read_exactly(self._source, (descriptor & _OFFSET_MASK) + start, size)

    def _compressed(self, descriptor: int) -> bytes:
        kept = self._kept.get(descriptor)
        if kept is not None:
            return kept
        # The lower bits are a byte's place; above them, how many sectors more than the one it lies in hold the rest.
        place = descriptor & ((1 << self._packed_place_bits) - 1)
        sectors = (descriptor & (_IS_COMPRESSED - 1)) >> self._packed_place_bits
        # The last sector of the file may be cut: what is compressed ends before it does.
        stored = self._source.read_at(place, (sectors + 1) * 512 - (place & 511))
        inflate = _inflate_zstd if self._header.is_zstd else _inflate
        cluster = inflate(stored, self._cluster_bytes)
        if len(cluster) != self._cluster_bytes:
            raise UnreadError(Reason.UNREADABLE)
        self._kept.keep(descriptor, cluster, len(cluster))
        return cluster


def _read_header(source: ByteSource) -> _Header:
    fields = _HEADER.unpack(_read_exactly(source, 0, _HEADER.size))
    _, version, backing_at, _, cluster_bits, size_bytes, cipher, l1_entries, l1_at, *counts, snapshots, snapshots_at = (
        fields
    )
    if cipher:
        raise UnreadError(Reason.ENCRYPTED)
    features = compression = 0
    header_bytes = _HEADER.size
    if version >= 3:
        raw = _read_exactly(source, 0, _V3_COMPRESSION_AT + 1)
        (features,) = struct.unpack_from(">Q", raw, _V3_FEATURES_AT)
        (header_bytes,) = struct.unpack_from(">I", raw, _V3_LENGTH_AT)
        compression = raw[_V3_COMPRESSION_AT] if header_bytes > _V3_COMPRESSION_AT else 0
    # A backing file, or one with the data, is another file: without it, what is missing here would read as blank.
    if version not in {2, 3} or backing_at or features & ~_UNDERSTOOD or compression > 1:
        raise UnreadError(Reason.UNSUPPORTED)
    if cluster_bits not in _CLUSTER_BITS or (features & _SUBCLUSTERS and cluster_bits < 14):
        raise UnreadError(Reason.UNREADABLE)
    return _Header(
        cluster_bits=cluster_bits,
        size_bytes=size_bytes,
        l1_at=l1_at,
        l1_entries=l1_entries,
        snapshots=snapshots,
        snapshots_at=snapshots_at,
        header_bytes=header_bytes,
        counts_at=counts[0],
        counts_clusters=counts[1],
        is_corrupt=bool(features & _CORRUPT),
        has_subclusters=bool(features & _SUBCLUSTERS),
        is_zstd=compression == 1,
    )


def _read_snapshots(source: ByteSource, header: _Header) -> Iterator[_Snapshot | Reason]:
    """Follow the table of snapshots; a reason where it cannot be followed further."""
    at = header.snapshots_at
    if header.snapshots > _SNAPSHOTS_MAX:
        yield Reason.UNREADABLE
        return
    for _ in range(header.snapshots):
        try:
            raw = _read_exactly(source, at, 40)
            l1_at, l1_entries, id_bytes, name_bytes = struct.unpack_from(">QIHH", raw)
            (extra_bytes,) = struct.unpack_from(">I", raw, 36)
            rest = _read_exactly(source, at + 40, min(extra_bytes, 16))
            identity = _read_exactly(source, at + 40 + extra_bytes, id_bytes)
        except UnreadError as error:
            yield error.reason
            return
        size_bytes = struct.unpack(">Q", rest[8:16])[0] if extra_bytes >= 16 else header.size_bytes
        # Each begins at a multiple of eight.
        described_bytes = (40 + extra_bytes + id_bytes + name_bytes + 7) // 8 * 8
        plain = identity.decode("latin-1").replace("\0", "")
        yield _Snapshot(plain, l1_at, l1_entries, size_bytes, at, described_bytes)
        at += described_bytes


def _described(source: ByteSource, header: _Header) -> Iterator[tuple[_Numbers, _Numbers]]:
    """Say where the header with its extensions, the counts of references and the table of snapshots lie."""
    at = header.header_bytes
    for _ in range(_EXTENSIONS_MAX):
        kind, size = struct.unpack(">II", source.read_at(at, 8).ljust(8, b"\0"))
        at += 8 + (size + 7) // 8 * 8
        if not kind:
            break
    # Some tools write the fields of version 3 behind a header of version 2.
    own_bytes = min(max(at, _V3_COMPRESSION_AT), 1 << header.cluster_bits)
    yield np.array([0], np.int64), np.array([own_bytes], np.int64)
    if header.counts_at >= source.size_bytes:
        return
    table_bytes = min(header.counts_clusters << header.cluster_bits, _COUNTS_BYTES_MAX)
    raw = source.read_at(header.counts_at, table_bytes)
    places = np.frombuffer(raw[: len(raw) // 8 * 8], ">u8").astype(np.int64)
    places = places[places > 0]
    yield np.array([header.counts_at], np.int64), np.array([table_bytes], np.int64)
    yield places, np.full(len(places), 1 << header.cluster_bits, np.int64)


def _read_exactly(source: ByteSource, offset: int, size: int) -> bytes:
    raw = source.read_at(offset, size) if offset < source.size_bytes else b""
    if len(raw) < size:
        raise UnreadError(Reason.TRUNCATED)
    return raw


def _inflate(stored: bytes, size_bytes: int) -> bytes:
    return _guard(partial(isal_zlib.decompressobj(-15).decompress, stored, size_bytes))


def _inflate_zstd(stored: bytes, size_bytes: int) -> bytes:
    return _guard(partial(zstd.ZstdDecompressor().decompress, stored, size_bytes))


def _guard(inflate: Callable[[], bytes]) -> bytes:
    try:
        return inflate()
    except (isal_zlib.error, zstd.ZstdError) as error:  # type: ignore[misc]  # isal's stubs give it as a value
        raise UnreadError(Reason.UNREADABLE) from error
