"""`unseen findings`: what scans have found, and what people have decided about it."""

from collections.abc import Iterator, Sequence

from unseen import store
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.model import Decision, Finding, Mark, Status, Verdict

__all__ = ["decide", "list_findings", "show_findings"]


def list_findings(
    location: str, *, status: Status | None = None, marked: Mark | None = None, in_no_case: bool = False
) -> Iterator[Finding]:
    """Give every finding of a store, in the order they were first seen.

    One for each item (locator and SHA-256), however many scans saw it, with the matches of the newest scan that did,
    and the newest verdict. The store is only read: a scan may be writing to it.

    Args:
        location: Path of the store.
        status: Only findings that stand so; None for all.
        marked: Only findings that rest on an entry of which this must be said now; None for all.
        in_no_case: Only findings that stand in no case.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as opened:
        for finding in store.mark_findings(opened, store.list_findings(opened)):
            is_so = marked is None or any(marked in match.marks_now for match in finding.matches)
            if in_no_case and store.cases_of_findings(opened, [finding.id]):
                continue
            if is_so and (status is None or finding.status is status):
                yield finding


def show_findings(location: str, ids: Sequence[str]) -> list[tuple[Finding, tuple[Verdict, ...]]]:
    """Give some findings, each with every verdict on it, oldest first.

    Args:
        location: Path of the store.
        ids: Ids, or as much of each as names one finding only.

    Raises:
        UsageError: No finding begins so, or several do.
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as opened:
        history = store.verdict_history(opened, ids)
        found = store.mark_findings(opened, store.name_findings(opened, list(history)))
        return [(finding, history[finding.id]) for finding in found]


def decide(location: str, ids: Sequence[str], decision: Decision, *, by: str, reason: str) -> list[Finding]:
    """Record what a person decided about some findings: about all of them, or about none.

    Nothing has to be viewed for it. A verdict is followed by another where somebody thinks better of it; it is never
    changed or removed.

    Args:
        location: Path of the store.
        ids: Ids, or as much of each as names one finding only.
        decision: What was decided.
        by: Name of whoever decided.
        reason: Why, in that person's words.

    Returns:
        The findings, in the order given.

    Raises:
        UsageError: Name or reason is empty, too long or no text; no finding begins so, or several do.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    name = stated_name(by)
    why = stated_reason(reason)
    if not ids:
        raise UsageError("no finding was named", hint="give the ids that `unseen findings` prints")
    with open_recorded(location, create=False) as opened:
        decided = store.record_verdicts(opened, ids, decision, by=name, reason=why, at_utc=now_utc())
        return list(store.mark_findings(opened, store.name_findings(opened, decided)))
