"""Law: the grounds of matches are those of the definition, read aloud pair by pair."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.matching import weigh
from unseen.model import (
    AlteredMatch,
    Ground,
    How,
    ListClass,
    ListPolicy,
    Mark,
    Match,
    Second,
    Terms,
    VideoMode,
    VideoShare,
    Weight,
)

NAMES = "abcd"
DIGESTS = {"md5", "sha1", "sha256"}

policies = st.builds(
    ListPolicy,
    near_bits=st.sampled_from([0, 20, 31]),
    near=st.sampled_from(Weight),
    altered=st.sampled_from(Weight),
    corroborated_by=st.frozensets(st.sampled_from(Second)),
    disputed=st.sampled_from(Weight),
    publisher=st.sampled_from([None, None, "P", "q "]),
)
# Lists that accuse are common, so that matches meet.
classes = st.sampled_from([ListClass.CSAM] * 6 + list(ListClass))
all_terms = st.fixed_dictionaries(
    {name: st.builds(Terms, classes, policies, st.sampled_from(["", "x", "y"])) for name in NAMES}
)
videos = st.builds(lambda near: VideoShare(9, 9, 9, (), VideoMode.FAST, near), st.sampled_from([1, 4, 5, 9]))
alterations = st.builds(lambda frames: AlteredMatch("inside", 12, 90, 1e-7, frames), st.sampled_from([0, 4, 5, 8]))


@st.composite
def matches(draw: st.DrawFn) -> Match:
    """A match of any kind."""
    signal = draw(st.sampled_from(["md5", "sha1", "sha256", "pdq", "pdq", "vpdq", "photodna"]))
    altered = draw(alterations) if signal in {"pdq", "vpdq"} and draw(st.booleans()) else None
    return Match(
        draw(st.sampled_from(NAMES)),
        draw(st.sampled_from("12")),
        signal,
        0 if signal in DIGESTS else draw(st.sampled_from([0, 20, 21, 31, 32, 60])),
        None if signal in DIGESTS else How(orientation="original"),
        draw(videos) if signal == "vpdq" and altered is None and draw(st.booleans()) else None,
        publisher=draw(st.sampled_from([None, "p", "Q", "r"])),
        marks=tuple(draw(st.sampled_from([[]] * 4 + [[mark] for mark in Mark] + [[Mark.DISPUTED, Mark.WITHDRAWN]]))),
        altered=altered,
    )


def is_lead(match: Match, terms: Terms) -> bool:
    """Whether it is a lead whatever else there is."""
    if terms.list_class is ListClass.USER_REPORTED:
        return True
    if Mark.QUARANTINED in match.marks or Mark.WITHDRAWN in match.marks:
        return True
    if Mark.DISPUTED in match.marks and terms.policy.disputed is Weight.LEAD:
        return True
    return match.signal in {"pdq", "vpdq"} and match.altered is None and match.distance_bits > terms.policy.near_bits


def is_same_entry(one: Match, other: Match) -> bool:
    """Whether both are of one entry: a name may be that of an entry of each publisher."""
    return (one.list, one.entry, one.publisher) == (other.list, other.entry, other.publisher)


def corroborates(second: Second, match: Match, other: Match, terms: dict[str, Terms]) -> bool:
    """Whether `other`, which may be the match itself, says independently what a near match says."""
    same_entry = is_same_entry(match, other)
    mine, others = terms[match.list], terms[other.list]
    if second is Second.DIGEST:
        return other.signal in DIGESTS
    if second is Second.FRAMES:
        if match.altered is not None:
            return match.altered.frames >= 5
        return match.video is not None and match.video.near_frames >= 5
    if second is Second.HASHER:
        is_of_another_kind = (match.signal == "photodna") != (other.signal == "photodna")
        return same_entry and other.signal not in DIGESTS and is_of_another_kind
    publishers = [match.publisher or mine.policy.publisher, other.publisher or others.policy.publisher]
    if None not in publishers:
        first, then = (str(publisher).strip().lower() for publisher in publishers)
        return first != then
    return (mine.origin or match.list) != (others.origin or other.list)


def ground(match: Match, given_matches: Sequence[Match], terms: dict[str, Terms]) -> Ground | None:
    """The definition, as docs/explanation/corroboration.md has it."""
    of_list = terms[match.list]
    if of_list.list_class not in {ListClass.CSAM, ListClass.USER_REPORTED}:
        return None
    if is_lead(match, of_list):
        return Ground.LEAD
    others = [
        other
        for other in given_matches
        if terms[other.list].list_class is ListClass.CSAM
        and not is_lead(other, terms[other.list])
        # What needed an alteration to be undone says nothing about what did not.
        and (other.altered is None or match.altered is not None)
    ]
    if match.signal == "sha256":
        return Ground.EXACT
    if match.signal in DIGESTS:
        of_entry = {one.signal for one in others if is_same_entry(one, match)}
        return Ground.EXACT if len(of_entry & DIGESTS) > 1 else Ground.WEAK_DIGEST
    for second in of_list.policy.corroborated_by:
        if any(corroborates(second, match, other, terms) for other in others):
            return Ground.NEAR_CORROBORATED if match.altered is None else Ground.ALTERED_CORROBORATED
    if match.altered is not None:
        return Ground.ALTERED if of_list.policy.altered is Weight.FINDING else Ground.LEAD
    return Ground.NEAR if of_list.policy.near is Weight.FINDING else Ground.LEAD


@settings(max_examples=1_000, deadline=None)
@given(st.lists(matches(), max_size=5), all_terms)
def test_grounds_agree_with_their_definition(given_matches: list[Match], terms: dict[str, Terms]) -> None:
    """Each match has the ground that the definition gives it, and nothing else of it is touched."""
    weighed = weigh(given_matches, terms)
    assert [one.ground for one in weighed] == [ground(one, given_matches, terms) for one in given_matches]
    assert [replace(one, ground=None) for one in weighed] == given_matches


@settings(max_examples=300, deadline=None)
@given(st.lists(matches(), max_size=5), all_terms, st.randoms())
def test_neither_order_nor_what_was_said_before_matters(
    given_matches: list[Match], terms: dict[str, Terms], random: Random
) -> None:
    """Weighing shuffled matches, or weighed ones again, gives each the same ground."""
    weighed = weigh(given_matches, terms)
    places = list(range(len(given_matches)))
    random.shuffle(places)
    assert weigh([weighed[at] for at in places], terms) == tuple(weighed[at] for at in places)


@settings(max_examples=300, deadline=None)
@given(st.lists(matches(), max_size=5), matches(), all_terms)
def test_a_further_match_never_weakens_the_others(
    given_matches: list[Match], further: Match, terms: dict[str, Terms]
) -> None:
    """Whatever matches besides, no match stands on less than before."""
    order = [*Ground, None]
    before = weigh(given_matches, terms)
    after = weigh([*given_matches, further], terms)
    assert all(
        order.index(then.ground) <= order.index(now.ground) for now, then in zip(before, after[:-1], strict=True)
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(matches(), max_size=6), all_terms)
def test_altered_copies_change_nothing_of_what_else_matches(
    given_matches: list[Match], terms: dict[str, Terms]
) -> None:
    """Whoever does not look for altered copies is told the same grounds of all other matches."""
    plain = [match for match in given_matches if match.altered is None]
    beside = [match for match in weigh(given_matches, terms) if match.altered is None]
    assert list(weigh(plain, terms)) == beside
