"""Which scans saw the findings of a case, and what a report says of the case."""

from typing import TYPE_CHECKING

from unseen import store as stores
from unseen.casework.cases.course import fold
from unseen.errors import UsageError
from unseen.model.report import ReportedCase

if TYPE_CHECKING:
    from unseen.store import Store

__all__ = ["parts_of_case"]


def parts_of_case(store: "Store", case_id: int) -> dict[int, tuple[ReportedCase, list[str]]]:
    """Give, for each finished scan that was the last to see findings of a case, these findings and the case.

    Raises:
        UsageError: There is no such case, or no finished scan has seen one of its findings.
        StoreError: The store cannot be read.
    """
    case = fold(stores.read_case(store, case_id))
    seen = stores.scans_of_findings(store, case.findings)
    if lost := len(case.findings) - sum(map(len, seen.values())):
        raise UsageError(
            f"{lost} of {len(case.findings)} findings of case {case_id} were seen by no scan that is finished",
            hint="let the scan go on by the same command, and report the case then",
        )
    return {
        scan_id: (
            ReportedCase(
                id=case.id,
                subject=case.subject,
                known_at_utc=case.known_at_utc,
                owner=case.owner,
                danger=case.danger,
                outcome=case.outcome,
                events=case.events,
                elsewhere=len(case.findings) - len(ids),
            ),
            ids,
        )
        for scan_id, ids in seen.items()
    }
