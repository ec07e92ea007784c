"""Whatever bytes a reader of documents, mail or pictures is given, it gives members or reasons, and comes to an end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz.documents.files import sound_files

from unseen.model import Reason, UnreadError
from unseen.sources.layers import Budget, Context, LayerLimits, Member, MemoryRange, load_formats, recognise

READERS = load_formats()
LIMITS = LayerLimits(members_max=2_000, inflated_bytes_max=64 << 20, memory_bytes_max=8 << 20)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """A file with a few stretches of it replaced, moved or lost; most often where its headers are."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, min(len(data), 600)) | st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + draw(st.sampled_from([1, 4, 60, 5_000])))))
        piece = draw(
            st.binary(max_size=12)
            | st.sampled_from([bytes(4), b"\xff" * 4, b"\xff\xff\xff\x7f", data[:64], data[-64:]])
            | st.just(data[start:end])
        )
        data = data[:start] + piece * draw(st.integers(0, 2)) + data[end:]
    return data


def look_through(data: bytes) -> None:
    """Unpack some bytes if a format recognises them, and read every member."""
    source = MemoryRange(data)
    inside = recognise(source)
    unpack = READERS[inside.name] if inside is not None else None
    if unpack is None:
        return
    try:
        for member in unpack(source, Context(LIMITS, budget=Budget(LIMITS))):
            if not isinstance(member, Member):
                continue
            assert member.address
            assert "\0" not in member.address
            try:
                content = member.open()
                if not isinstance(content, Reason):
                    content.read_at(0, content.size_bytes)
            except UnreadError:
                continue
    except UnreadError:
        return


@pytest.mark.parametrize("name", sound_files())
def test_sound_files_are_recognised(name: str) -> None:
    """Each file that is to be damaged has a reader to survive it."""
    assert recognise(MemoryRange(sound_files()[name])) is not None


@pytest.mark.parametrize("name", sound_files())
@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damaged_files_cost_their_own_row_only(name: str, data: st.DataObject) -> None:
    """Readers raise `UnreadError` and nothing else."""
    look_through(data.draw(damaged(sound_files()[name])))


@pytest.mark.parametrize("name", sound_files())
def test_files_cut_short_cost_their_own_row_only(name: str) -> None:
    """Wherever a file ends, its reader says so or goes as far as it can."""
    whole = sound_files()[name]
    for size in {*range(0, min(len(whole), 200), 7), *range(0, len(whole), max(1, len(whole) // 40))}:
        look_through(whole[:size])
