"""Answers survive the way, and nothing else passes for one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.darkroom.lock import Sandbox
from unseen.darkroom.video.reel import REEL_BYTES, pack_deferral, pack_reels, unpack_deferral, unpack_reel
from unseen.darkroom.wire import (
    ANSWER_BYTES,
    Garbled,
    Inside,
    Request,
    pack_answer,
    pack_greeting,
    pack_request,
    unpack_answer,
    unpack_greeting,
    unpack_request,
)
from unseen.hashing import CONVENTIONS, ORIENTATIONS
from unseen.model import Frame, How, ItemHashes, Reason, Variant, VideoMode

_SIGNALS = ("first", "second")
_hows = st.builds(
    How,
    orientation=st.sampled_from(ORIENTATIONS),
    convention=st.sampled_from(CONVENTIONS),
    alpha=st.sampled_from([None, "white", "black"]),
    time_s=st.none() | st.floats(0, 1e6),
)
_pdqs = st.binary(min_size=32, max_size=32)
_variants = st.builds(Variant, _hows, _pdqs, st.integers(0, 100))
_pictures = st.builds(
    ItemHashes,
    size_bytes=st.integers(0, 2**63),
    sha256=_pdqs,
    sha1=st.binary(min_size=20, max_size=20),
    md5=st.binary(min_size=16, max_size=16),
    pdq=_pdqs,
    pdq_quality=st.integers(0, 100),
    variants=st.lists(_variants, max_size=47).map(tuple),
    extra=st.lists(st.tuples(st.sampled_from(_SIGNALS), st.binary(min_size=1, max_size=256)), max_size=2).map(tuple),
    reason=st.sampled_from([None, Reason.LOW_QUALITY, Reason.TRUNCATED]),
)
_others = st.builds(
    ItemHashes,
    size_bytes=st.integers(0, 2**63),
    sha256=_pdqs,
    sha1=st.binary(min_size=20, max_size=20),
    md5=st.binary(min_size=16, max_size=16),
    reason=st.sampled_from(
        [Reason.NOT_MEDIA, Reason.UNREADABLE, Reason.TOO_LARGE, Reason.TRUNCATED, Reason.DECODER_CRASHED]
    ),
)
_UNREAD = ItemHashes(size_bytes=0, sha256=None, sha1=None, md5=None, reason=Reason.UNREADABLE)


@given(_pictures | _others | st.just(_UNREAD), st.integers(0, 2**63))
def test_answers_round_trip(hashes: ItemHashes, number: int) -> None:
    """Whatever a worker found, its parent reads."""
    message = pack_answer(number, hashes, _SIGNALS)
    assert len(message) == ANSWER_BYTES
    assert unpack_answer(message, number, _SIGNALS) == (hashes, Inside.NOTHING)


@given(_pictures, st.lists(st.tuples(st.integers(0, ANSWER_BYTES - 1), st.integers(0, 255)), max_size=20))
def test_altered_answers_are_an_answer_or_garbled(hashes: ItemHashes, changes: list[tuple[int, int]]) -> None:
    """A liar can at most tell a lie of the right form: closed reasons, bounded counts, values of their length."""
    message = bytearray(pack_answer(7, hashes, _SIGNALS))
    for at, value in changes:
        message[at] = value
    try:
        found, _ = unpack_answer(bytes(message), 7, _SIGNALS)
    except Garbled:
        return
    assert len(found.variants) <= 47
    assert all(len(variant.pdq) == 32 and 0 <= variant.pdq_quality <= 100 for variant in found.variants)
    assert found.pdq is None or len(found.pdq) == 32
    assert found.pdq_quality is None or 0 <= found.pdq_quality <= 100
    assert (found.pdq is None) == (found.pdq_quality is None)
    assert {signal for signal, _ in found.extra} <= set(_SIGNALS)


@given(st.binary(max_size=ANSWER_BYTES + 10))
def test_noise_is_garbled(message: bytes) -> None:
    """Messages of another length are refused unread."""
    if len(message) != ANSWER_BYTES:
        with pytest.raises(Garbled):
            unpack_answer(message, 0, ())
    with pytest.raises(Garbled):
        unpack_greeting(message)


def test_an_answer_for_another_item_is_garbled() -> None:
    """A worker answers in order, and cannot speak for an item that another holds."""
    with pytest.raises(Garbled):
        unpack_answer(pack_answer(8, _UNREAD, ()), 7, ())


@given(st.booleans(), st.integers(0, 255), st.booleans())
def test_greetings_round_trip(seccomp: bool, landlock_version: int, is_single_threaded: bool) -> None:
    """Ready with its protections, or the number of an error."""
    sandbox = Sandbox(seccomp, landlock_version, is_single_threaded)
    assert unpack_greeting(pack_greeting(sandbox, 0)) == sandbox
    assert unpack_greeting(pack_greeting(None, 13)) == 13
    assert unpack_greeting(pack_greeting(None, 0)) == -1


@given(
    st.builds(
        Request,
        number=st.integers(0, 2**64 - 1),
        digests_only=st.sampled_from([None, *Reason]),
        is_member=st.booleans(),
        ranges_bytes=st.none() | st.integers(0, 2**64 - 1),
        mode=st.sampled_from(VideoMode),
    )
)
def test_requests_round_trip(request: Request) -> None:
    """A number, a reason where decoding is not wanted, where the bytes are, and how to look at a video."""
    assert unpack_request(pack_request(request)) == request


_frames = st.builds(
    Frame, st.integers(0, 2**32 - 1), st.floats(0, 1e9), _pdqs, st.integers(0, 100), st.integers(0, 2**16 - 1)
)


@given(st.lists(_frames, max_size=250), st.integers(0, 2**63))
def test_frames_round_trip(frames: list[Frame], number: int) -> None:
    """However many frames a video has, all arrive, in messages of one size; none at all is a sign of life."""
    reels = list(pack_reels(number, frames))
    assert {len(reel) for reel in reels} == {REEL_BYTES}
    assert [frame for reel in reels for frame in unpack_reel(reel, number)] == frames


@given(st.lists(_frames, max_size=5), st.lists(st.tuples(st.integers(0, REEL_BYTES - 1), st.integers(0, 255))))
def test_altered_frames_are_frames_or_garbled(frames: list[Frame], changes: list[tuple[int, int]]) -> None:
    """A liar can at most tell of frames of the right form, of this item, and a bounded number of them."""
    [message] = pack_reels(7, frames)
    altered = bytearray(message)
    for at, value in changes:
        altered[at] = value
    try:
        found = unpack_reel(bytes(altered), 7)
    except Garbled:
        return
    assert len(found) <= 100
    assert all(len(frame.pdq) == 32 and frame.pdq_quality <= 100 and 0 <= frame.time_s < math.inf for frame in found)


def test_a_deferral_is_of_its_item() -> None:
    """A worker can put back the item that it has, and no other."""
    unpack_deferral(pack_deferral(7), 7)
    with pytest.raises(Garbled):
        unpack_deferral(pack_deferral(8), 7)
