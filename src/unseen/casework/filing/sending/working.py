"""`unseen file send`: what was decided on leaves, call by call, each on record before it is made.

Several may do so at once, on any number of machines that share a store: each filing is in one hand at a time. Whoever
is killed leaves a claim that lapses; the next one goes on from the last call on record, in the same report.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from unseen import store as stores
from unseen.casework.custody.preserving import open_content
from unseen.casework.filing.sending.automatic import decide_by_policy
from unseen.casework.filing.sending.material import DecidedMaterial
from unseen.casework.filing.sending.preparing import Wanted
from unseen.casework.filing.sending.record import StoredRecord
from unseen.casework.filing.sending.rereading import Kept, Rereader, no_copy
from unseen.casework.filing.sending.ways import Way, open_desk, way_of
from unseen.casework.filing.settings import read_settings
from unseen.casework.proof.clock import in_utc, now_utc
from unseen.casework.proof.recording import open_recorded
from unseen.errors import ClaimLostError
from unseen.exchanges import Timing
from unseen.filing.cybertipline.calls import CyberTipline
from unseen.filing.cybertipline.course import Course, Outcome, Standing, Step
from unseen.filing.cybertipline.pursuing import pursue
from unseen.model import ByteSource, EventKind, Finding, Status
from unseen.store import FILING, Claim, Filing, FilingStep, Page, Sending, Store
from unseen.store.cases.events import note_event

__all__ = ["LEASE_S", "Worked", "Working", "send"]

# Longer than an answer is waited for once all bytes are out, and longer than one piece of a file takes to read.
LEASE_S = 900
# A report that is open is forgotten an hour after its last change: what may pass is tried again well within.
_WAIT_MAX_S = 600
_FIRST_WAIT_S = 30
_FAILURES_IN_A_ROW_MAX = 3
# Until its outcome is recorded, a case that was reported is still somebody's.
_OUTCOME_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """How a worker works.

    Attributes:
        settings: Path of the custodian's settings.
        is_production: Whether it serves the desk that officers read.
        passwords: Path of a file with passwords for encrypted containers.
        unsafe_no_sandbox: Read containers where the kernel cannot lock a process.
        kept: Gives preserved copies of findings.
        address: In place of the desk's own.
        timing: Clock and chance; None for those of this machine.
        lease_s: For how long a letter is in hand.
        note: Told what a person should know.
    """

    settings: str
    is_production: bool = False
    passwords: str | None = None
    unsafe_no_sandbox: bool = False
    kept: Kept = no_copy
    address: str | None = None
    timing: Timing | None = None
    lease_s: int = LEASE_S
    note: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Worked:
    """How far a worker came with one filing.

    Attributes:
        filing: Its number.
        case: What it is about.
        outcome: What its letter came to.
        why: In a sentence, where it is not filed.
        report_id: How the service calls the report, where it opened one.
    """

    filing: int
    case: int
    outcome: Sending
    why: str
    report_id: int | None


def send(location: str, working: Working) -> Iterator[Worked]:
    """Send all that is due on the way that the settings name.

    Yields:
        Each filing that was in hand, once what came of it is on record.

    Raises:
        UsageError: Settings and flag do not name the same desk.
        ExchangeError: There are no credentials, they are not taken, or the service does not answer: nothing was begun.
        StoreError: There is no store, or it cannot be written.
        SandboxError: The kernel cannot lock a process that reads containers.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    settings = read_settings(working.settings)
    way = way_of(settings, is_production=working.is_production)
    with open_recorded(location, create=False) as store:
        wanted = Wanted(
            case=0,
            settings=working.settings,
            passwords=working.passwords,
            unsafe_no_sandbox=working.unsafe_no_sandbox,
            kept=working.kept,
        )
        decide_by_policy(store, settings, way, wanted=wanted, note=working.note)
        if way.channel not in stores.channels_waiting(store, kind=FILING):
            return
        with open_desk(settings, way, timing=working.timing, address=working.address) as tip:
            # Before anything is begun: no filing shall wait for what is wrong with them all.
            tip.status()
            with Rereader(
                passwords=working.passwords, kept=working.kept, unsafe_no_sandbox=working.unsafe_no_sandbox
            ) as rereader:
                yield from _Worker(store, way, tip, rereader, working.lease_s).work()


@dataclass(frozen=True, slots=True)
class _Worker:
    store: Store
    way: Way
    tip: CyberTipline
    rereader: Rereader
    lease_s: int

    def work(self) -> Iterator[Worked]:
        """Send what is due, one filing after the other."""
        failures = 0
        while claim := stores.claim_next(
            self.store, kind=FILING, channel=self.way.channel, lease_s=self.lease_s, at_utc=now_utc()
        ):
            assert claim.letter.filing is not None
            filing = stores.read_filing(self.store, claim.letter.filing)
            try:
                worked, last = self._work_on(claim, filing)
            except ClaimLostError as error:
                yield Worked(filing.id, filing.case, Sending.UNKNOWN, str(error), None)
                continue
            yield worked
            failures = failures + 1 if worked.outcome in {Sending.FAILED, Sending.UNKNOWN} else 0
            # Then the service is away, not the report wrong; the others need not find that out one by one.
            if last is Outcome.UNAUTHORISED or failures == _FAILURES_IN_A_ROW_MAX:
                return

    def _work_on(self, claim: Claim, filing: Filing) -> tuple[Worked, Outcome | None]:
        record = StoredRecord(self.store, claim, lease_s=self.lease_s)
        ids = [file.finding for file in filing.files]
        named = stores.name_findings(self.store, ids)
        findings = {one.id: one for one in stores.mark_findings(self.store, named)}
        if why_not := self._why_not(filing, findings, record):
            course = Course(Standing.WAITS, why=why_not)
        else:
            kept = partial(_preserved, self.store, filing)
            with DecidedMaterial.of(filing, findings, self.rereader, beat=record.beat, kept=kept) as material:
                course = pursue(self.tip, material, record, now=lambda: datetime.now(UTC))
        steps = record.steps()
        report_id = next((step.report_id for step in reversed(steps) if step.report_id is not None), None)
        outcome = _outcome(course, steps, is_taken_back=record.turns().is_taken_back)
        why = _why(course, outcome, stores.read_steps(self.store, filing.id), report_id)
        stores.settle(
            self.store,
            claim,
            outcome,
            status=None,
            answer=why,
            again_in_s=_wait_s(claim.attempts),
            at_utc=now_utc(),
            beside=lambda page: _tell_cases(page, filing, self.way, why),
        )
        return Worked(filing.id, filing.case, outcome, why, report_id), steps[-1].outcome if steps else None

    def _why_not(self, filing: Filing, findings: Mapping[str, Finding], record: StoredRecord) -> str | None:
        """What came to be known since somebody decided: nobody is accused of what was cleared, or taken back."""
        if record.turns().is_taken_back:
            return None
        since = stores.known_since(self.store, filing.id, list(findings))
        for finding in findings.values():
            verdict = finding.verdict
            if finding.status is Status.CLEARED and verdict is not None and finding.id in since.judged:
                return f"finding {finding.id[:16]} was cleared by {verdict.by} after that was decided"
            has_changed = since.lists & {match.list for match in finding.matches}
            if finding.status is not Status.CONFIRMED and finding.rests_on_withdrawn == "wholly" and has_changed:
                return f"every entry that finding {finding.id[:16]} rests on was withdrawn after that was decided"
        return None


def _preserved(store: Store, filing: Filing, finding: Finding) -> AbstractContextManager[ByteSource] | None:
    """The copy that the custodian keeps of a finding; that it is opened for this filing is on record."""
    if finding.id not in stores.preserved_of(store, [finding.id]):
        return None
    by = filing.by or f"policy {filing.policy}"
    return open_content(store, finding, by=by, reason=f"to be sent with filing {filing.id}")


def _outcome(course: Course, steps: Sequence[Step], *, is_taken_back: bool) -> Sending:
    match course.standing:
        case Standing.FILED | Standing.FILED_WITHOUT_RECEIPT:
            return Sending.ACCEPTED
        case Standing.RETRACTED if is_taken_back:
            return Sending.WITHDRAWN
        case Standing.GOES_ON:
            return Sending.UNKNOWN if steps[-1].outcome is Outcome.UNKNOWN else Sending.FAILED
        case _:
            # What took itself back is not filed, and somebody must say how it goes on.
            return Sending.WAITS


def _why(course: Course, outcome: Sending, steps: Sequence[FilingStep], report_id: int | None) -> str:
    match course.standing:
        case Standing.FILED:
            return f"filed as report {report_id}"
        case Standing.FILED_WITHOUT_RECEIPT:
            asked = next((one.answered.request_id for one in reversed(steps) if one.answered), None)
            return f"filed as report {report_id}; the receipt was lost: ask the service for it by Request-ID {asked}"
        case Standing.RETRACTED if outcome is Sending.WITHDRAWN:
            return "taken back: nothing was filed"
        case Standing.RETRACTED:
            return f"report {report_id} was taken back, and nothing was filed: {_trouble(steps)}"
        case Standing.WAITS:
            trouble = _trouble(steps)
            return f"{course.why}{f' ({trouble})' if trouble else ''}"
        case _:
            return f"tried again later: {_trouble(steps)}"


def _trouble(steps: Sequence[FilingStep]) -> str:
    """What went wrong last, in the words that were kept."""
    for one in reversed(steps):
        if one.answered is None:
            return f"nobody knows what came of the call {one.call}"
        if one.answered.why:
            return f"{one.call}: {one.answered.why}"
    return ""


def _tell_cases(page: Page, filing: Filing, way: Way, why: str) -> None:
    """A case that was reported has left the house, and still waits for somebody to record its outcome."""
    due = in_utc(datetime.now(UTC) + _OUTCOME_WITHIN)
    for case in (filing.case, *filing.more_cases):
        text = f"{way.title}, {why} (filing {filing.id})"
        if not way.is_production:
            # Nobody reads it there: the case is as unreported as before.
            note_event(page, case, EventKind.NOTED, {"by": filing.by, "text": text})
            continue
        left = stores.note_forwarded(page, case, channel=way.channel, by=filing.by, text=text)
        more = f"report what this filing does not hold: findings, {left}"
        action = more if left else "record the outcome: it was reported"
        after = {"by": filing.by, "text": action, "due_at_utc": due}
        note_event(page, case, EventKind.NEXT_ACTION, after)


def _wait_s(attempts: int) -> int:
    return int(min(_WAIT_MAX_S, _FIRST_WAIT_S * 2.0 ** min(attempts, 10)))
