"""A bundle's matches repeated: each holds, or it is said why not, or that nobody can say."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.casework.evidence import ITEMS, NOW, Evidence, entries_for, make_evidence, nearby, put_list, scan_items
from tests.unit.stand_ins import hash_content

from unseen.casework.bundles import Rerun, rerun, write_bundle
from unseen.casework.proof.recording import open_recorded
from unseen.errors import LedgerBrokenError, ListError, StoreError, UsageError, VerificationError
from unseen.lists import write_lines
from unseen.model import Entry, Ground, ListPolicy, Weight
from unseen.store import set_policy

HARBOUR, BRIDGE, LETTER = ITEMS
# Neither corroborated by anything nor a finding by itself.
STRICT = ListPolicy(near=Weight.LEAD, corroborated_by=frozenset())


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A store with three findings."""
    return make_evidence(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def bundle(evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A bundle of the harbour and the letter."""
    folder = tmp_path_factory.mktemp("bundles") / "two"
    write_bundle(evidence.store, str(folder), findings=[evidence.id(HARBOUR), evidence.id(LETTER)])
    return str(folder)


def results(done: Rerun) -> dict[str, str]:
    """What each match came to, by its entry."""
    return {one.match.entry: one.result.value for one in done.matches}


def changed(tmp_path: Path, change: Callable[[list[Entry]], list[Entry]], *, name: str = "known") -> str:
    """Another store whose list is a changed one."""
    with open_recorded(tmp_path / "later") as store:
        put_list(store, name, change(entries_for()), file=bytes([9]) * 32)
    return str(tmp_path / "later")


def moved(entries: list[Entry], distance_bits: int) -> list[Entry]:
    """The list with the harbour's entry at another distance from its turned picture."""
    turned = hash_content(ITEMS[HARBOUR]).variants[0].pdq
    far = nearby(turned, distance_bits)
    return [replace(one, value=far) if one.entry == "p-harbour" else one for one in entries]


def test_every_match_holds_against_the_same_lists(evidence: Evidence, bundle: str) -> None:
    """At the same distance, through the variant that matched, and of every kind of hash."""
    done = rerun(bundle, store=evidence.store)
    assert results(done) == {"m-harbour": "holds", "p-harbour": "holds", "m-letter": "holds"}
    assert (done.holds, done.threshold_bits, done.count_held, done.is_pinned) == (True, 31, 3, False)
    assert {one.distance_bits for one in done.matches if one.match.entry == "p-harbour"} == {7}


def test_a_bundle_says_by_which_policy_its_matches_were_weighed(tmp_path: Path) -> None:
    """Whatever the policy is now: what was recorded follows from the policy of then, and is told with it."""
    evidence = make_evidence(tmp_path)
    with open_recorded(evidence.store) as store:
        set_policy(store, "known", STRICT, by="D. Okafor", reason="as measured", at_utc=NOW)
        scan_items(store, key=bytes([2]) * 32)
        write_bundle(evidence.store, str(tmp_path / "strict"), findings=[evidence.id(HARBOUR)])
        set_policy(store, "known", ListPolicy(), by="D. Okafor", reason="back again", at_utc=NOW)
    done = rerun(str(tmp_path / "strict"), store=evidence.store)
    assert results(done) == {"m-harbour": "holds", "p-harbour": "holds"}
    grounds = {one.match.entry: (one.match.ground, one.ground) for one in done.matches}
    assert grounds == {"m-harbour": (Ground.WEAK_DIGEST,) * 2, "p-harbour": (Ground.LEAD,) * 2}


def test_a_ground_that_does_not_follow_from_the_records_is_told(tmp_path: Path) -> None:
    """A program that recorded one policy and weighed by another is found out by its own bundle."""
    evidence = make_evidence(tmp_path)
    with open_recorded(evidence.store) as store:
        scan_items(store, key=bytes([2]) * 32, weighed_by={"known": (0, STRICT)})
    write_bundle(evidence.store, str(tmp_path / "bundle"), findings=[evidence.id(HARBOUR)])
    done = rerun(str(tmp_path / "bundle"), store=evidence.store)
    assert results(done) == {"m-harbour": "holds", "p-harbour": "weighed_otherwise"}
    assert done.holds is False


@pytest.mark.parametrize(
    ("change", "result", "distance_bits"),
    [
        (lambda entries: [one for one in entries if one.entry != "p-harbour"], "withdrawn", None),
        (lambda entries: moved(entries, 9), "differs", 9),
        (lambda entries: moved(entries, 200), "beyond_threshold", None),
    ],
    ids=["withdrawn", "nearer", "farther"],
)
def test_a_match_that_no_longer_holds_is_told_apart(
    bundle: str, tmp_path: Path, change: Callable[[list[Entry]], list[Entry]], result: str, distance_bits: int | None
) -> None:
    """The entry is gone, or is another value now; the other matches hold all the same."""
    done = rerun(bundle, store=changed(tmp_path, change))
    assert results(done) == {"m-harbour": "holds", "p-harbour": result, "m-letter": "holds"}
    assert done.holds is False
    assert [one.distance_bits for one in done.matches if one.match.entry == "p-harbour"] == [distance_bits]


def test_without_the_list_nobody_can_say(bundle: str, tmp_path: Path) -> None:
    """A list of another name and another file that lacks the entries is no ground to call them withdrawn."""
    store = changed(tmp_path, lambda _: [Entry("x", "md5", bytes(16))], name="other")
    done = rerun(bundle, store=store)
    assert set(results(done).values()) == {"list_missing"}
    assert done.holds is None


def test_a_list_in_a_file_has_no_name_and_its_entries_do(bundle: str, tmp_path: Path) -> None:
    """The same identifiers in a file given for this run are the same entries; no store is needed."""
    path = tmp_path / "from the issuer.jsonl"
    path.write_text("".join(write_lines(entries_for(), file_format="jsonl")))
    done = rerun(bundle, store=str(tmp_path / "nowhere"), lists=[str(path)])
    assert done.holds is True
    assert {one.list for one in done.matches} == {str(path)}


def test_lines_of_another_file_are_other_entries(tmp_path: Path) -> None:
    """Where a list names its entries by their place, a line of another list is never taken for one of it."""
    evidence = make_evidence(tmp_path)
    with open_recorded(evidence.store) as store:
        lines = [replace(one, entry=f"line {at}") for at, one in enumerate(entries_for(), start=1)]
        put_list(store, "known", lines)
        scan_items(store, key=bytes([2]) * 32)
    write_bundle(evidence.store, str(tmp_path / "bundle"), findings=[evidence.id(LETTER)])
    other = changed(tmp_path, lambda _: [Entry(f"line {at}", "md5", bytes([at]) * 16) for at in range(9)], name="other")
    assert set(results(rerun(str(tmp_path / "bundle"), store=other)).values()) == {"list_missing"}


def test_a_bundle_that_does_not_verify_is_not_matched(evidence: Evidence, bundle: str, tmp_path: Path) -> None:
    """Nothing is said about matches of records that may be forged, nor of those signed by another key."""
    shutil.copytree(bundle, tmp_path / "copy")
    opening = next((tmp_path / "copy" / "openings").iterdir())
    opening.write_bytes(opening.read_bytes().replace(b"a", b"b", 1))
    with pytest.raises(VerificationError):
        rerun(str(tmp_path / "copy"), store=evidence.store)
    other = make_evidence(tmp_path / "other")
    write_bundle(other.store, str(tmp_path / "theirs"))
    with pytest.raises(LedgerBrokenError, match=r"key\.pub"):
        rerun(bundle, store=evidence.store, key=str(tmp_path / "theirs" / "key.pub"))
    assert rerun(bundle, store=evidence.store, key=f"{bundle}/key.pub").is_pinned


def test_what_is_missing_is_named(evidence: Evidence, bundle: str, tmp_path: Path) -> None:
    """No bundle, no list, no key."""
    with pytest.raises(StoreError, match="no bundle"):
        rerun(str(tmp_path), store=evidence.store)
    with pytest.raises(ListError):
        rerun(bundle, store=evidence.store, lists=["nowhere"])
    with pytest.raises(UsageError):
        rerun(bundle, store=evidence.store, key="nowhere")
