"""What is said of altered copies survives the way, and nothing else passes for it."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.darkroom.undoing import aims as asked
from unseen.darkroom.undoing.aims import AIM_BYTES, Undoing
from unseen.darkroom.undoing.wire import (
    CLOSER_BYTES,
    PLACINGS_MAX,
    PROPOSALS_BYTES,
    Gathering,
    pack_closer,
    pack_proposals,
)
from unseen.darkroom.video.reel import DEFERRAL, REEL_BYTES
from unseen.darkroom.wire import (
    ANSWER_BYTES,
    DIGEST_FILE,
    GREETING,
    REQUEST_BYTES_MAX,
    Garbled,
    Request,
    pack_request,
    unpack_request,
)
from unseen.matching.altered import AIMS_MAX
from unseen.model import (
    ORIENTATIONS,
    Aim,
    Altered,
    AlteredHash,
    Frame,
    How,
    ItemHashes,
    Placing,
    Proposals,
    Reason,
    VideoMode,
)
from unseen.sources.filesystems.extents import Extent

_PICTURE = ItemHashes(size_bytes=9, sha256=bytes(32), sha1=bytes(20), md5=bytes(16), pdq=bytes(32), pdq_quality=90)
_VIDEO = ItemHashes(
    size_bytes=9,
    sha256=bytes(32),
    sha1=bytes(20),
    md5=bytes(16),
    vpdq=(Frame(0, 0.0, bytes(32), 90),),
    video_mode=VideoMode.FAST,
)
_TEXT = ItemHashes(size_bytes=9, sha256=bytes(32), sha1=bytes(20), md5=bytes(16), reason=Reason.NOT_MEDIA)
_LOOK = Undoing(Altered.FAST)

_shares = st.floats(-4, 4)
_placings = st.builds(
    Placing,
    window=st.tuples(_shares, _shares, st.floats(0.01, 4), st.floats(0.01, 4)),
    angle_deg=st.floats(-90, 90),
    keystone=st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
)
_names = st.tuples(st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1))
_aims = st.builds(
    Aim,
    _placings,
    st.sampled_from(ORIENTATIONS),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 64),
    st.none() | _names,
)


@st.composite
def _proposals(draw: st.DrawFn) -> Proposals:
    placings = tuple(draw(st.lists(_placings, max_size=5))) * draw(st.sampled_from([1, 30]))
    frames = tuple(draw(_names) for _ in placings[:1]) * len(placings) if draw(st.booleans()) else ()
    return Proposals(placings, bytes(at % 251 for at in range(256 * len(placings))), frames)


@st.composite
def _closer(draw: st.DrawFn) -> AlteredHash:
    placing = draw(_placings)
    how = How(
        orientation=draw(st.sampled_from(ORIENTATIONS)),
        convention="full",
        time_s=draw(st.none() | st.floats(0, 1e6)),
        window=placing.window,
        angle_deg=placing.angle_deg or None,
        keystone=placing.keystone if any(placing.keystone) else None,
        candidate_distance_bits=draw(st.integers(0, 256)),
    )
    quality, pdq = draw(st.integers(0, 100)), draw(st.binary(min_size=32, max_size=32))
    margins, seen = (draw(st.binary(min_size=size, max_size=size)) for size in (256, 72))
    return AlteredHash(how, pdq, quality, margins, seen)


def _aim(frame: tuple[int, int] | None = None) -> Aim:
    return Aim(Placing(window=(0.0, 0.0, 1.0, 1.0)), "original", bytes(32), 40, frame)


@given(
    st.sampled_from(Altered),
    st.lists(_aims, max_size=AIMS_MAX).map(tuple),
    st.lists(st.builds(Extent, st.none() | st.integers(0, 2**60), st.integers(1, 2**40)), max_size=3).map(tuple),
)
def test_what_is_wanted_reaches_the_worker(altered: Altered, aims: tuple[Aim, ...], places: tuple[Extent, ...]) -> None:
    """How far to look, and every aim, beside everything else in a request."""
    request = Request(7, is_member=True, places=places, undoing=Undoing(altered, aims))
    assert unpack_request(pack_request(request)) == request


@given(_proposals(), st.integers(0, 2**63))
def test_proposals_round_trip(proposals: Proposals, number: int) -> None:
    """Every placing with its hashes and its frame, in messages of one size; that there are none is said too."""
    gathering = Gathering()
    for message in pack_proposals(number, proposals):
        assert len(message) == PROPOSALS_BYTES
        gathering.add_proposals(message, number)
    item = _VIDEO if proposals.frames else _PICTURE
    assert gathering.put_to(item, _LOOK).proposals == proposals
    assert gathering.put_to(item, _LOOK).proposals is None


@given(st.lists(_closer(), max_size=AIMS_MAX).map(tuple), st.integers(0, 2**63))
def test_what_was_found_at_the_aims_round_trips(altered: tuple[AlteredHash, ...], number: int) -> None:
    """Placing, hash, quality, margins, what was seen and time, one for each aim at most."""
    undoing = Undoing(aims=(_aim(),) * AIMS_MAX)
    gathering = Gathering()
    message = pack_closer(number, altered)
    assert len(message) == CLOSER_BYTES
    gathering.add_closer(message, number, undoing)
    assert gathering.put_to(_PICTURE, undoing).altered == altered


@settings(max_examples=300)
@given(_proposals(), st.lists(st.tuples(st.integers(0, PROPOSALS_BYTES - 1), st.integers(0, 255)), max_size=20))
def test_altered_proposals_are_proposals_or_garbled(proposals: Proposals, changes: list[tuple[int, int]]) -> None:
    """A liar can at most propose places that are none of its item: finite, near it, and of a bounded number."""
    message = bytearray(next(iter(pack_proposals(7, proposals))))
    for at, value in changes:
        message[at] = value
    gathering = Gathering()
    try:
        gathering.add_proposals(bytes(message), 7)
        found = gathering.put_to(_VIDEO, _LOOK).proposals
    except Garbled:
        return
    assert found is not None
    assert len(found.hashes) == 256 * len(found.placings)
    assert len(found.frames) in {0, len(found.placings)}
    for placing in found.placings:
        values = (*placing.window, placing.angle_deg, *placing.keystone)
        assert all(math.isfinite(value) and abs(value) <= 360 for value in values)
        assert min(placing.window[2:]) > 0


@settings(max_examples=300)
@given(
    st.lists(_closer(), max_size=3).map(tuple),
    st.lists(st.tuples(st.integers(0, CLOSER_BYTES - 1), st.integers(0, 255)), max_size=20),
)
def test_altered_finds_are_finds_or_garbled(altered: tuple[AlteredHash, ...], changes: list[tuple[int, int]]) -> None:
    """A liar can at most tell a lie of the right form about what it was asked: no more of them than aims."""
    message = bytearray(pack_closer(7, altered))
    for at, value in changes:
        message[at] = value
    gathering, undoing = Gathering(), Undoing(aims=(_aim(),) * 3)
    try:
        gathering.add_closer(bytes(message), 7, undoing)
        found = gathering.put_to(_PICTURE, undoing).altered
    except Garbled:
        return
    assert len(found) <= 3
    for one in found:
        assert len(one.pdq) == 32
        assert (len(one.margins), len(one.seen)) == (256, 72)
        assert 0 <= one.pdq_quality <= 100
        assert one.how.orientation in ORIENTATIONS
        assert one.how.window is not None
        assert all(math.isfinite(value) for value in one.how.window)


def test_no_worker_may_propose_without_end() -> None:
    """Beyond the limit it is replaced: what one item makes its parent hold is bounded."""
    some = Proposals((_aim().placing,) * 64, bytes(256 * 64))
    (message,) = pack_proposals(7, some)
    gathering = Gathering()
    for _ in range(PLACINGS_MAX // 64):
        gathering.add_proposals(message, 7)
    with pytest.raises(Garbled):
        gathering.add_proposals(message, 7)


@pytest.mark.parametrize(
    ("undoing", "item"), [(Undoing(), _PICTURE), (Undoing(aims=(_aim(),)), _PICTURE), (_LOOK, _TEXT)]
)
def test_proposals_that_nobody_asked_for_are_garbled(undoing: Undoing, item: ItemHashes) -> None:
    """Neither unasked, nor at a closer look, nor of an item that has no pixels."""
    gathering = Gathering()
    for message in pack_proposals(7, Proposals((), b"")):
        gathering.add_proposals(message, 7)
    with pytest.raises(Garbled):
        gathering.put_to(item, undoing)


def test_finds_that_nobody_aimed_at_are_garbled() -> None:
    """What was found at aims comes at a closer look alone, once, and of an item that has pixels."""
    message, undoing = pack_closer(7, (_found(),)), Undoing(aims=(_aim(),))
    with pytest.raises(Garbled):
        Gathering().add_closer(message, 7, _LOOK)
    gathering = Gathering()
    gathering.add_closer(message, 7, undoing)
    with pytest.raises(Garbled):
        gathering.add_closer(message, 7, undoing)
    with pytest.raises(Garbled):
        gathering.put_to(_TEXT, undoing)


def _found() -> AlteredHash:
    return AlteredHash(How(orientation="original", window=(0.0, 0.0, 1.0, 1.0)), bytes(32), 90, bytes(256), bytes(72))


def test_frames_of_a_picture_are_garbled() -> None:
    """Only a video has frames to propose places in."""
    gathering = Gathering()
    for message in pack_proposals(7, Proposals((_aim().placing,), bytes(256), ((0, 3),))):
        gathering.add_proposals(message, 7)
    with pytest.raises(Garbled):
        gathering.put_to(_PICTURE, _LOOK)


def test_messages_about_another_item_are_garbled() -> None:
    """A worker speaks of the item that it must answer now, and of no other."""
    with pytest.raises(Garbled):
        Gathering().add_proposals(next(iter(pack_proposals(8, Proposals((), b"")))), 7)
    with pytest.raises(Garbled):
        Gathering().add_closer(pack_closer(8, ()), 7, Undoing(aims=(_aim(),)))


def test_the_kind_of_a_message_shows_in_its_size() -> None:
    """No two kinds of message have one size, and no request has that of a file of digests."""
    sizes = [ANSWER_BYTES, REEL_BYTES, DEFERRAL.size, PROPOSALS_BYTES, CLOSER_BYTES]
    assert len(set(sizes)) == len(sizes)
    assert GREETING.size not in sizes
    head = len(pack_request(Request(1)))
    assert not any((DIGEST_FILE.size - head - AIM_BYTES * aims) in {0, 16} for aims in range(AIMS_MAX + 1))
    assert len(pack_request(Request(1, undoing=Undoing(aims=(_aim(),) * AIMS_MAX)))) <= REQUEST_BYTES_MAX


def test_as_many_aims_fit_a_request_as_are_chosen() -> None:
    """Both sides of the search mean the same number."""
    assert asked.AIMS_MAX == AIMS_MAX
