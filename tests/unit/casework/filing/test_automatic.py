"""What may be filed without a person: only what leaves no room for judgement."""

from dataclasses import replace

import pytest
from tests.unit.casework.filing.materials import a_finding

from unseen.casework.filing.sending.automatic import KnownList, MatchKind, qualifies
from unseen.model import Decision, Ground, Mark, Match
from unseen.store import FilingPolicy

NEAR = Match("known", "a", "pdq", 20, None, publisher="hotline", ground=Ground.NEAR)
OTHER = Match("other", "b", "pdq", 22, None, publisher="police", ground=Ground.NEAR)
EXACT = Match("known", "a", "sha256", 0, None, ground=Ground.EXACT)
LISTS = {
    "known": KnownList(is_csam=True),
    "other": KnownList(is_csam=True),
    "ours": KnownList(is_csam=True, is_of_findings=True, publisher="us"),
    "named": KnownList(is_csam=True, publisher="Police "),
    "users": KnownList(is_csam=False),
}


def policy(kind: MatchKind) -> FilingPolicy:
    """Switched on for one list."""
    at = "2026-11-23T08:00:00Z"
    return FilingPolicy(record=1, list="known", kind=kind.value, is_on=True, by="D. Okafor", reason="agreed", at_utc=at)


def test_two_lists_are_two_publishers() -> None:
    """An entry of each, near or exact: it is filed, whichever of the two the policy names."""
    assert qualifies(a_finding(1, NEAR, OTHER), policy(MatchKind.TWO_LISTS), LISTS)
    assert qualifies(
        a_finding(1, EXACT, NEAR, replace(OTHER, list="named", publisher=None)), policy(MatchKind.TWO_LISTS), LISTS
    )


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(NEAR, id="the same list"),
        pytest.param(replace(OTHER, publisher="Hotline "), id="the same publisher"),
        pytest.param(replace(OTHER, publisher=None), id="a publisher whom nobody knows"),
        pytest.param(replace(OTHER, list="ours", publisher=None), id="a list made of findings"),
        pytest.param(replace(OTHER, list="users"), id="a list of another class"),
        pytest.param(replace(OTHER, list="gone"), id="a list that is gone"),
        pytest.param(replace(OTHER, ground=Ground.LEAD), id="a lead"),
        pytest.param(replace(OTHER, ground=Ground.ALTERED), id="an altered copy that nothing corroborates"),
        pytest.param(replace(OTHER, marks=(Mark.DISPUTED,)), id="an entry that was disputed"),
        pytest.param(replace(OTHER, marks_now=(Mark.WITHDRAWN,)), id="an entry that was withdrawn since"),
    ],
)
def test_no_second_witness_is_none(other: Match) -> None:
    """Of two lists only what is known to be two counts; what is not known counts against it."""
    assert not qualifies(a_finding(1, NEAR, other), policy(MatchKind.TWO_LISTS), LISTS)


def test_only_the_very_bytes_are_exact() -> None:
    """SHA-256 of an entry of the list that was named; not of another, and no weaker digest."""
    exact = policy(MatchKind.EXACT)
    assert qualifies(a_finding(1, EXACT), exact, LISTS)
    for match in (replace(EXACT, list="other"), replace(EXACT, signal="md5"), replace(EXACT, signal="sha1"), NEAR):
        assert not qualifies(a_finding(1, match), exact, LISTS)


@pytest.mark.parametrize("kind", list(MatchKind))
def test_an_altered_copy_is_filed_by_itself_only_where_something_corroborates_it(kind: MatchKind) -> None:
    """What is near after an alteration was undone is left to a person, however many lists say it in the same way."""
    alone = [replace(match, ground=Ground.ALTERED) for match in (NEAR, OTHER)]
    assert not qualifies(a_finding(1, *alone), policy(kind), LISTS)
    together = [replace(match, ground=Ground.ALTERED_CORROBORATED) for match in (NEAR, OTHER)]
    assert qualifies(a_finding(1, *together), policy(kind), LISTS) is (kind is MatchKind.TWO_LISTS)


@pytest.mark.parametrize("kind", list(MatchKind))
def test_what_was_cleared_is_left_to_a_person(kind: MatchKind) -> None:
    """This finding, or another with its content: a list of what was cleared stands beside the others."""
    matches = (EXACT, NEAR, OTHER)
    assert qualifies(a_finding(1, *matches), policy(kind), LISTS)
    assert not qualifies(a_finding(1, *matches, decision=Decision.CLEARED), policy(kind), LISTS)
    beside = Match("wrong", "c", "sha256", 0, None, marks=(Mark.CLEARED,))
    assert not qualifies(a_finding(1, *matches, beside), policy(kind), LISTS)
