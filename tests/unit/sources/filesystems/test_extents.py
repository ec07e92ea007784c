"""Pieces of a volume as one range, and what nobody claims of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.model import Reason, UnreadError
from unseen.sources.filesystems.extents import Claims, Extent, Scattered, cut, joined
from unseen.sources.layers import MemoryRange

_VOLUME = bytes(range(200))
_EXTENTS = st.lists(st.builds(Extent, st.none() | st.integers(0, 150), st.integers(0, 50)), max_size=6)


def _bytes_of(extents: list[Extent]) -> bytes:
    return b"".join(
        bytes(each.size_bytes) if each.offset is None else _VOLUME[each.offset : each.offset + each.size_bytes]
        for each in extents
    )


@given(_EXTENTS, st.integers(0, 320), st.integers(0, 320))
def test_scattered_pieces_read_as_one_range(extents: list[Extent], offset: int, size: int) -> None:
    """Any part of them is what lies in the pieces one behind the other, holes as zeros."""
    whole = _bytes_of(extents)
    scattered = Scattered(MemoryRange(_VOLUME), extents)
    assert scattered.size_bytes == len(whole)
    assert scattered.read_at(offset, size) == whole[offset : offset + size]
    assert _bytes_of(list(cut(scattered.within(offset, size), size))) == whole[offset : offset + size]
    assert _bytes_of(list(joined(extents))) == whole


@given(_EXTENTS, _EXTENTS)
def test_claims_and_gaps_cover_the_volume_once(extents: list[Extent], asked: list[Extent]) -> None:
    """Every byte is either claimed or in exactly one gap; bytes are free up to the first claimed one."""
    claims = Claims(len(_VOLUME))
    claims.add(extents)
    claimed = {
        at for each in extents if each.offset is not None for at in range(each.offset, each.offset + each.size_bytes)
    }
    free = [at for gap in claims.merged().gaps() for at in range(gap.offset or 0, (gap.offset or 0) + gap.size_bytes)]
    assert free == [at for at in range(len(_VOLUME)) if at not in claimed]
    places = [
        None if each.offset is None else each.offset + number for each in asked for number in range(each.size_bytes)
    ]
    before = next((number for number, place in enumerate(places) if place in claimed), len(places))
    assert claims.merged().free_bytes(asked) == before


@pytest.mark.parametrize("extent", [Extent(190, 20), Extent(1 << 62, 20)])
def test_a_piece_behind_the_end_of_the_volume_is_truncated(extent: Extent) -> None:
    """Damage may say that a file lies where nothing is: that is no end of the file."""
    with pytest.raises(UnreadError) as caught:
        Scattered(MemoryRange(_VOLUME), [extent]).read_at(0, 20)
    assert caught.value.reason is Reason.TRUNCATED


def test_a_piece_beyond_all_numbers_is_unreadable() -> None:
    """A block number times the size of blocks may be more than any offset can be."""
    with pytest.raises(UnreadError) as caught:
        Scattered(MemoryRange(_VOLUME), [Extent(1 << 70, 20)])
    assert caught.value.reason is Reason.UNREADABLE
