"""Read from the store what a filing is composed of. Nothing is written here."""

from importlib.metadata import version
from typing import TYPE_CHECKING

from unseen import store as stores
from unseen.casework.cases.course import fold
from unseen.casework.filing.values import CaseMaterial, FoundFile, ListedLabel, SearchedList
from unseen.casework.proof.recording import ledger_origin
from unseen.model import EventKind, ListClass

if TYPE_CHECKING:
    from unseen.store import Store

__all__ = ["read_material"]


def read_material(store: "Store", case_id: int) -> CaseMaterial:
    """Read a case with all that is known of it.

    Args:
        store: Open, if only for reading.
        case_id: Of the case.

    Raises:
        UsageError: There is no such case.
        StoreError: The store cannot be read.
    """
    case = fold(stores.read_case(store, case_id))
    facts = {event.finding: event.facts for event in case.events if event.kind is EventKind.FINDING}
    accounts = [event.facts for event in case.events if event.kind is EventKind.ACCOUNT]
    items = stores.found_items(store, case.findings)
    labels = stores.labelled_entries(store, case.findings)
    searched = stores.searched_lists(store, case.findings)
    files = tuple(
        FoundFile(
            finding=finding,
            size_bytes=items[finding.id].size_bytes,
            md5=items[finding.id].md5,
            sha1=items[finding.id].sha1,
            labels=tuple(ListedLabel(*each) for each in labels.get(finding.id, ())),
            searched={
                name: SearchedList(
                    None if one.list_class is None else ListClass(one.list_class), one.sha256, one.record
                )
                for name, one in searched.get(finding.id, {}).items()
            },
            facts=facts.get(finding.id),
        )
        for finding in stores.mark_findings(store, stores.name_findings(store, case.findings))
    )
    return CaseMaterial(
        id=case_id,
        ledger=ledger_origin(store) or "",
        subject=case.subject,
        known_at_utc=case.known_at_utc,
        danger=case.danger,
        version=version("unseen"),
        files=files,
        account=accounts[-1].account if accounts and accounts[-1] is not None else None,
    )
