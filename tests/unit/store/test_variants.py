"""Packed variants come back as they were."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.errors import StoreError
from unseen.model import Acquisition, AlteredHash, Comparison, Frame, How, ItemHashes, Variant, VideoMode
from unseen.store.variants import (
    pack_altered,
    pack_frames,
    pack_hashes,
    pack_variants,
    unpack_acquisition,
    unpack_altered,
    unpack_frames,
    unpack_variants,
)

shares = st.floats(0, 1)
hows = st.builds(
    How,
    orientation=st.sampled_from(
        [None, "original", "rotate90", "rotate180", "rotate270", "flipx", "flipy", "plus", "minus"]
    ),
    convention=st.sampled_from([None, "full", "512"]),
    alpha=st.sampled_from([None, "white", "black"]),
    time_s=st.none() | st.floats(0, 1e6),
    window=st.none() | st.tuples(shares, shares, shares, shares),
    angle_deg=st.none() | st.floats(-180, 180),
    candidate_distance_bits=st.none() | st.integers(0, 256),
)
variants = st.builds(Variant, hows, st.binary(min_size=32, max_size=32), st.integers(0, 100))


@given(st.lists(variants, max_size=20))
def test_variants_come_back_as_they_were_packed(written: list[Variant]) -> None:
    """In their order, with every way of having been hashed."""
    assert unpack_variants(pack_variants(tuple(written))) == tuple(written)


@given(st.lists(variants, min_size=1, max_size=3), st.data())
def test_torn_variants_are_refused(written: list[Variant], data: st.DataObject) -> None:
    """A cut that falls between two variants cannot be told; any other is refused."""
    packed = pack_variants(tuple(written))
    assert packed is not None
    cut = data.draw(st.integers(0, len(packed) - 1))
    with contextlib.suppress(StoreError):
        whole = unpack_variants(packed[:cut])
        assert whole == tuple(written)[: len(whole)]


def test_variants_of_a_newer_version_are_refused() -> None:
    """Guessing would search for hashes that nobody took."""
    with pytest.raises(StoreError, match="version 3"):
        unpack_variants(b"\x03")


altered_hashes = st.builds(
    AlteredHash,
    hows,
    st.binary(min_size=32, max_size=32),
    st.integers(0, 100),
    st.binary(min_size=256, max_size=256),
    st.binary(min_size=72, max_size=72),
)


@given(st.lists(altered_hashes, max_size=5), st.data())
def test_what_was_placed_anew_comes_back_or_is_refused(written: list[AlteredHash], data: st.DataObject) -> None:
    """With margins and what was seen; a cut between two cannot be told, any other is refused."""
    packed = pack_altered(written)
    assert unpack_altered(packed) == tuple(written)
    if packed is not None:
        with contextlib.suppress(StoreError):
            whole = unpack_altered(packed[: data.draw(st.integers(1, len(packed)))])
            assert whole == tuple(written)[: len(whole)]


def test_hashes_that_cannot_be_decided_on_are_refused() -> None:
    """Those that were kept before margins were have too little for a decision: the files have to be scanned again."""
    with pytest.raises(StoreError, match="version 4"):
        unpack_altered(b"\x04" + bytes(293))


frames = st.builds(
    Frame,
    st.integers(0, 2**32 - 1),
    st.floats(0, 1e9),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 100),
    st.integers(0, 2**16 - 1),
)


@given(st.lists(frames, min_size=1, max_size=20), st.sampled_from(VideoMode))
def test_frames_come_back_as_they_were_packed(written: list[Frame], mode: VideoMode) -> None:
    """In their order, to the last digit of their times, and with the mode; nobody takes them for variants."""
    packed = pack_frames(written, mode)
    assert unpack_frames(packed) == (tuple(written), mode)
    assert unpack_variants(packed) == ()


@given(st.lists(frames, min_size=1, max_size=3), st.data())
def test_torn_frames_are_refused(written: list[Frame], data: st.DataObject) -> None:
    """A cut that falls between two frames cannot be told; any other is refused."""
    packed = pack_frames(written, VideoMode.FAST)
    cut = data.draw(st.integers(1, len(packed) - 1))
    with contextlib.suppress(StoreError):
        found = unpack_frames(packed[:cut])
        assert found is not None
        assert found[0] == tuple(written)[: len(found[0])]


@given(st.builds(Acquisition, md5=st.sampled_from(Comparison), sha1=st.sampled_from(Comparison)), st.binary())
def test_comparisons_come_back_as_they_were_packed(written: Acquisition, torn: bytes) -> None:
    """What came of stored digests is neither a variant nor a frame, and is refused where it is torn."""
    packed = pack_hashes(ItemHashes(size_bytes=0, sha256=None, sha1=None, md5=None, acquisition=written))
    assert packed is not None
    assert unpack_acquisition(packed) == written
    assert unpack_variants(packed) == ()
    assert unpack_frames(packed) is None
    with pytest.raises(StoreError):
        unpack_acquisition(packed + torn + b"\0")
    with pytest.raises(StoreError):
        unpack_acquisition(packed[:1] + b"\4\0")
