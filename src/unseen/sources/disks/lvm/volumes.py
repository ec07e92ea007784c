"""Logical volumes that lie on one physical volume of LVM 2, each put together from its pieces.

Those that need another disk, or any kind of mapping but the linear one, are stated; all that belongs to no volume that
was given is given as it lies, and looked through.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.carving import carve
from unseen.sources.disks.lvm.description import LABEL_BYTES, Value, read_description, read_physical
from unseen.sources.filesystems.extents import Claims, Extent, Scattered
from unseen.sources.layers import Context, Member, Part

__all__ = ["unpack"]

_LAYER = "volume"
_SECTOR_BYTES = 512
# LVM itself makes no more of either in one group.
_VOLUMES_MAX, _SEGMENTS_MAX = 65_536, 1 << 20


@dataclass(frozen=True, slots=True)
class _Ground:
    """Where extents lie on this disk.

    Attributes:
        name: Of this physical volume in the description.
        start: Of its first extent, in bytes.
        extent_bytes: Of each.
        count: How many there are.
    """

    name: str
    start: int
    extent_bytes: int
    count: int


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Give each logical volume, then what belongs to none of them."""
    try:
        group = read_description(source)
        ground = _find_ground(source, group)
        volumes = _table(group, "logical_volumes")
    except (UnreadError, ValueError):
        # Nothing says where anything lies.
        yield Reason.UNSUPPORTED
        yield from carve(source)
        return
    claims = Claims(source.size_bytes)
    # Whoever looks through the rest must not meet the label once more.
    claims.add([Extent(read_physical(source).label_at, LABEL_BYTES)])
    for count, (name, volume) in enumerate(volumes.items()):
        if count >= _VOLUMES_MAX:
            yield Reason.TOO_MANY
            break
        try:
            extents = _extents_of(cast("Mapping[str, Value]", volume), ground)
        except (UnreadError, ValueError):
            yield Reason.UNSUPPORTED
            continue
        claims.add(extents)
        yield Member(layer=_LAYER, address=name, open=partial(Scattered, source, extents))
    for gap in claims.merged().gaps():
        assert gap.offset is not None
        part = Part(source, gap.offset, gap.size_bytes)
        yield Member(layer=_LAYER, address=f"unallocated@{gap.offset}+{gap.size_bytes}", open=partial(_give, part))


def _find_ground(source: ByteSource, group: Mapping[str, Value]) -> _Ground:
    identity = read_physical(source).identity
    extent_bytes = _number(group, "extent_size") * _SECTOR_BYTES
    for name, each in _table(group, "physical_volumes").items():
        if isinstance(each, dict) and str(each.get("id", "")).replace("-", "") == identity:
            start, count = _number(each, "pe_start") * _SECTOR_BYTES, _number(each, "pe_count")
            if not extent_bytes or not 0 < start + count * extent_bytes <= source.size_bytes:
                break
            return _Ground(name, start, extent_bytes, count)
    raise ValueError


def _extents_of(volume: Mapping[str, Value], ground: _Ground) -> tuple[Extent, ...]:
    """Where the pieces of a volume lie, in order.

    Raises:
        ValueError: Some lie on another disk, or are not simply laid one behind the other.
    """
    count = _number(volume, "segment_count")
    if not 0 < count <= _SEGMENTS_MAX:
        raise ValueError
    extents: list[Extent] = []
    at = 0
    for segment in sorted((_table(volume, f"segment{number}") for number in range(1, count + 1)), key=_start):
        stripes = segment.get("stripes")
        is_linear = segment.get("type") == "striped" and segment.get("stripe_count") == 1
        if not is_linear or not isinstance(stripes, list) or len(stripes) != 2 or stripes[0] != ground.name:
            raise ValueError
        first, length = stripes[1], _number(segment, "extent_count")
        if _start(segment) != at or not isinstance(first, int) or not 0 <= first <= ground.count - length:
            raise ValueError
        at += length
        extents.append(Extent(ground.start + first * ground.extent_bytes, length * ground.extent_bytes))
    return tuple(extents)


def _start(segment: Mapping[str, Value]) -> int:
    return _number(segment, "start_extent")


def _table(of: Mapping[str, Value], name: str) -> Mapping[str, Value]:
    found = of.get(name, {})
    if not isinstance(found, dict):
        raise ValueError  # noqa: TRY004  # of a description, not of a program
    return found


def _number(of: Mapping[str, Value], name: str) -> int:
    found = of.get(name)
    if not isinstance(found, int) or found < 0:
        raise ValueError
    return found


def _give(part: Part) -> ByteSource:
    return part
