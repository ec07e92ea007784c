"""What tests of verification share: a small store in which every kind of record occurs."""

from pathlib import Path

from sqlalchemy import select
from tests.unit.stand_ins import DAMAGED, LOCKED, PICTURE, StandInDarkroom, StandInMatcher, make_item

from unseen.casework.proof.recording import open_recorded
from unseen.model import (
    ChangePage,
    CustodyKind,
    Decision,
    Entry,
    EntryDecision,
    EntryVerdict,
    EventKind,
    Facts,
    Label,
    ListClass,
    ListPolicy,
    Opinion,
    Published,
    Stance,
    Subject,
    SubjectKind,
    Weight,
)
from unseen.scan import Clock, scan
from unseen.store import (
    Answered,
    Change,
    FilingFile,
    FilingTurn,
    Letter,
    ListOrigin,
    ListSource,
    Preserved,
    Run,
    ScanSession,
    Sending,
    Store,
    Target,
    add_act,
    add_case_event,
    add_list,
    apply_staged,
    begin_step,
    claim_next,
    decide_entry,
    decide_filing,
    end_step,
    erase,
    keep_content,
    keeping,
    list_cases,
    list_findings,
    queue_letters,
    record,
    record_export,
    record_preserved,
    record_verdicts,
    remove_list,
    set_filing_policy,
    set_policy,
    set_source,
    settle,
    stage_page,
    turn_filing,
)
from unseen.store.cases import gather
from unseen.store.schema import finding_matches, items

__all__ = ["WHEN", "furnish", "scan_into"]

# Long before any clock of today: the jump back from the first entry, which states the true time, is told.
WHEN = "2020-01-01T00:00:00Z"
ORIGIN = ListOrigin("/lists/known.txt", "text", lambda: bytes(range(32)))


def furnish(path: str | Path, keys: Path) -> None:
    """Lists kept, removed and synced, policies, an export, finished scans, one that was cut off, something erased."""
    with open_recorded(path, keys=keys) as store:
        for name in ("known", "other", "gone"):
            offered = [Entry(f"{name} {n}", "md5", bytes([n]) * 16, (Label("kind", "a"),)) for n in range(3)]
            add_list(store, name, offered, list_class=ListClass.CSAM, origin=ORIGIN, at_utc=WHEN)
        remove_list(store, "gone", at_utc=WHEN)
        sync_into(store)
        for name, policy in (("known", ListPolicy(near_bits=20)), ("other", ListPolicy(near=Weight.LEAD))):
            set_policy(store, name, policy, by="D. Okafor", reason="as measured", at_utc=WHEN)
        record_export(store, "known", path="/lists/known.jsonl", file_format="jsonl", at_utc=WHEN)
        scan_into(store, b"a", count=8)
        scan_into(store, b"a", count=12)
        scan_into(store, b"b", count=4, finish=False)
        with store.read() as connection:
            erased = [connection.scalars(select(items.c.id)).all()[-1]]
            erased.append(connection.scalars(select(finding_matches.c.ledger_n)).all()[-1])
        (decided, *_) = list_findings(store)
        record_verdicts(store, [decided.id], Decision.CONFIRMED, by="D. Okafor", reason="compared", at_utc=WHEN)
        write_letters(store, decided.id)
        live_a_case(store, decided.id)
        keep_custody(store, decided.id)
        file_a_case(store, decided.id)
        erase(store, erased, reason="retention has ended", at_utc=WHEN)


def live_a_case(store: Store, finding_id: str) -> None:
    """A case to which every kind of thing has happened that has a column of its own."""
    facts = Facts(subject=Subject(SubjectKind.ACCOUNT, "4711"), ip="192.0.2.7", port=50_000)
    with record(store, at_utc=WHEN) as page:
        gather(page, [(finding_id, facts)])
    ((opened, *_),) = list_cases(store)
    steps: list[tuple[EventKind, dict[str, str | None]]] = [
        (EventKind.OFFERED, {"by": "D. Okafor", "to": "M. Silva", "text": "on leave"}),
        (EventKind.NEXT_ACTION, {"by": "M. Silva", "text": "report it", "due_at_utc": WHEN}),
        (EventKind.CLOSED, {"by": "M. Silva", "text": "not ours by law", "outcome": "not_ours"}),
    ]
    for kind, values in steps:
        add_case_event(store, opened.case, kind, values=values, check=lambda *_: None, at_utc=WHEN)


def keep_custody(store: Store, finding_id: str) -> None:
    """Acts of custody of every shape, and a content that is kept."""
    ((opened, *_),) = list_cases(store)
    values = {"by": "D. Okafor", "asked_by": "M. Silva", "text": "the court asks for it"}
    about = Target(finding=finding_id)
    view = add_act(store, CustodyKind.VIEW_ANNOUNCED, about, values=values, check=lambda *_: None, at_utc=WHEN)
    steps = [
        (CustodyKind.VIEWED, Target(answers=view.id), {"by": "D. Okafor", "extent": "whole"}),
        (CustodyKind.HELD, Target(case=opened.case), {"by": "M. Silva", "text": "an order", "extent": "scans"}),
    ]
    for kind, target, more in steps:
        add_act(store, kind, target, values=more, check=lambda *_: None, at_utc=WHEN)
    with keeping(store):
        sealed = keep_content(store, bytes(32), [b"content"], belongs_to=b"", name="a")
    kept = Preserved(
        finding_id=finding_id,
        size_bytes=7,
        file_sha256=sealed.file_sha256,
        wrapped_key=bytes(60),
        key_id=bytes(8),
        at_utc=WHEN,
        done_by="D. Okafor",
        text="the police ask for it",
    )
    record_preserved(store, kept)


def file_a_case(store: Store, finding_id: str) -> None:
    """Filings of a case: taken back, waiting for somebody, and gone on with by a policy until it was filed."""
    ((opened, *_),) = list_cases(store)
    policy = set_filing_policy(store, "known", "exact", is_on=True, by="D. Okafor", reason="agreed", at_utc=WHEN)
    file = FilingFile(finding=finding_id, details='{"fileName": "a"}')
    for by, set_by in (("D. Okafor", None), (None, policy)):
        filing = decide_filing(
            store,
            opened.case,
            channel="cybertipline",
            report="{}",
            files=[file],
            by=by,
            reason="known",
            policy=set_by,
            more_cases=[opened.case],
            at_utc=WHEN,
        )
        turn = FilingTurn.TAKE_BACK if by else FilingTurn.GO_ON
        if not by:
            taken = claim_next(store, kind="filing", channel="cybertipline", lease_s=600, at_utc=WHEN)
            assert taken is not None
            for call, number, report_id, file_id in (("submit", None, 7, None), ("upload", 0, None, "ab")):
                step = begin_step(store, taken, call, number, lease_s=600, at_utc=WHEN)
                came = Answered(
                    outcome="done",
                    at_utc=WHEN,
                    status=200,
                    request=b"<report/>",
                    request_sha256=bytes(32),
                    answer=b"<ok/>",
                    request_id="r",
                    report_id=report_id,
                    file_id=file_id,
                    why="so",
                )
                end_step(store, step, came)
            settle(store, taken, Sending.WAITS, status=None, answer="over", again_in_s=0, at_utc=WHEN)
        turn_filing(store, filing, turn, by="D. Okafor", reason="so", at_utc=WHEN)


def sync_into(store: Store) -> None:
    """A list of a service that has changed once: entries and opinions that stand, and others that were withdrawn."""
    change = Change(list_class=ListClass.CSAM, file_format="service", origin="https://a.test", at_utc=WHEN, by="u@h")
    opinions = Opinion("m", Stance.AGAINST, "md5", ("wrong",)), Opinion("n", Stance.FOR, "md5", ("right",))
    for number, held in enumerate(((0, 1, 2, 3), (1, 2, 4))):
        published = (
            Published(
                entry=f"e{n}",
                publisher="p",
                hashes=(("md5", bytes([n]) * 16),),
                labels=(Label("kind", "a"),),
                opinions=opinions[: 2 - number],
                at_utc=WHEN,
            )
            for n in held
        )
        stage_page(store, "live", ChangePage(changes=(*published,), checkpoint="1", begins_anew=True, is_last=True))
        apply_staged(store, "live", change)
    for exchange, settings in (("service", '{"base": "a"}'), (None, "{}")):
        set_source(store, ListSource(list="live", exchange=exchange, settings=settings, at_utc=WHEN))
    for by, decision in ((None, EntryDecision.QUARANTINED), ("D. Okafor", EntryDecision.RELEASED)):
        decide_entry(store, "live", "e1", EntryVerdict(decision=decision, by=by, reason="so", at_utc=WHEN))


def write_letters(store: Store, confirmed: str) -> None:
    """Letters in every state, with every outcome of an attempt."""

    def letter(target: str, finding: str = confirmed) -> Letter:
        content = {"entry": target, "stance": "for"}
        return Letter(kind="feedback", channel="known", target=target, finding=finding, content=content, by="D. Okafor")

    # Of the other scan something is erased.
    of_a = [one.id for one in list_findings(store) if str(one.locator).startswith("/a/")]
    other = next(one for one in of_a if one != confirmed)
    for decision in (Decision.CLEARED, Decision.REOPENED):
        record_verdicts(store, [other], decision, by="D. Okafor", reason="compared", at_utc=WHEN)
        if decision is Decision.CLEARED:
            queue_letters(store, [letter("overtaken", other)], at_utc=WHEN)
    queue_letters(store, [letter(outcome.value) for outcome in Sending], at_utc=WHEN)
    while claim := claim_next(store, kind="feedback", channel="known", lease_s=600, at_utc=WHEN):
        outcome = Sending(claim.letter.target)
        settle(store, claim, outcome, status=200, answer="<ok/>", again_in_s=3600, at_utc=WHEN)


def scan_into(store: Store, word: bytes, *, count: int, finish: bool = True) -> None:
    """Scan contents of every kind, a third of them known; names that are no text among them."""
    kinds = (PICTURE, DAMAGED, LOCKED, b"")
    contents = {f"/{word.decode()}/\udcff{n}": kinds[n % 4] + (b"known" if n % 3 else b"%d" % n) for n in range(count)}
    matcher = StandInMatcher(csam=[kind + b"known" for kind in kinds], known_file=[PICTURE + b"known"])
    key = word * 32
    run = Run({"clock": "system"}, {"by": "somebody"})
    with ScanSession(store, key, settings=f'{{"sources": "{word.decode()}"}}', at_utc=WHEN, run=run) as session:
        items = [make_item(name, content) for name, content in contents.items()]
        for _ in scan(
            items, darkroom=StandInDarkroom(), matcher=matcher, session=session, clock=Clock(lambda: 0.0, lambda: WHEN)
        ):
            pass
        if finish:
            session.finish(entries_searchable=6, entries_not_searchable=0, seconds=0.5, at_utc=WHEN)
