"""When a video is a known one."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.matching import MATCHED_FRAMES_MIN, SHARE_MIN, Matcher, Near
from unseen.model import (
    Codes,
    Frame,
    Ground,
    How,
    ItemHashes,
    ListClass,
    ListPolicy,
    Match,
    Terms,
    VideoMode,
    VideoShare,
)


def code(seed: int) -> bytes:
    """A hash like no other."""
    return np.random.default_rng(seed).bytes(32)


def flip(value: bytes, bits: int) -> bytes:
    """The same hash, so many bits away."""
    return (int.from_bytes(value) ^ ((1 << bits) - 1)).to_bytes(32)


def known(
    frames: Sequence[bytes], *, signal: str = "vpdq", first: int = 0, list_class: ListClass = ListClass.CSAM
) -> Codes:
    """A column of frames."""
    matrix = np.frombuffer(b"".join(frames), np.uint8).reshape(-1, 32)
    return Codes("films", list_class, signal, matrix, np.arange(first, first + len(frames)))


def video(frames: Sequence[bytes], *, quality: int = 100, mode: VideoMode = VideoMode.THOROUGH) -> ItemHashes:
    """A video with a frame in each second."""
    vpdq = tuple(Frame(25 * at, float(at), value, quality) for at, value in enumerate(frames))
    return ItemHashes(size_bytes=1, sha256=bytes(32), sha1=bytes(20), md5=bytes(16), vpdq=vpdq, video_mode=mode)


def one_film(rows: Sequence[int]) -> Mapping[int, str]:
    """All frames are of one known video."""
    return dict.fromkeys(rows, "film")


def matches(columns: Sequence[Codes], *items: ItemHashes) -> list[tuple[Match, ...]]:
    """What these items match."""
    return Matcher(columns, threshold_bits=31, name_entries=one_film).match(items)


FILM = [code(seed) for seed in range(10)]
OTHER = [code(seed) for seed in range(1000, 1100)]


def test_a_known_clip_in_a_long_video_is_found_with_its_place() -> None:
    """However little of the item it is: the share of the known video counts."""
    shown = [*OTHER[:60], *(flip(frame, 20) for frame in FILM), *OTHER[60:]]
    [[match]] = matches([known(FILM)], video(shown))
    assert match == Match(
        "films",
        "film",
        "vpdq",
        20,
        How(orientation="original", convention="full", time_s=60.0),
        VideoShare(10, 10, 10, ((60.0, 69.0),), VideoMode.THOROUGH, near_frames=10),
        ground=Ground.NEAR_CORROBORATED,
    )


def test_only_frames_that_are_near_corroborate() -> None:
    """However far a scan looks: frames beyond what is near by the list's policy are no second signal."""
    shown = video([*(flip(frame, 3) for frame in FILM[:4]), *(flip(frame, 40) for frame in FILM[4:])])
    narrow, wide = (Matcher([known(FILM)], threshold_bits=bits, name_entries=one_film) for bits in (31, 48))
    [[match]] = wide.match([shown])
    assert match.video is not None
    assert (match.video.covered_frames, match.video.near_frames, match.ground) == (10, 4, Ground.NEAR)
    assert narrow.match([shown]) == [()]


def test_one_frame_that_resembles_many_is_one() -> None:
    """A still picture, filmed, comes near every frame of another still: that says it once."""
    still = [flip(FILM[0], bits) for bits in range(10)]
    [[match]] = matches([known(still)], video([FILM[0]]))
    assert match.video is not None
    assert (match.video.covered_frames, match.video.near_frames, match.ground) == (10, 1, Ground.NEAR)


@pytest.mark.parametrize(("bits", "ground"), [(20, Ground.NEAR_CORROBORATED), (19, Ground.LEAD)])
def test_the_policy_of_the_list_says_which_frames_are_near(bits: int, ground: Ground) -> None:
    """A list that calls less near counts fewer frames."""
    shown = video([flip(frame, 20) for frame in FILM])
    terms = {"films": Terms(ListClass.CSAM, ListPolicy(near_bits=bits))}
    [[match]] = Matcher([known(FILM)], threshold_bits=31, name_entries=one_film, terms=terms).match([shown])
    assert match.ground is ground


def test_a_video_cut_down_to_five_seconds_is_found() -> None:
    """Five different frames of a long known video are enough, whatever share of it they are."""
    film = [code(seed) for seed in range(500)]
    [[match]] = matches([known(film)], video([*OTHER[:3], *film[100:105]]))
    assert match.video is not None
    assert (match.video.known_frames, match.video.covered_frames) == (500, MATCHED_FRAMES_MIN)
    assert matches([known(film)], video([*OTHER[:3], *film[100:104]])) == [()]


def test_one_shared_frame_accuses_nobody() -> None:
    """A title card that two videos have in common is no match."""
    assert matches([known(FILM)], video([*OTHER[:50], FILM[0]])) == [()]


def test_the_share_counts_different_frames_of_the_known_video() -> None:
    """Exactly four fifths are enough; one frame less is not, however often the others are shown."""
    film = FILM[:5]
    assert len(matches([known(film)], video(film[:4] * 3))[0]) == 1
    assert matches([known(film)], video(film[:3] * 9)) == [()]
    assert SHARE_MIN == 0.8


def test_one_frame_that_comes_near_many_is_one_frame() -> None:
    """A still scene makes a list of near-equal frames; a single frame of the item is not five."""
    still = [flip(code(1), bits) for bits in range(6)]
    assert matches([known([*still, *OTHER])], video([code(1)])) == [()]


def test_low_quality_frames_count_on_neither_side() -> None:
    """A video of blank frames alone matches nothing, and divides nothing by zero."""
    assert matches([known(FILM)], video(FILM, quality=49)) == [()]


def test_times_of_matched_frames_make_spans() -> None:
    """Frames that follow each other make one span; what lies apart makes another."""
    [[match]] = matches([known(FILM)], video([*FILM[:4], *OTHER[:9], *FILM[4:]]))
    assert match.video is not None
    assert match.video.spans_s == ((0.0, 3.0), (13.0, 18.0))


def test_a_picture_of_a_known_video_matches_it() -> None:
    """A still taken from it is a match by itself, as with any picture."""
    still = ItemHashes(size_bytes=1, sha256=bytes(32), sha1=bytes(20), md5=bytes(16), pdq=FILM[3], pdq_quality=100)
    [[match]] = matches([known(FILM)], still)
    assert (match.signal, match.entry, match.video) == ("vpdq", "film", None)


def test_a_frame_matches_a_known_picture_with_its_time() -> None:
    """Single frames of a video are compared with single pictures too."""
    [[match]] = matches([known([FILM[3]], signal="pdq")], video([*OTHER[:7], flip(FILM[3], 31)]))
    assert (match.signal, match.distance_bits, match.video) == ("pdq", 31, None)
    assert match.how == How(orientation="original", convention="full", time_s=7.0)


@given(st.lists(st.integers(0, 39), max_size=30), st.integers(1, 12))
def test_the_rule_is_the_rule(shown: list[int], count: int) -> None:
    """Against counting in the plainest way: share of the known video, or number of different frames."""
    film = [code(seed) for seed in range(count)]
    covered = len({seed for seed in shown if seed < count})
    found = matches([known(film)], video([code(seed) for seed in shown]))
    is_enough = covered > 0 and (covered >= 0.8 * count or covered >= 5)
    assert bool(found[0]) == is_enough


@pytest.mark.parametrize(("bits", "is_near"), [(0, True), (31, True), (32, True), (48, True), (49, False)])
@pytest.mark.parametrize("signal", ["pdq", "vpdq"])
def test_near_is_wider_than_a_match(bits: int, is_near: bool, signal: str) -> None:
    """A single frame within 48 bits of anything known makes a second look worth while."""
    near = Near([known([FILM[0]], signal=signal)], threshold_bits=31)
    assert near(video([*OTHER[:3], flip(FILM[0], bits)], mode=VideoMode.FAST)) is is_near


def test_what_accuses_nobody_is_not_near() -> None:
    """Lists of commonplace or cleared files lead to no second look."""
    near = Near([known([FILM[0]], list_class=ListClass.CLEARED)], threshold_bits=31)
    assert not near(video([FILM[0]], mode=VideoMode.FAST))
    assert not Near([], threshold_bits=31)(video([FILM[0]]))
