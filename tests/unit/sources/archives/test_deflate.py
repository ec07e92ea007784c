"""Deflate, whole and broken."""

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.model import Reason, UnreadError
from unseen.sources.archives.deflate import inflate
from unseen.sources.layers import MemoryRange

# Text, so that it really is compressed, and longer than a piece.
DATA = b"".join(b"line %d\n" % random.Random(number).randrange(1 << 30) for number in range(60_000))


def pack(data: bytes) -> bytes:
    """Deflate without anything around it."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = pack(DATA)


def read(packed: bytes) -> tuple[bytes, Reason | None, list[int]]:
    """What came out, why it ended, and where."""
    used: list[int] = []
    out = b""
    try:
        for piece in inflate(MemoryRange(packed), used.append):
            out += piece
    except UnreadError as error:
        return out, error.reason, used
    return out, None, used


def test_what_follows_is_left_alone() -> None:
    """The number of bytes used is told."""
    assert read(PACKED + b"tail") == (DATA, None, [len(PACKED)])


@given(st.integers(0, len(PACKED) - 1))
def test_data_that_ends_early_gives_what_there_is(kept: int) -> None:
    """Nothing is added, and the end is stated."""
    out, reason, used = read(PACKED[:kept])
    assert DATA.startswith(out)
    assert (reason, used) == (Reason.TRUNCATED, [])


@pytest.mark.parametrize("at", [5_000, 100_000, 200_000])
def test_everything_before_the_broken_byte_is_given(at: int) -> None:
    """Also what was unpacked together with it."""
    # Noise is soon no deflate any more.
    out, reason, _ = read(PACKED[:at] + random.Random(at).randbytes(20_000))
    whole, _, _ = read(PACKED[:at])
    assert reason is Reason.UNREADABLE
    assert out.startswith(whole[:-300])
