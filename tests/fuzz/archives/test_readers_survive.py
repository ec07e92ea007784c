"""Whatever stands where an archive should be, its reader ends, and nothing that was there goes missing in silence."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz.archives.corpus import PASSWORD, make_corpus
from tests.unit.sources.archives.unpacking import Given, read_all
from tests.unit.sources.archives.unpacking import make_context as make_context_with

from unseen.model import Reason
from unseen.sources.layers import Context, MemoryRange, load_formats, recognise

CORPUS = make_corpus()
# 7-Zip makes keys slow to guess.
SLOW = {"7z locked", "7z hidden"} & set(CORPUS)
QUICK = [kind for kind in CORPUS if kind not in SLOW]
# The format of the old `compress` has neither an end nor a checksum.
ENDLESS = {"compress"}
READERS = load_formats()
# Far more than any archive of the corpus holds.
_MEMBERS_MAX = 2_000


def make_context() -> Context:
    """Little memory, so that every member is also read again, and a small bound for what is unpacked."""
    return make_context_with(PASSWORD, memory_bytes_max=500, inflated_bytes_max=50_000_000)


def read(kind: str, data: bytes) -> Given:
    """Read bytes by the reader of a kind, whatever they are by now."""
    form = recognise(MemoryRange(CORPUS[kind]))
    assert form is not None
    unpack = READERS[form.name]
    assert unpack is not None
    return read_all(unpack, data, make_context())


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """An archive cut, with bits turned, with a piece replaced by others, or with numbers that claim too much."""
    kind = draw(st.sampled_from(["cut", "bits", "piece", "number"]))
    at = draw(st.integers(0, len(data) - 1))
    if kind == "cut":
        return data[:at]
    if kind == "bits":
        changed = bytearray(data)
        for place in draw(st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=4)):
            changed[place] ^= 1 << draw(st.integers(0, 7))
        return bytes(changed)
    if kind == "piece":
        stop = draw(st.integers(at, min(len(data), at + 60)))
        return data[:at] + data[at:stop] * draw(st.integers(0, 3)) + draw(st.binary(max_size=8)) + data[stop:]
    number = draw(st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\xff" * 8, b"\xff\xff\xff\x7f", b"77777777777"]))
    return data[:at] + number + data[at + len(number) :]


def test_the_corpus_is_read() -> None:
    """Undamaged archives of the corpus give all their contents and no reason."""
    for kind, data in CORPUS.items():
        given_ = read(kind, data)
        given_.contents.pop("bytes from 2", None)
        assert len(given_.contents) in {1, 3}, kind
        assert given_.reasons == [], kind
        assert all(isinstance(content, bytes) for content in given_.contents.values()), kind


@pytest.mark.parametrize("kind", QUICK)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_archive_gives_its_contents_or_reasons(kind: str, data: st.DataObject) -> None:
    """Nothing but `UnreadError` is ever raised, and a content that is gone leaves a reason or other bytes behind."""
    check(kind, data)


@pytest.mark.parametrize("kind", sorted(SLOW))
@settings(max_examples=8, deadline=None)
@given(st.data())
def test_a_damaged_locked_archive_gives_its_contents_or_reasons(kind: str, data: st.DataObject) -> None:
    """The same of archives whose key takes a quarter of a second to make."""
    check(kind, data)


@pytest.mark.parametrize("kind", QUICK)
def test_an_archive_cut_anywhere_says_so(kind: str) -> None:
    """Between two entries as well as within one."""
    data, step = CORPUS[kind], 512 if kind.startswith("tar") and "." not in kind else 17
    places = {*range(1, len(data), step), *(len(data) - back for back in range(1, 9))}
    clean = read(kind, data)
    for place in sorted(places):
        found = read(kind, data[:place])
        if kind not in ENDLESS:
            assert_accounted(found, clean)


def check(kind: str, data: st.DataObject) -> None:
    """Damage an archive and read it."""
    changed = data.draw(damaged(CORPUS[kind]))
    if not changed:
        return
    given_ = read(kind, changed)
    assert len(given_.members) <= _MEMBERS_MAX
    if kind not in ENDLESS:
        assert_accounted(given_, read(kind, CORPUS[kind]))


def assert_accounted(found: Given, clean: Given) -> None:
    """Every content of a clean reading is there, or something says that there is less or other than there should be."""
    there = Counter(content for content in found.contents.values() if isinstance(content, bytes))
    expected = Counter(content for content in clean.contents.values() if isinstance(content, bytes))
    if expected - there:
        others = set(there) - set(expected)
        assert found.reasons or others or any(isinstance(content, Reason) for content in found.contents.values())
