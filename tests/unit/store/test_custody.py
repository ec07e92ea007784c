"""Custody in the store: what counts as a view of a file, and what never does."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from tests.stores import on_both
from tests.unit.found import found, match
from tests.unit.stand_ins import open_writable

from unseen.casework.custody.views import check_view
from unseen.errors import UsageError
from unseen.model import CustodyAct, CustodyKind, Decision
from unseen.store import Store, Target, acts_about, add_act, record_verdicts, viewed

NOW = "2026-11-23T12:00:00Z"


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A new store, of either kind."""
    with open_writable(place) as opened:
        yield opened


def announce(store: Store, finding: str, by: str = "D. Okafor") -> CustodyAct:
    """Announce a view."""
    values = {"by": by, "asked_by": "M. Silva", "text": "the court asks for it"}
    target = Target(finding=finding)
    return add_act(store, CustodyKind.VIEW_ANNOUNCED, target, values=values, check=check_view, at_utc=NOW)


def view(store: Store, announced: int, extent: str, by: str = "D. Okafor") -> CustodyAct:
    """Say how much was viewed."""
    values, target = {"by": by, "extent": extent}, Target(answers=announced)
    return add_act(store, CustodyKind.VIEWED, target, values=values, check=check_view, at_utc=NOW)


@on_both
def test_a_file_counts_as_viewed_only_when_announced_and_seen_whole(store: Store) -> None:
    """No scan, verdict or announcement makes a file viewed; a view of all of it that was announced does."""
    one, other = found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    record_verdicts(store, [one, other], Decision.CONFIRMED, by="D. Okafor", reason="compared", at_utc=NOW)
    assert viewed(store, [one, other]) == frozenset()
    announced = announce(store, one[:12])
    assert viewed(store, [one, other]) == frozenset()
    done = view(store, announced.id, "whole")
    assert (done.finding, done.answers) == (one, announced.id)
    assert viewed(store, [one, other]) == {one}
    assert viewed(store, [other]) == frozenset()


@pytest.mark.parametrize("extents", [["part"], ["none"], ["whole", "part"], ["part", "whole"]])
def test_a_part_of_a_file_is_not_the_file(store: Store, extents: list[str]) -> None:
    """What somebody once said they saw less of was not viewed, whatever they say of the same view besides."""
    (one,) = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    announced = announce(store, one)
    for extent in extents:
        view(store, announced.id, extent)
    assert viewed(store, [one]) == frozenset()
    view(store, announce(store, one).id, "whole")
    assert viewed(store, [one]) == {one}


def test_the_same_content_elsewhere_was_not_viewed(store: Store) -> None:
    """A view belongs to one content at one place: a copy of it under another locator is another file."""
    one, copy = found(store, {"a": [match("known")], "b": [match("known")]}, number=1, at_utc=NOW)
    with store.write() as connection:
        connection.execute(text("UPDATE findings SET sha256 = :d"), {"d": b"d" * 32})
    view(store, announce(store, one).id, "whole")
    assert viewed(store, [one, copy]) == {one}


@on_both
def test_a_view_is_of_whoever_announced_it(store: Store) -> None:
    """A view without announcement, of another act, or by another person is refused, and nothing is written."""
    (one,) = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    announced = announce(store, one)
    with pytest.raises(UsageError, match=r"was announced by D\. Okafor"):
        view(store, announced.id, "whole", by="M. Silva")
    done = view(store, announced.id, "part", by="okafor, d")
    with pytest.raises(UsageError, match="announces no view"):
        view(store, done.id, "whole")
    with pytest.raises(UsageError, match="there is no act of custody 99"):
        view(store, 99, "whole")
    assert [act.kind for act in acts_about(store, findings=[one])] == ["view_announced", "viewed"]
    assert viewed(store, [one]) == frozenset()


def test_of_very_many_findings_those_that_were_viewed_are_found(store: Store) -> None:
    """However many are asked about, more than one statement can name, each is looked up."""
    (one,) = found(store, {"a": [match("known")]}, number=1, at_utc=NOW)
    view(store, announce(store, one).id, "whole")
    assert viewed(store, [f"{n:064x}" for n in range(1_200)] + [one]) == {one}
