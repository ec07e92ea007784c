"""`unseen case preserve`, and scans where contents are kept."""

from collections.abc import Callable, Iterator, Sequence

from unseen import store as stores
from unseen.casework.cases.course import fold
from unseen.casework.custody.preserving import Tried, is_preserving, preserve
from unseen.casework.filing.sending.rereading import Rereader
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.model import Finding
from unseen.store import Store

__all__ = ["Tried", "keep_found", "preserve_case"]

_IDS_AT_ONCE = 500


def preserve_case(
    location: str,
    case_id: int,
    *,
    by: str,
    reason: str,
    passwords: str | None = None,
    unsafe_no_sandbox: bool = False,
) -> Iterator[Tried]:
    """Keep the contents of the files of a case, read again where they were found.

    Args:
        location: Path of the store.
        case_id: Number of the case.
        by: Who asks for it.
        reason: Why.
        passwords: Path of a file with passwords for encrypted containers.
        unsafe_no_sandbox: Go on where the kernel cannot lock a process.

    Yields:
        What came of each finding, after it is on the disk.

    Raises:
        UsageError: There is no such case, the custodian has not turned it on, or name or reason are none.
        StoreError: There is no store, it cannot be written, or its disk is full.
        SandboxError: The kernel cannot lock a process that reads containers.
        SigningKeyError: There is no key to sign the ledger with, or the key to contents is not there.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    name, why = stated_name(by), stated_reason(reason)
    with open_recorded(location, create=False) as store:
        ids = fold(stores.read_case(store, case_id)).findings
        with Rereader(passwords=passwords, unsafe_no_sandbox=unsafe_no_sandbox) as rereader:
            yield from preserve(store, _findings(store, ids), rereader.open, by=name, reason=why)


def keep_found(
    location: str,
    found: Sequence[str],
    *,
    passwords: str | None = None,
    unsafe_no_sandbox: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> None:
    """Keep the contents of what a scan has found in cases, where the custodian has said so; else do nothing.

    Args:
        location: Path of the store.
        found: Ids of findings.
        passwords: Path of a file with passwords for encrypted containers.
        unsafe_no_sandbox: Go on where the kernel cannot lock a process.
        note: Told what came of it.

    Raises:
        StoreError: The disk is full, or refuses; the scan itself is kept.
        SandboxError: The kernel cannot lock a process that reads containers.
        SigningKeyError: The key to contents is not there.
    """
    with open_to_read(location) as store:
        in_cases = list(stores.cases_of_findings(store, found)) if is_preserving(store) is not None else []
    if not in_cases:
        return
    with (
        open_recorded(location, create=False) as store,
        Rereader(passwords=passwords, unsafe_no_sandbox=unsafe_no_sandbox) as rereader,
    ):
        count = 0
        for tried in preserve(store, _findings(store, in_cases), rereader.open):
            count += tried.record is not None
            if tried.reason not in {None, "already"}:
                note(f"the content of finding {tried.finding} is not kept: {tried.reason}")
    if count:
        note(f"contents of found files are kept now, encrypted: {count:,}")


def _findings(store: Store, ids: Sequence[str]) -> Iterator[Finding]:
    for at in range(0, len(ids), _IDS_AT_ONCE):
        yield from list(stores.name_findings(store, ids[at : at + _IDS_AT_ONCE]))
