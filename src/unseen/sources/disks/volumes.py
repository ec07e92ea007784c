"""What lies on a disk, as members: each partition, named for what is in it, and what no partition covers."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.partitions import Extent, gaps_between, read_tables
from unseen.sources.layers import Context, Member, Part, recognise

__all__ = ["unpack", "volumes_if_opened", "volumes_on"]

_LAYER = "volume"
_SECTOR_BYTES = 512
# Where a dynamic disk with an MBR says that it is one.
_LDM_AT, _LDM = 6 * 512, b"PRIVHEAD"


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Give the partitions of a raw disk; see `volumes_on`."""
    return volumes_on(source)


def volumes_if_opened(disk: ByteSource | None) -> Iterator[Member | Reason]:
    """Give what `volumes_on` gives of an encrypted volume; `encrypted` where no password opened it."""
    if disk is None:
        yield Reason.ENCRYPTED
    else:
        yield from volumes_on(disk)


def volumes_on(disk: ByteSource) -> Iterator[Member | Reason]:
    """Give every partition of a disk in order, and every gap between them; together they cover it all.

    A volume's address is the name of what was recognised in it and where it begins: `ntfs@1048576`; `partition@OFFSET`
    where nothing was, `unallocated@OFFSET+SIZE` for a gap. A disk without a table of partitions is one volume.

    Raises:
        UnreadError: The first sectors of the disk cannot be read.
    """
    table = read_tables(disk)
    if table is None:
        yield _volume(disk, Extent(0, disk.size_bytes))
        return
    yield from sorted(table.faults)
    if disk.read_at(_LDM_AT, len(_LDM)) == _LDM:
        # Windows' dynamic disks: volumes that span partitions are not put together.
        yield Reason.UNSUPPORTED
    gaps = {piece for gap in gaps_between(table.extents, disk.size_bytes) for piece in _apart(disk, gap)}
    for extent in sorted({*table.extents, *gaps}, key=lambda extent: (extent.offset, extent.size_bytes)):
        yield _gap(disk, extent) if extent in gaps else _volume(disk, extent)


def _volume(disk: ByteSource, extent: Extent) -> Member:
    part = Part(disk, extent.offset, extent.size_bytes)
    try:
        found = recognise(part)
    except UnreadError:
        # Whoever opens it is told why.
        found = None
    name = found.name if found else "partition"
    return Member(layer=_LAYER, address=f"{name}@{extent.offset}", open=partial(_give, part))


def _gap(disk: ByteSource, extent: Extent) -> Member:
    part = Part(disk, extent.offset, extent.size_bytes)
    address = f"unallocated@{extent.offset}+{extent.size_bytes}"
    return Member(layer=_LAYER, address=address, open=partial(_give, part))


def _apart(disk: ByteSource, gap: Extent) -> tuple[Extent, ...]:
    """A gap, cut where a table of its own lies at its start or end: whole, it would be taken for a disk."""
    start, end = gap.offset, gap.end
    if start == 0 and end > _SECTOR_BYTES and _is_table(disk, _SECTOR_BYTES):
        start = _SECTOR_BYTES
    for sector_bytes in (512, 4096):
        if end - sector_bytes > start and _is_table(disk, end - sector_bytes):
            end -= sector_bytes
            break
    edges = sorted({gap.offset, start, end, gap.end})
    return tuple(Extent(one, other - one) for one, other in pairwise(edges))


def _is_table(disk: ByteSource, at: int) -> bool:
    try:
        return disk.read_at(at, 8) == b"EFI PART"
    except UnreadError:
        # Whoever reads the gap is told.
        return False


def _give(part: Part) -> ByteSource:
    return part
