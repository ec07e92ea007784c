"""How far filings have come, and which of them wait for a person."""

from dataclasses import dataclass
from datetime import UTC, datetime

from unseen import store as stores
from unseen.casework.filing.sending.record import read_course_steps, read_course_turns
from unseen.casework.filing.values import Composed, ComposedFile
from unseen.casework.proof.places import open_to_read
from unseen.filing.cybertipline.course import Course, stand
from unseen.store import Filing, FilingDecision, FilingStep, LetterState, Receipt, Store

__all__ = ["FilingAccount", "list_filings", "show_filing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingAccount:
    """A filing, and how far it has come.

    Attributes:
        filing: As it was decided.
        course: Where it stands now, and why it waits.
        report_id: How the service calls the report, where it opened one.
        is_let_go: Whether a person decided about it after its last call.
        steps: Every call, oldest first; empty in a list.
        turns: What was decided since; empty in a list.
        receipt: Where it was filed.
        composed: The report as it was decided on, with its files; None in a list.
    """

    filing: Filing
    course: Course
    report_id: int | None
    is_let_go: bool = False
    steps: tuple[FilingStep, ...] = ()
    turns: tuple[FilingDecision, ...] = ()
    receipt: Receipt | None = None
    composed: Composed | None = None

    @property
    def waits(self) -> bool:
        """Whether a person must decide how it goes on."""
        return self.filing.state is LetterState.WAITS


def list_filings(location: str, *, everything: bool = False, case: int | None = None) -> list[FilingAccount]:
    """Give the filings that are on their way or wait for somebody, those that wait first, each in order of decision.

    Args:
        location: Path of the store.
        everything: Those that have ended, too.
        case: Only those about this case.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    living = {LetterState.PENDING, LetterState.WAITS}
    with open_to_read(location) as store:
        found = [
            _account(store, filing)
            for filing in stores.list_filings(store, case_id=case)
            if everything or filing.state in living
        ]
    return sorted(found, key=lambda one: (not one.waits, one.filing.state not in living, one.filing.id))


def show_filing(location: str, filing: int) -> FilingAccount:
    """Give one filing with every call that was made for it.

    Raises:
        UsageError: There is none of this number.
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as store:
        return _account(store, stores.read_filing(store, filing), is_whole=True)


def _account(store: Store, filing: Filing, *, is_whole: bool = False) -> FilingAccount:
    steps, files = read_course_steps(store, filing.id), sum(one.details is not None for one in filing.files)
    turns = read_course_turns(store, filing.id)
    course = stand(steps, files=files, now=datetime.now(UTC), turns=turns)
    is_let_go = bool(steps) and turns.allowed == len(steps)
    report_id = next((step.report_id for step in reversed(steps) if step.report_id is not None), None)
    receipts = [one for one in stores.receipts_of(store, filing.case) if one.filing == filing.id]
    receipt = receipts[0] if receipts else None
    if not is_whole:
        return FilingAccount(filing=filing, course=course, report_id=report_id, is_let_go=is_let_go, receipt=receipt)
    told = (ComposedFile.model_validate_json(one.details) for one in filing.files if one.details is not None)
    composed = Composed.of_json(filing.report).model_copy(update={"files": tuple(told)})
    return FilingAccount(
        filing=filing,
        course=course,
        report_id=report_id,
        is_let_go=is_let_go,
        steps=tuple(stores.read_steps(store, filing.id)),
        turns=tuple(stores.read_turns(store, filing.id)),
        receipt=receipt,
        composed=composed,
    )
