"""Whatever bytes are searched, the search ends, and what it gives lies inside them."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sources.carving.drawn import drawn_files

from unseen.sources.carving import Found, find
from unseen.sources.layers import MemoryRange

FILES = [data for data in drawn_files().values() if len(data) < 60_000]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A file with a stretch of it replaced, moved or lost."""
    data = draw(st.sampled_from(FILES))
    start = draw(st.integers(0, min(len(data), 400)) | st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 60)))
    piece = draw(st.binary(max_size=16) | st.sampled_from([bytes(8), b"\xff" * 8, data[:64]]))
    return data[:start] + piece + data[end:] + draw(st.sampled_from([b"", data[:300]]))


@settings(max_examples=600, deadline=None)
@given(damaged() | st.binary(max_size=200))
def test_damaged_files_are_searched_to_their_end(data: bytes) -> None:
    """Nothing is raised, and what is found begins and ends within what was searched, in order."""
    found = list(find(MemoryRange(data)))
    assert all(isinstance(each, Found) for each in found)
    places = [(each.offset, each.size_bytes) for each in found if isinstance(each, Found)]
    assert all(offset >= 0 and size_bytes > 0 and offset + size_bytes <= len(data) for offset, size_bytes in places)
    assert len(set(places)) == len(places)
