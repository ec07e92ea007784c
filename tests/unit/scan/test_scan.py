"""The pipeline: every item once, kept before it is told, accounted for."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.unit.stand_ins import (
    DAMAGED,
    LOCKED,
    PICTURE,
    StandInDarkroom,
    StandInMatcher,
    make_clock,
    make_item,
    open_writable,
)

from unseen import scan as pipeline
from unseen.errors import StoreError
from unseen.model import Finding, Item, NotScreened, Outcome, Reason
from unseen.scan import finding_id, scan
from unseen.store import Account, ScanSession, Store, list_findings
from unseen.store.schema import items as items_table
from unseen.store.schema import not_screened as not_screened_table

KEY = bytes(32)
NOW = "2026-11-23T12:00:00+00:00"

KNOWN = PICTURE + b"known"
CONTENTS: dict[str, bytes | Reason] = {
    "picture": PICTURE + b"other",
    "known": KNOWN,
    "damaged": DAMAGED,
    "damaged known": DAMAGED + b"known",
    "text": b"text",
    "known text": b"known text",
    "locked": LOCKED,
    "locked known": LOCKED + b"known",
    "commonplace": PICTURE + b"commonplace",
    "gone": Reason.CHANGED,
    "fifo": Reason.UNSUPPORTED,
}
MATCHER = StandInMatcher(
    csam=(KNOWN, DAMAGED + b"known", b"known text", LOCKED + b"known"), known_file=(PICTURE + b"commonplace", KNOWN)
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store."""
    with open_writable(tmp_path / "store") as opened:
        yield opened


def offer(contents: dict[str, bytes | Reason] = CONTENTS) -> list[Item]:
    """Items with these contents."""
    return [make_item(locator, content) for locator, content in contents.items()]


def run(store: Store, items: Iterable[Item], darkroom: StandInDarkroom | None = None, key: bytes = KEY) -> Account:
    """Scan to the end and finish."""
    with ScanSession(store, key, settings="{}", at_utc=NOW) as session:
        told = list(
            scan(items, darkroom=darkroom or StandInDarkroom(), matcher=MATCHER, session=session, clock=make_clock())
        )
        assert Counter(type(one) for one in told) == {
            kind: count
            for kind, count in ((Finding, session.account.findings), (NotScreened, session.account.not_screened))
            if count
        }
        session.finish(entries_searchable=4, entries_not_searchable=1, seconds=0, at_utc=NOW)
        return session.account


def test_every_item_is_accounted_for_under_one_outcome(store: Store) -> None:
    """Items = hashed + digest_only + not_screened - truncated, and what the store holds adds up to the same."""
    account = run(store, offer())
    assert account == Account(items=11, hashed=5, digest_only=2, findings=4, not_screened=6, truncated=2)
    assert account.items == account.hashed + account.digest_only + account.not_screened - account.truncated
    with store.read() as connection:
        outcomes = connection.execute(select(items_table.c.outcome, func.count()).group_by(items_table.c.outcome))
        unscreened = connection.scalar(select(func.count()).select_from(not_screened_table))
        assert dict(tuple(row) for row in outcomes) == {
            Outcome.MATCH: 2,
            Outcome.NO_MATCH: 3,
            Outcome.DIGEST_ONLY: 2,
            Outcome.NOT_SCREENED: 4,
        }
        assert unscreened == account.not_screened


def test_digests_make_findings_of_what_could_not_be_decoded(store: Store) -> None:
    """A finding by digest changes no outcome: an item may be a finding and unscreened."""
    with ScanSession(store, KEY, settings="{}", at_utc=NOW) as session:
        told = list(scan(offer(), darkroom=StandInDarkroom(), matcher=MATCHER, session=session, clock=make_clock()))
    findings = {str(one.locator): one.matches for one in told if isinstance(one, Finding)}
    assert set(findings) == {"known", "damaged known", "known text", "locked known"}
    # Matches of other classes are shown beside, and make no finding by themselves.
    assert [match.list for match in findings["known"]] == ["csam", "known_file", "csam", "known_file"]
    assert {str(one.locator): one.reason for one in told if isinstance(one, NotScreened)} == {
        "damaged": Reason.TRUNCATED,
        "damaged known": Reason.TRUNCATED,
        "locked": Reason.ENCRYPTED,
        "locked known": Reason.ENCRYPTED,
        "gone": Reason.CHANGED,
        "fifo": Reason.UNSUPPORTED,
    }


def test_an_item_offered_twice_is_screened_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However far apart the two lie: in one look-up, in one batch, or batches later."""
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 100)
    distinct = [make_item(str(number), b"text") for number in range(500)]
    offered = [item for item in distinct for _ in range(2)] + distinct
    offered += [distinct[position * 7 % 500] for position in range(500)]
    darkroom = StandInDarkroom()
    assert run(store, offered, darkroom).items == 500
    assert Counter(darkroom.developed) == dict.fromkeys(map(str, range(500)), 1)


@pytest.mark.parametrize("told_before", range(8))
def test_an_interrupted_scan_is_resumed_with_nothing_lost_and_nothing_twice(
    store: Store, told_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the second run tells and counts is what one undisturbed run would have."""
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 2)
    with ScanSession(store, KEY, settings="{}", at_utc=NOW) as session:
        first = StandInDarkroom()
        telling = scan(offer(), darkroom=first, matcher=MATCHER, session=session, clock=make_clock())
        before = list(islice(telling, told_before))
    kept = session.account.items
    with ScanSession(store, KEY, settings="{}", at_utc=NOW) as session:
        assert session.is_resumed
        assert session.account.items == kept
        second = StandInDarkroom()
        told = list(scan(offer(), darkroom=second, matcher=MATCHER, session=session, clock=make_clock()))
    assert len(second.developed) == len(CONTENTS) - kept
    assert len({repr(one) for one in told}) == len(told) == 10
    assert {repr(one) for one in before} <= {repr(one) for one in told}
    assert session.account == Account(items=11, hashed=5, digest_only=2, findings=4, not_screened=6, truncated=2)


def test_a_finished_scan_starts_anew(store: Store) -> None:
    """What was true at the time of the first stays in the store; findings are the same ones."""
    assert run(store, offer()) == run(store, offer())
    found = list(list_findings(store))
    assert [str(finding.locator) for finding in found] != []
    assert len(found) == 4


def test_what_another_scan_has_kept_is_not_skipped(store: Store) -> None:
    """Another key is another scan."""
    run(store, offer())
    darkroom = StandInDarkroom()
    run(store, offer(), darkroom, key=bytes([1]) * 32)
    assert len(darkroom.developed) == len(CONTENTS)


def test_a_batch_ends_by_time_as_well(store: Store) -> None:
    """A slow item holds back no finding for longer than a batch may last."""
    with ScanSession(store, KEY, settings="{}", at_utc=NOW) as session:
        clock = make_clock(step_s=pipeline.BATCH_SECONDS)
        telling = scan(offer(), darkroom=StandInDarkroom(), matcher=MATCHER, session=session, clock=clock)
        next(telling)
        assert session.account.items < len(CONTENTS)


def test_nothing_is_told_before_it_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finding that was told is in the store, whatever happens next."""
    monkeypatch.setattr(pipeline, "BATCH_ITEMS", 3)
    with ScanSession(store, KEY, settings="{}", at_utc=NOW) as session:
        for one in scan(offer(), darkroom=StandInDarkroom(), matcher=MATCHER, session=session, clock=make_clock()):
            if isinstance(one, Finding):
                assert one in list(list_findings(store))


def test_a_batch_that_cannot_be_kept_ends_the_scan(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of that batch is told."""

    def fail(*_: object, **__: object) -> None:
        raise StoreError("disk full")

    with ScanSession(store, KEY, settings="{}", at_utc=NOW) as session:
        monkeypatch.setattr(session, "commit", fail)
        telling = scan(offer(), darkroom=StandInDarkroom(), matcher=MATCHER, session=session, clock=make_clock())
        with pytest.raises(StoreError):
            next(telling)


def test_the_name_of_a_finding_hangs_on_locator_and_content_alone() -> None:
    """Names outlive versions: this one is fixed by an example."""
    content = hashlib.sha256(b"content").digest()
    assert finding_id("folder/\udcff", content) == hashlib.sha256(content + b"folder/\xff").hexdigest()[:32]
    assert finding_id("folder/a", content) != finding_id("folder/b", content)
