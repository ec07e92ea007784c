"""The filter in front of signatures: what the readable reference finds, whichever variant looks."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen import kernel

# Not far beyond what one step of the widest variant takes, so that its end lies everywhere in it.
_LENGTHS = range(100)


@pytest.fixture(params=kernel.available())
def _variant(request: pytest.FixtureRequest) -> Iterator[None]:
    kernel.use(request.param)
    yield
    kernel.use("auto")


def tables_of(*beginnings: bytes) -> npt.NDArray[np.uint8]:
    """Tables with each beginning in a group of its own."""
    tables = np.zeros((3, 256), np.uint8)
    for group, beginning in enumerate(beginnings):
        for position, byte in enumerate(beginning):
            tables[position, byte] |= 1 << group
    return tables


def plainly(data: bytes, beginnings: tuple[bytes, ...]) -> list[int]:
    """Where one of the beginnings stands, looked for at every place."""
    return [at for at in range(len(data)) if data.startswith(beginnings, at)]


@pytest.mark.usefixtures("_variant")
def test_a_beginning_is_found_at_every_place_of_every_length() -> None:
    """Wherever in a piece of any length it stands, a beginning is found there and nowhere else."""
    tables = tables_of(b"abc")
    for length in _LENGTHS:
        for at in range(length - 2):
            data = b"." * at + b"abc" + b"." * (length - at - 3)
            assert kernel.likely_places(data, tables) == [at]
        assert kernel.likely_places(b"." * length, tables) == []


@pytest.mark.usefixtures("_variant")
def test_the_last_two_bytes_begin_nothing() -> None:
    """Whoever looks at pieces gives two bytes more: what needs a byte behind the end is not found, and not read."""
    tables = tables_of(b"abc")
    assert [kernel.likely_places(data, tables) for data in (b"", b"a", b"ab", b"xab")] == [[], [], [], []]


@pytest.mark.usefixtures("_variant")
def test_all_256_values_of_a_byte_are_told_apart() -> None:
    """A beginning is not found where any one of its bytes is another, whatever that is."""
    tables = tables_of(b"\x12\x34\x56")
    for position in range(3):
        for value in range(256):
            triple = bytearray(b"\x12\x34\x56")
            triple[position] = value
            found = kernel.likely_places(bytes(50) + bytes(triple) + bytes(50), tables)
            assert found == ([50] if triple == b"\x12\x34\x56" else [])


@given(st.lists(st.sampled_from([b"\xff\xd8\xff", b"II*", b"\x89PN", b"\xff\xd8", b"I", b"\0"])), st.integers(0, 40))
def test_every_variant_finds_what_a_plain_look_finds(pieces: list[bytes], before: int) -> None:
    """Beginnings that share bytes, overlap and follow each other are found by all variants, and in order."""
    beginnings = (b"\xff\xd8\xff", b"II*", b"\x89PN")
    data = bytes(before) + b"".join(pieces)
    try:
        for name in kernel.available():
            kernel.use(name)
            assert kernel.likely_places(data, tables_of(*beginnings)) == plainly(data, beginnings)
    finally:
        kernel.use("auto")
