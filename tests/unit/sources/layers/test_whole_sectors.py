"""Readers written in C are asked for whole sectors: some give wrong bytes, without an error, for parts of them."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.images.native import NativeMedium
from unseen.sources.filesystems import apfs
from unseen.sources.filesystems.asking import View
from unseen.sources.filesystems.sleuthkit import shadows
from unseen.sources.layers import MemoryRange

DATA = random.Random(5).randbytes(100_000)
SECTOR_BYTES = 4_096


class Wrong:
    """A library that gives wrong bytes for a range that begins, or ends, inside a sector."""

    volume_size = len(DATA)

    def read_buffer_at_offset(self, size: int, offset: int) -> bytes:
        """Give the right bytes of whole sectors alone."""
        end = offset + size
        is_whole = offset % SECTOR_BYTES == 0 and (end % SECTOR_BYTES == 0 or end == len(DATA))
        return DATA[offset:end] if is_whole else bytes(size)


class Short(Wrong):
    """A library that gives less than it was asked for."""

    def read_buffer_at_offset(self, size: int, offset: int) -> bytes:
        """Give nothing behind the middle."""
        return DATA[offset : min(offset + size, len(DATA) // 2)]


VIEW = View(MemoryRange(b""))
OPENERS: dict[str, Callable[[Wrong], ByteSource]] = {
    "disks": lambda library: NativeMedium(library, len(DATA)),
    "libfsapfs": lambda library: apfs._Content(VIEW, library, len(DATA)),
    "libvshadow": lambda library: shadows._StoreBytes(VIEW, library),
}


@pytest.mark.parametrize("opener", OPENERS.values(), ids=OPENERS)
@given(st.integers(-10, len(DATA) + 10), st.integers(0, 30_000))
def test_no_reader_is_asked_for_a_part_of_a_sector(
    opener: Callable[[Wrong], ByteSource], offset: int, size: int
) -> None:
    """Any range is right over a library that is right for whole sectors alone."""
    expected = DATA[offset : offset + size] if offset >= 0 else b""
    assert opener(Wrong()).read_at(offset, size) == expected


@pytest.mark.parametrize("opener", OPENERS.values(), ids=OPENERS)
def test_what_a_library_keeps_back_is_truncated(opener: Callable[[Wrong], ByteSource]) -> None:
    """Bytes that do not come are never passed over in silence."""
    with pytest.raises(UnreadError) as raised:
        opener(Short()).read_at(0, len(DATA))
    assert raised.value.reason is Reason.TRUNCATED
