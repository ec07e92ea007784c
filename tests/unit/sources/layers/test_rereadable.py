"""Streams as ranges: any order of reading gives the same bytes."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.model import Reason, UnreadError
from unseen.sources.layers import MemoryRange
from unseen.sources.layers.rereadable import Rereadable, hold

DATA = random.Random(1).randbytes(3_000_000)


def pieces(size: int = 70_000) -> Iterator[bytes]:
    """All of it, piece by piece."""
    for at in range(0, len(DATA), size):
        yield DATA[at : at + size]


@given(st.lists(st.tuples(st.integers(0, len(DATA) + 10), st.integers(0, 500_000)), max_size=8), st.booleans())
def test_any_order_of_reading_gives_the_same_bytes(reads: list[tuple[int, int]], is_held: bool) -> None:
    """Forwards, backwards, across the ends, and beyond them."""
    source = hold(pieces(), pieces, memory_bytes_max=len(DATA) if is_held else 1_000)
    assert source.size_bytes == len(DATA)
    assert isinstance(source, MemoryRange if is_held else Rereadable)
    for offset, size in reads:
        assert source.read_at(offset, size) == DATA[offset : offset + size]


def test_the_ends_cost_no_second_reading() -> None:
    """Whoever asks what a range is reads its start and its end."""

    def reopen() -> Iterator[bytes]:
        pytest.fail("the stream was read again")

    source = hold(pieces(), reopen, memory_bytes_max=1_000)
    assert source.read_at(0, 33_000) == DATA[:33_000]
    assert source.read_at(len(DATA) - 66_000, 66_000) == DATA[-66_000:]


def test_reading_forwards_reads_once() -> None:
    """Also where a reader steps back a little."""
    count = 0

    def reopen() -> Iterator[bytes]:
        nonlocal count
        count += 1
        return pieces()

    source = hold(pieces(), reopen, memory_bytes_max=1_000)
    for offset in range(200_000, 2_000_000, 100_000):
        assert source.read_at(offset, 150_000) == DATA[offset : offset + 150_000]
        assert source.read_at(offset - 50_000, 10) == DATA[offset - 50_000 : offset - 49_990]
    assert count == 1


def test_a_stream_that_has_become_shorter_is_stated() -> None:
    """Bytes that are missing are no zeros."""
    source = Rereadable(lambda: iter([b"short"]), 100)
    with pytest.raises(UnreadError) as raised:
        source.read_at(0, 50)
    assert raised.value.reason is Reason.CHANGED


def test_what_a_stream_raises_is_passed_on() -> None:
    """The reason stays what it was."""

    def broken() -> Iterator[bytes]:
        yield b"some"
        raise UnreadError(Reason.TRUNCATED)

    with pytest.raises(UnreadError) as raised:
        hold(broken(), broken, memory_bytes_max=100)
    assert raised.value.reason is Reason.TRUNCATED
