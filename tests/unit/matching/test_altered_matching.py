"""What is aimed at, and what matches once an alteration is undone."""

from collections.abc import Sequence

import numpy as np

from unseen.matching import Aims, Matcher
from unseen.matching.altered import AIMS_MAX
from unseen.model import (
    Aim,
    Altered,
    AlteredHash,
    Codes,
    Frame,
    Ground,
    How,
    ItemHashes,
    ListClass,
    Mark,
    Match,
    Placing,
    Proposals,
    Signal,
    Variant,
    VideoMode,
)

_RNG = np.random.default_rng(7)
VALUES = [bytes(row) for row in _RNG.integers(0, 256, (40, 32), dtype=np.uint8)]
_PLACES = [Placing(window=(0.1 * at, 0.0, 0.5, 0.5)) for at in range(4)]


def flipped(value: bytes, bits: int) -> bytes:
    """Another value, so many bits away."""
    unpacked = np.unpackbits(np.frombuffer(value, np.uint8))
    unpacked[:bits] ^= 1
    return np.packbits(unpacked).tobytes()


def column(name: str, values: Sequence[bytes], *, first_row: int = 1, **options: str) -> Codes:
    """A list in memory; rows are numbered across lists by whoever calls."""
    rows = np.arange(first_row, first_row + len(values))
    matrix = np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32)
    list_class = ListClass(options.get("list_class", "csam"))
    return Codes(name, list_class, options.get("signal", Signal.PDQ.value), matrix, rows)


def picture(pdq: bytes = VALUES[30], **more: object) -> ItemHashes:
    """A picture."""
    given = {"size_bytes": 1, "sha256": bytes(32), "sha1": bytes(20), "md5": bytes(16), "pdq": pdq, "pdq_quality": 90}
    return ItemHashes(**(given | more))  # type: ignore[arg-type]  # fields by name


def proposals(*values: bytes, frames: tuple[tuple[int, int], ...] = ()) -> Proposals:
    """One place for each value, which is found as it lies there; in other orientations nothing is."""
    noise = np.random.default_rng(99).integers(0, 256, (len(values), 8, 32), dtype=np.uint8)
    for at, value in enumerate(values):
        noise[at, 0] = np.frombuffer(value, np.uint8)
    return Proposals(tuple(_PLACES[at % 4] for at in range(len(values))), noise.tobytes(), frames)


def placed(value: bytes, *, at: int = 0, quality: int = 90, time_s: float | None = None) -> AlteredHash:
    """What was found at a place, beyond doubt."""
    how = How(
        orientation="original",
        convention="full",
        window=_PLACES[at].window,
        candidate_distance_bits=44,
        time_s=time_s,
    )
    return AlteredHash(how, value, quality, bytes([255]) * 256, bytes([255]) * 72)


def aims_of(hashes: ItemHashes, *columns: Codes, altered: Altered = Altered.FAST) -> tuple[Aim, ...]:
    """At what a closer look goes."""
    (aimed,) = Aims(columns, altered, threshold_bits=31)([hashes])
    return aimed.aims


def matches_of(hashes: ItemHashes, *columns: Codes, publishers: dict[int, str] | None = None) -> tuple[Match, ...]:
    """What an item matches. The entries of a list of frames are all of one video."""
    video = {int(row) for one in columns if one.signal == Signal.VPDQ for row in one.rows}
    matcher = Matcher(
        columns,
        threshold_bits=31,
        name_entries=lambda rows: {row: "film" if row in video else f"entry {row}" for row in rows},
        describe=lambda rows: {row: ((publishers or {}).get(row), ()) for row in rows},
    )
    (matches,) = matcher.match([hashes])
    return matches


def test_what_some_place_comes_near_is_aimed_at() -> None:
    """With the place, the orientation, the value of the entry and how near the proposal came."""
    found = aims_of(picture(proposals=proposals(VALUES[20], flipped(VALUES[3], 40))), column("known", VALUES[:10]))
    assert found == (Aim(_PLACES[1], "original", VALUES[3], 40),)


def test_the_radius_is_the_same_however_far_is_looked() -> None:
    """What lies 64 bits away is a candidate in `fast` and in `thorough`, what lies further in neither."""
    values = VALUES[:10]
    near = picture(proposals=proposals(flipped(values[3], 64), flipped(values[5], 66)))
    for altered in (Altered.FAST, Altered.THOROUGH):
        assert [aim.value for aim in aims_of(near, column("known", values), altered=altered)] == [values[3]]


def test_what_an_item_is_near_as_it_lies_is_not_aimed_at() -> None:
    """Neither by its own hash nor by that of a variant: nothing about it is to be undone."""
    lists = column("known", VALUES[:10])
    turned = Variant(How(orientation="rotate90", convention="full"), flipped(VALUES[4], 31), 90)
    plain = picture(flipped(VALUES[3], 31), variants=(turned,), proposals=proposals(VALUES[3], VALUES[4], VALUES[5]))
    assert [aim.value for aim in aims_of(plain, lists)] == [VALUES[5]]


def test_nobody_aims_at_what_accuses_nobody() -> None:
    """Lists of commonplace files and of what was cleared are compared as things lie, and no further."""
    columns = [
        column(name, [VALUES[at]], first_row=at + 1, list_class=name)
        for at, name in enumerate(["known_file", "cleared", "user_reported", "csam"])
    ]
    found = aims_of(picture(proposals=proposals(*VALUES[:4])), *columns)
    assert {aim.value for aim in found} == {VALUES[2], VALUES[3]}


def test_the_frames_of_a_video_take_turns() -> None:
    """However many entries one frame comes near, several frames are looked at closely."""
    values = [flipped(VALUES[0], bits) for bits in range(AIMS_MAX + 4)] + [VALUES[1], VALUES[2]]
    names = ((0, 10), (0, 20), (0, 30))
    film = ItemHashes(
        size_bytes=1,
        sha256=bytes(32),
        sha1=bytes(20),
        md5=bytes(16),
        vpdq=(Frame(10, 1.0, VALUES[30], 90),),
        video_mode=VideoMode.FAST,
        proposals=proposals(VALUES[0], VALUES[1], VALUES[2], frames=names),
    )
    found = aims_of(film, column("known", values))
    assert len(found) == AIMS_MAX
    assert {aim.frame for aim in found[:3]} == set(names)


def test_an_altered_copy_is_a_match_of_its_own_kind() -> None:
    """With the place, what was undone, the distance, and how sure that is; alone it stands on `altered`."""
    (match,) = matches_of(picture(altered=(placed(flipped(VALUES[3], 5)),)), column("known", VALUES[:10]))
    assert (match.entry, match.signal, match.distance_bits, match.ground) == ("entry 4", "pdq", 5, Ground.ALTERED)
    assert match.how == placed(VALUES[3]).how
    assert match.altered is not None
    assert match.altered.soft_distance_bits <= match.altered.bound_bits
    assert match.altered.frames == 0


def test_what_matches_as_it_lies_is_not_told_again() -> None:
    """The plain match stands alone, whether by distance or by digest; of another entry the altered one is told."""
    lists = column("known", VALUES[:10])
    both = picture(flipped(VALUES[3], 20), altered=(placed(VALUES[3]), placed(VALUES[4], at=1)))
    matches = matches_of(both, lists)
    assert [(match.entry, match.altered is None) for match in matches] == [("entry 5", False), ("entry 4", True)]
    assert [match.ground for match in matches] == [Ground.ALTERED, Ground.NEAR]


def test_a_hash_too_plain_is_never_compared() -> None:
    """What lies at a place is as little evidence as any picture of such quality."""
    assert matches_of(picture(altered=(placed(VALUES[3], quality=49),)), column("known", VALUES[:10])) == ()


def test_altered_copies_accuse_by_lists_that_can() -> None:
    """Of `user_reported` they are leads; those of classes that accuse nobody are none."""
    columns = [
        column(name, [VALUES[at]], first_row=at + 1, list_class=name)
        for at, name in enumerate(["known_file", "cleared", "user_reported"])
    ]
    matches = matches_of(picture(altered=tuple(map(placed, VALUES[:3]))), *columns)
    assert [(match.list, match.ground) for match in matches] == [("user_reported", Ground.LEAD)]


def test_a_second_publisher_corroborates_an_altered_copy() -> None:
    """It stays an altered copy, as a near match stays near."""
    one, other = column("one", [VALUES[0]]), column("other", [flipped(VALUES[0], 4)], first_row=2)
    matches = matches_of(picture(altered=(placed(VALUES[0]),)), one, other, publishers={1: "A", 2: "B"})
    assert [match.ground for match in matches] == [Ground.ALTERED_CORROBORATED] * 2


def test_nothing_plain_is_corroborated_by_an_altered_copy() -> None:
    """How far somebody looks for altered copies does not change what a near match stands on."""
    one, other = column("one", [VALUES[0]]), column("other", [VALUES[1]], first_row=2)
    item = picture(VALUES[0], altered=(placed(VALUES[1]),))
    grounds = {match.list: match.ground for match in matches_of(item, one, other, publishers={1: "A", 2: "B"})}
    assert grounds == {"one": Ground.NEAR, "other": Ground.ALTERED_CORROBORATED}


def film(count: int, shown: Sequence[int]) -> ItemHashes:
    """A video of so many frames, some of which show frames of a known one, cropped."""
    frames = tuple(Frame(at, float(at), VALUES[20 + at], 90) for at in range(count))
    return ItemHashes(
        size_bytes=1,
        sha256=bytes(32),
        sha1=bytes(20),
        md5=bytes(16),
        vpdq=frames,
        video_mode=VideoMode.FAST,
        altered=tuple(placed(VALUES[at], time_s=float(at)) for at in shown),
    )


def test_a_known_video_is_found_altered_when_enough_of_it_is_shown() -> None:
    """Five frames by five, as where nothing was altered: several frames say together what one does not."""
    known = column("films", VALUES[:10], signal=Signal.VPDQ.value)
    assert matches_of(film(8, range(4)), known) == ()
    (match,) = matches_of(film(8, range(5)), known)
    assert match.altered is not None
    assert match.altered.frames == 5
    assert match.how is not None
    assert match.how.time_s is not None
    assert match.ground is Ground.ALTERED_CORROBORATED


def test_of_a_short_video_no_more_is_asked_than_it_has() -> None:
    """Three frames that all show the known one are a match; that nothing corroborates it is said."""
    (match,) = matches_of(film(3, range(3)), column("films", VALUES[:10], signal=Signal.VPDQ.value))
    assert match.ground is Ground.ALTERED


def test_one_frame_that_shows_a_known_picture_altered_is_a_match() -> None:
    """With its time; many frames that show one picture are one witness."""
    (match,) = matches_of(
        ItemHashes(
            size_bytes=1,
            sha256=bytes(32),
            sha1=bytes(20),
            md5=bytes(16),
            vpdq=tuple(Frame(at, float(at), VALUES[20 + at], 90) for at in range(8)),
            video_mode=VideoMode.FAST,
            altered=tuple(placed(VALUES[0], at=at % 4, time_s=float(at)) for at in range(6)),
        ),
        column("known", VALUES[:10]),
    )
    assert match.ground is Ground.ALTERED
    assert match.altered is not None
    assert match.altered.frames == 1


def test_an_entry_in_doubt_is_a_lead_however_it_was_found() -> None:
    """Marks lower an altered copy as they lower a near match."""
    lists = column("known", VALUES[:10])
    matcher = Matcher(
        [lists],
        threshold_bits=31,
        name_entries=lambda rows: {row: str(row) for row in rows},
        describe=lambda rows: dict.fromkeys(rows, (None, (Mark.QUARANTINED,))),
    )
    ((match,),) = matcher.match([picture(altered=(placed(VALUES[3]),))])
    assert match.ground is Ground.LEAD
