"""Members whose bytes lie in the file are told by their places; what is made of other bytes lies nowhere."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.model import ByteSource
from unseen.sources.filesystems.extents import Extent, Scattered
from unseen.sources.layers import PLACED_BYTES_MAX, PLACES_MAX, FileRange, MemoryRange, Part, places_of

_SIZE = 1_000
_CONTENT = random.Random(3).randbytes(_SIZE)
_extents = st.builds(Extent, st.none() | st.integers(0, _SIZE), st.integers(1, 300))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileRange]:
    """A file."""
    path = Path(tmp_path_factory.mktemp("places")) / "file"
    path.write_bytes(_CONTENT)
    descriptor = os.open(path, os.O_RDONLY)
    yield FileRange(descriptor)
    os.close(descriptor)


class _Made:
    """Bytes that come from a file and are others."""

    size_bytes = 10

    def read_at(self, offset: int, size: int) -> bytes:
        """Ten of them."""
        return b"0123456789"[offset : offset + size]


@given(st.lists(_extents, max_size=8), st.integers(0, _SIZE), st.integers(0, _SIZE))
def test_what_places_say_is_what_the_member_reads(
    root: FileRange, extents: list[Extent], offset: int, size: int
) -> None:
    """Of a member in pieces on a volume on a disk, whoever reads its places reads its bytes; or it has none."""
    volume = Part(root, offset, size)
    member = Scattered(volume, extents)
    places = places_of(member, root)
    lies_within = all(each.offset is None or each.offset + each.size_bytes <= volume.size_bytes for each in extents)
    assert (places is not None) == lies_within
    if places is not None:
        assert Scattered(root, places).read_at(0, member.size_bytes) == member.read_at(0, member.size_bytes)
        assert Scattered(root, places).size_bytes == member.size_bytes


def test_what_follows_on_each_other_is_one_place(root: FileRange) -> None:
    """However a file system tells its runs of blocks, as few places as there can be are named."""
    blocks = [Extent(at, 10) for at in range(0, 500, 10)]
    assert places_of(Scattered(root, blocks), root) == (Extent(0, 500),)
    assert places_of(root, root) == (Extent(0, _SIZE),)


def test_what_is_made_of_other_bytes_lies_nowhere(root: FileRange) -> None:
    """Neither in memory, nor inflated from the file, nor in another file; not even where only a piece of it is so."""
    made: ByteSource = _Made()
    for source in (MemoryRange(_CONTENT), made, Part(made, 0, 5), Scattered(made, [Extent(None, 3), Extent(0, 3)])):
        assert places_of(source, root) is None


def test_too_many_places_and_too_many_bytes_are_not_told(root: FileRange) -> None:
    """A message that names places has an end, and what is large is not given to a worker in between."""
    apart = [Extent(2 * at % _SIZE, 1) for at in range(PLACES_MAX + 1)]
    assert places_of(Scattered(root, apart[:PLACES_MAX]), root) is not None
    assert places_of(Scattered(root, apart), root) is None
    many = [Extent(at % 2, 1) for at in range(100 * PLACES_MAX)]
    assert places_of(Scattered(root, many), root) is None
    assert places_of(Scattered(root, [Extent(None, PLACED_BYTES_MAX)]), root) is not None
    assert places_of(Scattered(root, [Extent(None, PLACED_BYTES_MAX + 1)]), root) is None
