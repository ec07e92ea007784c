"""What counts as a match."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from unseen.errors import ThresholdError
from unseen.matching import Matcher
from unseen.model import Codes, Frame, Ground, How, ItemHashes, ListClass, Match, Variant

CANONICAL = How(orientation="original", convention="full")
FLIPPED = How(orientation="flipx", convention="full")


def code(seed: int) -> bytes:
    """A value that looks like a PDQ."""
    return hashlib.sha256(bytes([seed])).digest()


def flip(value: bytes, bits: int) -> bytes:
    """The value with so many bits changed."""
    return (int.from_bytes(value, "big") ^ ((1 << bits) - 1)).to_bytes(len(value), "big")


def column(
    name: str, values: Sequence[bytes], *, signal: str = "pdq", first: int = 0, kind: ListClass = ListClass.CSAM
) -> Codes:
    """A list of these values, rows counted from `first`."""
    matrix = np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)
    return Codes(name, kind, signal, matrix, np.arange(first, first + len(values), dtype=np.int64))


def name_rows(rows: Sequence[int]) -> Mapping[int, str]:
    """Each row is named after its number."""
    return {row: f"e{row}" for row in rows}


def picture(pdq: bytes | None, quality: int = 100, **others: Any) -> ItemHashes:
    """An item with this PDQ and digests that match nothing."""
    fields: dict[str, Any] = {"size_bytes": 1, "sha256": code(90), "sha1": code(91)[:20], "md5": code(92)[:16]}
    return ItemHashes(**(fields | {"pdq": pdq, "pdq_quality": quality} | others))


def matcher(*columns: Codes, threshold_bits: int = 31) -> Matcher:
    """A matcher whose rows are named after their numbers."""
    return Matcher(columns, threshold_bits=threshold_bits, name_entries=name_rows)


def test_the_threshold_itself_matches() -> None:
    """The threshold is inclusive, and one bit more is too far."""
    found = matcher(column("a", [code(1)])).match([picture(flip(code(1), bits)) for bits in (0, 31, 32)])
    assert [[match.distance_bits for match in matches] for matches in found] == [[0], [31], []]


@pytest.mark.parametrize(("quality", "count"), [(49, 0), (50, 1)])
def test_low_quality_is_never_matched(quality: int, count: int) -> None:
    """Neither the canonical hash nor a variant nor a frame below quality 50 matches anything."""
    matcher_ = matcher(column("a", [code(1)]))
    items = [
        picture(code(1), quality),
        picture(None, variants=(Variant(FLIPPED, code(1), quality),)),
        picture(None, vpdq=(Frame(0, 0.0, code(1), quality),)),
    ]
    assert [len(matches) for matches in matcher_.match(items)] == [count] * 3


def test_matches_are_ordered_by_distance_then_list_then_entry() -> None:
    """The nearest comes first; equals are ordered by name."""
    found = matcher(column("b", [code(1)]), column("a", [flip(code(1), 3), code(1), code(1)], first=10)).match(
        [picture(code(1))]
    )
    assert [(match.distance_bits, match.list, match.entry) for match in found[0]] == [
        (0, "a", "e11"),
        (0, "a", "e12"),
        (0, "b", "e0"),
        (3, "a", "e10"),
    ]


def test_one_match_for_each_entry_and_signal_is_kept_the_nearest() -> None:
    """However many variants reach an entry, the nearest names the match."""
    item = picture(flip(code(1), 9), variants=(Variant(FLIPPED, flip(code(1), 2), 100),))
    (matches,) = matcher(column("a", [code(1)])).match([item])
    assert matches == (Match("a", "e0", "pdq", 2, FLIPPED, ground=Ground.NEAR),)


def test_of_equally_near_variants_the_canonical_hash_names_the_match() -> None:
    """Ties go to the canonical hash, then to the first variant."""
    plus = How(orientation="plus", convention="full")
    item = picture(code(1), variants=(Variant(FLIPPED, code(1), 100), Variant(plus, code(2), 100)))
    found = matcher(column("a", [code(1), code(2)])).match([item])[0]
    assert [(match.entry, match.how) for match in found] == [("e0", CANONICAL), ("e1", plus)]


def test_rows_of_one_identifier_are_one_entry() -> None:
    """Frames of one video in a list are one entry: the nearest of them matches."""
    lists = [column("a", [flip(code(1), 5), code(1)])]
    one_name = Matcher(lists, threshold_bits=31, name_entries=lambda rows: dict.fromkeys(rows, "film"))
    assert one_name.match([picture(code(1))]) == [(Match("a", "film", "pdq", 0, CANONICAL, ground=Ground.NEAR),)]


def test_a_frame_names_its_time() -> None:
    """A match of a video says which frame."""
    item = picture(None, vpdq=(Frame(0, 0.0, code(5), 90), Frame(1, 1.5, code(1), 90)))
    (matches,) = matcher(column("a", [code(1)])).match([item])
    assert matches[0].how == How(orientation="original", convention="full", time_s=1.5)


@pytest.mark.parametrize(("signal", "size"), [("md5", 16), ("sha1", 20), ("sha256", 32)])
def test_digests_match_whatever_the_quality(signal: str, size: int) -> None:
    """A digest is exact: distance 0, no `how`, and no picture needed."""
    digest = code(7)[:size]
    found = matcher(column("a", [code(3)[:size], digest], signal=signal)).match(
        [picture(None, 0, **{signal: digest}), picture(None)]
    )
    ground = Ground.EXACT if signal == "sha256" else Ground.WEAK_DIGEST
    assert found == [(Match("a", "e1", signal, 0, None, ground=ground),), ()]


def test_an_item_without_hashes_matches_nothing() -> None:
    """What could not be read is in the batch, and stays empty."""
    unread = ItemHashes(size_bytes=0, sha256=None, sha1=None, md5=None)
    lists = [column("a", [code(1)]), column("a", [code(1)[:16]], signal="md5", first=5)]
    assert matcher(*lists).match([unread]) == [()]


def test_only_known_material_makes_a_finding() -> None:
    """Known files and cleared entries are shown, but neither make nor hide a finding."""
    kinds = [ListClass.CSAM, ListClass.USER_REPORTED, ListClass.KNOWN_FILE, ListClass.CLEARED]
    columns = [column(kind.value, [code(at)], first=at, kind=kind) for at, kind in enumerate(kinds)]
    asked = matcher(*columns)
    found = asked.match([picture(code(at)) for at in range(4)])
    assert [(matches[0].list, asked.is_finding(matches)) for matches in found] == [
        ("csam", True),
        ("user_reported", True),
        ("known_file", False),
        ("cleared", False),
    ]
    beside = matcher(column("known", [code(1)], kind=ListClass.KNOWN_FILE), column("csam", [code(1)], first=9))
    assert beside.is_finding(beside.match([picture(code(1))])[0])
    assert not beside.is_finding(())


def test_no_list_matches_nothing() -> None:
    """Nothing to compare with is no error."""
    assert matcher().match([picture(code(1))]) == [()]
    assert matcher(column("a", [code(1)])).match([]) == []


def test_a_threshold_outside_its_range_is_refused() -> None:
    """Even where no PDQ is to be searched."""
    with pytest.raises(ThresholdError):
        matcher(threshold_bits=65)


class Parity:
    """A plugged-in hasher whose distance is the difference of the first byte."""

    signal = "photodna"
    threshold = 2

    def distances(self, query: bytes, values: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Distances of the first bytes."""
        return np.abs(values[:, 0].astype(np.int64) - query[0])


def test_a_plugged_in_signal_is_compared_by_its_own_distance() -> None:
    """Its threshold is its own, and inclusive."""
    lists = [column("a", [bytes([10, 0]), bytes([13, 0]), bytes([12, 1])], signal="photodna", first=4)]
    plugged = Matcher(lists, threshold_bits=31, name_entries=name_rows, hashers=[Parity()])
    found = plugged.match([picture(None, extra=(("photodna", bytes([10, 9])), ("other", b"x")))])
    assert [(match.entry, match.signal, match.distance_bits) for match in found[0]] == [
        ("e4", "photodna", 0),
        ("e6", "photodna", 2),
    ]


def test_how_many_items_come_at_once_makes_no_difference() -> None:
    """A large batch is searched in parts, which nobody can tell."""
    asked = matcher(column("a", [code(seed) for seed in range(100)]))
    items = [picture(flip(code(seed), seed % 40)) for seed in range(150)]
    assert asked.match(items) == [asked.match([item])[0] for item in items]
