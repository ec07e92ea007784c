"""Where a JPEG ends is where its first mark for that stands, whatever lies around it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.sources.layers import MemoryRange
from unseen.sources.pictures.outline import _PIECE_BYTES, _find_mark, outline

# A JPEG up to its pixels: the mark at its start, and an empty scan header.
_HEAD = b"\xff\xd8\xff\xda\0\2"


@given(st.lists(st.sampled_from([b"\xff", b"\xd9", b"\xd8", b"\0", b"\xff\xd9"]), max_size=12).map(b"".join))
def test_the_first_mark_is_found_as_plainly_searched_bytes_are(piece: bytes) -> None:
    """At even and at odd places, next to halves of itself, at the end, and nowhere."""
    at = piece.find(b"\xff\xd9")
    assert _find_mark(piece) == (at if at >= 0 else None)


@pytest.mark.parametrize("behind", [0, 1, 2, 3, 1_000])
@pytest.mark.parametrize(
    "before", [0, 1, 2, 999, _PIECE_BYTES - 2, _PIECE_BYTES - 1, _PIECE_BYTES, 2 * _PIECE_BYTES - 3]
)
def test_an_end_across_two_pieces_is_found(before: int, behind: int) -> None:
    """Files are searched piece by piece; where a mark falls makes no difference, nor what follows it."""
    pixels = random.Random(1).randbytes(before).replace(b"\xff", b"\xfe")
    data = _HEAD + pixels + b"\xff\xd9" + b"\xff\xd9" * behind
    found = outline(data[:100], MemoryRange(data))
    assert found is not None
    assert found.end == len(_HEAD) + before + 2


def test_a_jpeg_that_was_cut_short_has_no_end() -> None:
    """Neither where its last piece is full, nor where half a mark is left."""
    for pixels in (b"", b"\xff", bytes(_PIECE_BYTES), bytes(_PIECE_BYTES - 1) + b"\xff"):
        found = outline(_HEAD, MemoryRange(_HEAD + pixels))
        assert found is not None
        assert found.end is None
