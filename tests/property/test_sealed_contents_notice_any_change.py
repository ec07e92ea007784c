"""Contents that are kept come back as they were, or not at all."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.model import UnreadError
from unseen.store.custody.sealed import PIECE_BYTES, SealedSource, sealed_size, write_sealed

KEY = bytes(range(32))
OWNER = b"finding"
HEAD = 8
STEP = PIECE_BYTES + 16
# Around the edges of pieces, where a mistake would hide.
SIZES = st.one_of(
    st.integers(0, 40),
    st.sampled_from([n * PIECE_BYTES + more for n in (1, 2, 3) for more in (-1, 0, 1)]),
    st.integers(0, 4 * PIECE_BYTES),
)


def content_of(size: int) -> bytes:
    """Bytes of which no two pieces are alike."""
    return b"".join(sha256(number.to_bytes(4, "big")).digest() for number in range(size // 32 + 1))[:size]


def seal(content: bytes, cuts: Sequence[int] = ()) -> bytes:
    """The file of a content that comes in chunks cut there."""
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    with tempfile.TemporaryFile() as file:
        made = write_sealed(file, KEY, (content[a:b] for a, b in pairwise(edges)), belongs_to=OWNER)
        file.seek(0)
        data = file.read()
    assert made.size_bytes == len(content)
    assert (made.sha256, made.file_sha256) == (sha256(content).digest(), sha256(data).digest())
    return data


def unseal(data: bytes, size: int, *, key: bytes = KEY, owner: bytes = OWNER) -> bytes:
    """Read a file whole."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        source = SealedSource(file.fileno(), key, size_bytes=size, belongs_to=owner)
        return b"".join(source.read_at(at, 50_000) for at in range(0, max(size, 1), 50_000))


@given(size=SIZES, cuts=st.lists(st.integers(0, 4 * PIECE_BYTES), max_size=6))
@settings(deadline=None, max_examples=40)
def test_what_is_sealed_comes_back(size: int, cuts: list[int]) -> None:
    """Whatever pieces it came in: the same content, a file as large as was said, and none of it in clear."""
    content = content_of(size)
    data = seal(content, cuts)
    assert len(data) == sealed_size(size)
    assert unseal(data, size) == content
    assert size < 16 or content[:16] not in data


@given(size=SIZES, reads=st.lists(st.tuples(st.integers(0, 4 * PIECE_BYTES), st.integers(0, 200_000)), max_size=8))
@settings(deadline=None, max_examples=40)
def test_any_range_is_that_of_the_content(size: int, reads: list[tuple[int, int]]) -> None:
    """Read anywhere, in any order, what comes is what a slice of the content is."""
    content = content_of(size)
    with tempfile.TemporaryFile() as file:
        file.write(seal(content))
        file.flush()
        source = SealedSource(file.fileno(), KEY, size_bytes=size, belongs_to=OWNER)
        for at, count in reads:
            assert source.read_at(at, count) == content[at : at + count]


@given(size=st.integers(1, 3 * PIECE_BYTES), where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(deadline=None, max_examples=40)
def test_any_flipped_bit_is_noticed(size: int, where: float, bit: int) -> None:
    """In the head, in a piece or in a tag: the content does not come back."""
    data = bytearray(seal(content_of(size)))
    data[int(where * len(data))] ^= 1 << bit
    with pytest.raises(UnreadError):
        unseal(bytes(data), size)


@given(size=st.integers(1, 4 * PIECE_BYTES), cut=st.integers(1, 3 * PIECE_BYTES))
@settings(deadline=None, max_examples=40)
def test_a_file_cut_short_is_noticed(size: int, cut: int) -> None:
    """Also where a whole piece is missing and the row was altered to fit: the last piece says that it is the last."""
    data = seal(content_of(size))
    shorter = data[: max(0, len(data) - cut)]
    with pytest.raises(UnreadError):
        unseal(shorter, size)
    fitting = size - PIECE_BYTES
    if fitting > 0:
        with pytest.raises(UnreadError):
            unseal(data[: sealed_size(fitting)], fitting)


def test_pieces_that_change_places_are_noticed() -> None:
    """Pieces of one file exchanged, doubled, or put in from another file under the same key."""
    size = 3 * PIECE_BYTES
    data, other = seal(content_of(size)), seal(bytes(size))
    head, pieces = data[:HEAD], [data[HEAD + n * STEP : HEAD + (n + 1) * STEP] for n in range(3)]
    foreign = other[HEAD : HEAD + STEP]
    for order in ([1, 0, 2], [0, 0, 2], [0, 2, 1]):
        with pytest.raises(UnreadError):
            unseal(head + b"".join(pieces[n] for n in order), size)
    # The first piece of another content fits its place: only keys that are never used twice keep it out.
    assert unseal(head + foreign + b"".join(pieces[1:]), size) != content_of(size)


@pytest.mark.parametrize(("key", "owner"), [(bytes(32), OWNER), (KEY, b"another")])
def test_another_key_or_owner_reads_nothing(key: bytes, owner: bytes) -> None:
    """A file is read by its own key, and as the content of its own finding."""
    with pytest.raises(UnreadError):
        unseal(seal(b"content"), 7, key=key, owner=owner)


def test_a_large_content_is_never_held_whole() -> None:
    """Pieces are written as they come: what was read of the content so far is on the disk but for two pieces."""
    with tempfile.TemporaryFile() as file:

        def chunks() -> Iterator[bytes]:
            for number in range(1, 9):
                yield bytes(PIECE_BYTES)
                file.flush()
                assert os.fstat(file.fileno()).st_size >= sealed_size((number - 1) * PIECE_BYTES) - 2 * STEP

        write_sealed(file, KEY, chunks(), belongs_to=OWNER)
