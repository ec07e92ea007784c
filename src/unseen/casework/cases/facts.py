"""`unseen case facts`: what was learned of findings after they were found."""

from collections.abc import Iterator
from itertools import chain, islice

from unseen import store as stores
from unseen.casework.given.facts import FactsFile
from unseen.casework.given.persons import stated_name
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.recording import open_recorded
from unseen.model import Facts, Gathered, ListClass
from unseen.store import Store

__all__ = ["add_facts"]

# Kept together, in one transaction; what is kept already changes nothing when the same file is given again.
_FINDINGS_AT_ONCE = 500


def add_facts(location: str, path: str, *, by: str) -> list[Gathered]:
    """Add what a file says of findings of known material to their cases; of all other items nothing is kept.

    A finding comes into the case of the subject that the file names, beside the case that it may stand in. What an
    earlier statement said and this one does not, stays.

    Args:
        location: Path of the store.
        path: Of the file; as `unseen scan --facts` takes it.
        by: Name of whoever gives it.

    Returns:
        The cases to which something was added, with how many findings of each something is known now that was not.

    Raises:
        UsageError: The file cannot be read, or a row of it is none.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    name = stated_name(by)
    changed: dict[int, int] = {}
    with FactsFile(path) as file, open_recorded(location, create=False) as opened:
        found = chain(_spoken_of(opened, file), _accounts(opened, file))
        while some := list(islice(found, _FINDINGS_AT_ONCE)):
            for case_id, count in stores.add_facts(opened, some, by=name, at_utc=now_utc()).items():
                changed[case_id] = changed.get(case_id, 0) + count
        return list(stores.describe_cases(opened, changed))


def _spoken_of(store: Store, file: FactsFile) -> Iterator[tuple[str, Facts]]:
    others = {info.name for info in stores.list_lists(store) if info.list_class is not ListClass.CSAM}
    for finding in stores.list_findings(store):
        facts = file.about(finding.locator)
        if facts is not None and any(match.list not in others for match in finding.matches):
            yield finding.id, facts
    # Of an account the file may speak without naming one of its items.
    for events in stores.list_cases(store):
        subject, first = events[0].subject, next((event.finding for event in events if event.finding), None)
        account = None if subject is None else file.account_of(subject)
        if subject is not None and first is not None and account is not None:
            yield first, Facts(subject=subject, account=account)


def _accounts(store: Store, file: FactsFile) -> Iterator[tuple[str, Facts]]:
    """What rows about accounts alone say, for cases that there are; by any finding of each."""
    for events in stores.list_cases(store):
        subject = events[0].subject
        assert subject is not None
        account, finding = file.account_of(subject), next((one.finding for one in events if one.finding), None)
        if account is not None and finding is not None:
            yield finding, Facts(subject=subject, account=account)
