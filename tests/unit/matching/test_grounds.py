"""What matches stand on: each rule of the default policy by an example."""

import pytest

from unseen.errors import ThresholdError, UsageError
from unseen.matching import weigh
from unseen.model import (
    Ground,
    How,
    ListClass,
    ListPolicy,
    Mark,
    Match,
    Second,
    Signal,
    Terms,
    VideoMode,
    VideoShare,
    Weight,
)

CSAM = Terms(ListClass.CSAM)
HOW = How(orientation="original")


def near(list_name: str = "a", entry: str = "1", *, bits: int = 10, **others: object) -> Match:
    """A near match of a picture."""
    return Match(list_name, entry, Signal.PDQ, bits, HOW, **others)  # type: ignore[arg-type]  # fields of any kind


def digest(signal: str, list_name: str = "a", entry: str = "1", **others: object) -> Match:
    """A match by digest."""
    return Match(list_name, entry, signal, 0, None, **others)  # type: ignore[arg-type]  # fields of any kind


def grounds(*matches: Match, a: Terms = CSAM, b: Terms = CSAM) -> list[Ground | None]:
    """What these stand on, of lists a and b."""
    return [match.ground for match in weigh(matches, {"a": a, "b": b})]


def test_the_same_bytes_are_exact() -> None:
    """SHA-256 needs no second."""
    assert grounds(digest("sha256")) == [Ground.EXACT]


@pytest.mark.parametrize("signal", ["md5", "sha1"])
def test_a_digest_that_can_be_forged_is_weak_alone(signal: str) -> None:
    """Whoever makes two files can give them one MD5, and with more effort one SHA-1."""
    assert grounds(digest(signal)) == [Ground.WEAK_DIGEST]


def test_two_digests_of_one_entry_are_exact() -> None:
    """Nobody is known to have made two files that share both."""
    assert grounds(digest("md5"), digest("sha1")) == [Ground.EXACT, Ground.EXACT]


@pytest.mark.parametrize("other", [("a", "2"), ("b", "1")])
def test_digests_of_two_entries_stay_weak(other: tuple[str, str]) -> None:
    """One file can be made to collide with two others, with each by one digest."""
    assert grounds(digest("md5"), digest("sha1", *other)) == [Ground.WEAK_DIGEST, Ground.WEAK_DIGEST]


def test_digests_of_one_name_by_two_publishers_stay_weak() -> None:
    """What a name means is its publisher's."""
    matches = digest("md5", publisher="X"), digest("sha1", publisher="Y")
    assert grounds(*matches) == [Ground.WEAK_DIGEST, Ground.WEAK_DIGEST]


def test_entries_of_one_list_do_not_corroborate_each_other() -> None:
    """Two near matches of one list are one look at one picture, by PDQ or by its frames, in whatever orientation."""
    assert grounds(near(entry="1"), near(entry="2")) == [Ground.NEAR, Ground.NEAR]
    frame = Match("a", "1", Signal.VPDQ, 4, HOW)
    assert grounds(near(), frame) == [Ground.NEAR, Ground.NEAR]


def test_a_second_publisher_corroborates_a_second_list_of_the_same_does_not() -> None:
    """Independent is who published an entry, not where it was read."""
    corroborated, alone = [Ground.NEAR_CORROBORATED] * 2, [Ground.NEAR] * 2
    assert grounds(near("a"), near("b")) == corroborated
    assert grounds(near("a", publisher="X"), near("b", publisher="Y")) == corroborated
    assert grounds(near("a", "1", publisher="X"), near("a", "2", publisher="Y")) == corroborated
    assert grounds(near("a", publisher="X"), near("b", publisher=" x")) == alone
    said = Terms(ListClass.CSAM, ListPolicy(publisher="X"))
    assert grounds(near("a", publisher="X"), near("b"), b=said) == alone
    same_file = Terms(ListClass.CSAM, origin="sha256 of a file")
    assert grounds(near("a"), near("b"), a=same_file, b=same_file) == alone


def test_another_hasher_corroborates_on_the_same_entry_only() -> None:
    """Two kinds of hash err in different ways; of two entries they would say two things."""
    other = Match("a", "1", "photodna", 900, None)
    assert grounds(near(), other) == [Ground.NEAR_CORROBORATED] * 2
    assert grounds(near(entry="2"), other) == [Ground.NEAR] * 2


def test_a_digest_corroborates_even_a_weak_one() -> None:
    """A near match beside a digest is no coincidence; the digest alone stays what it is."""
    assert grounds(near(), digest("md5", "b", "9")) == [Ground.NEAR_CORROBORATED, Ground.WEAK_DIGEST]


@pytest.mark.parametrize(
    "lead",
    [
        near(bits=32),
        near(marks=(Mark.DISPUTED,)),
        near(marks=(Mark.QUARANTINED,)),
        near(marks=(Mark.WITHDRAWN,)),
        digest("sha256", marks=(Mark.DISPUTED,)),
        digest("sha256", marks=(Mark.WITHDRAWN,)),
    ],
)
def test_doubt_and_distance_make_a_lead_that_supports_nothing(lead: Match) -> None:
    """What is in doubt is shown, stands on nothing, and lends nothing to others."""
    assert grounds(lead, near("b")) == [Ground.LEAD, Ground.NEAR]
    assert grounds(lead, digest("sha256", "b"))[0] is Ground.LEAD


def test_what_nobody_reviewed_is_a_lead_to_the_byte() -> None:
    """A list of class user_reported makes leads only, and corroborates nothing."""
    reported = Terms(ListClass.USER_REPORTED)
    assert grounds(near("a"), digest("sha256", "b"), b=reported) == [Ground.NEAR, Ground.LEAD]


@pytest.mark.parametrize("list_class", [ListClass.KNOWN_FILE, ListClass.CLEARED])
def test_lists_that_accuse_nobody_give_no_ground(list_class: ListClass) -> None:
    """Known files and cleared entries neither stand nor support."""
    assert grounds(near("a"), digest("sha256", "b"), b=Terms(list_class)) == [Ground.NEAR, None]


def test_a_policy_can_ask_for_more() -> None:
    """A list whose near matches are leads makes findings of those that are corroborated, by what it names."""
    strict = Terms(ListClass.CSAM, ListPolicy(near=Weight.LEAD, corroborated_by=frozenset({Second.DIGEST})))
    assert grounds(near("a"), a=strict) == [Ground.LEAD]
    assert grounds(near("a"), near("b"), a=strict) == [Ground.LEAD, Ground.NEAR_CORROBORATED]
    assert grounds(near("a"), digest("md5"), a=strict) == [Ground.NEAR_CORROBORATED, Ground.WEAK_DIGEST]


def test_a_policy_can_stand_by_what_others_dispute() -> None:
    """Then a disputed entry counts like any other; one that was withdrawn never does."""
    firm = Terms(ListClass.CSAM, ListPolicy(disputed=Weight.FINDING))
    assert grounds(near(marks=(Mark.DISPUTED,)), a=firm) == [Ground.NEAR]
    assert grounds(near(marks=(Mark.WITHDRAWN,)), a=firm) == [Ground.LEAD]
    assert grounds(near(marks=(Mark.DISPUTED, Mark.QUARANTINED)), a=firm) == [Ground.LEAD]


def test_frames_corroborate_from_five_on() -> None:
    """Four near frames are a title card; five are five seconds."""
    shares = [VideoShare(9, 9, 9, (), VideoMode.FAST, near_frames) for near_frames in (4, 5)]
    videos = [Match("a", "film", Signal.VPDQ, 3, HOW, share) for share in shares]
    assert [grounds(video) for video in videos] == [[Ground.NEAR], [Ground.NEAR_CORROBORATED]]


def test_a_policy_is_read_as_it_was_written() -> None:
    """What a store or a ledger keeps of a policy gives the same one back."""
    policy = ListPolicy(near_bits=7, near=Weight.LEAD, corroborated_by=frozenset({Second.FRAMES}), publisher="X")
    assert ListPolicy.of_fields(policy.to_fields()) == policy
    assert ListPolicy.of_fields(ListPolicy().to_fields()) == ListPolicy()


def test_a_policy_has_limits() -> None:
    """Beyond 31 bits no figure was ever measured that would let a match be called near."""
    with pytest.raises(ThresholdError):
        ListPolicy(near_bits=32)
    with pytest.raises(ThresholdError):
        ListPolicy(near_bits=-1)
    with pytest.raises(UsageError):
        ListPolicy(publisher="")
