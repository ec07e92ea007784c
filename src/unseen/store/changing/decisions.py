"""What is decided here about entries: quarantined ones are searched and shown, and their matches are leads."""

from sqlalchemy import Connection, insert, select

from unseen.errors import ListError, UsageError
from unseen.model import EntryDecision, EntryVerdict
from unseen.store.engine import Store
from unseen.store.ledger.entries import record
from unseen.store.ledger.rows import decision_value
from unseen.store.lists import find_list
from unseen.store.schema import entries, entry_decisions

__all__ = ["decide_entry", "entry_history"]


def decide_entry(store: Store, name: str, entry: str, verdict: EntryVerdict) -> bool:
    """Record a decision about an entry, under its identifier in its list.

    Args:
        store: Open for writing.
        name: Of the list.
        entry: Identifier in it.
        verdict: What is decided. Only a named person releases.

    Returns:
        Whether that changed anything: an entry that is quarantined already is not quarantined anew, so that whoever
        measures may say so as often as they measure; and one that is not cannot be released.

    Raises:
        ListError: There is no such list, or it never held such an entry.
        UsageError: Nobody is named who releases it.
        StoreError: The store cannot be written.
    """
    if verdict.decision is EntryDecision.RELEASED and not verdict.by:
        raise UsageError("an entry is released by a named person only")
    with record(store, at_utc=verdict.at_utc) as page:
        list_id = find_list(page.connection, name).record
        held = select(entries.c.id).where(entries.c.list_id == list_id, entries.c.entry == entry)
        if page.connection.execute(held.limit(1)).first() is None:
            raise ListError(
                f"list {name!r} holds no entry {entry!r}", hint="matches name the entries that they rest on"
            )
        history = entry_history(page.connection, list_id, entry)
        is_quarantined = bool(history) and history[-1].decision is EntryDecision.QUARANTINED
        if is_quarantined is (verdict.decision is EntryDecision.QUARANTINED):
            return False
        row = {
            "list_id": list_id,
            "entry": entry,
            "decision": verdict.decision.value,
            "decided_by": verdict.by,
            "reason": verdict.reason,
            "at_utc": verdict.at_utc,
        }
        number, salt = page.commit_to("entry_decision", {}, decision_value(row))
        page.connection.execute(insert(entry_decisions).values(id=number, salt=salt, **row))
    return True


def entry_history(connection: Connection, list_id: int, entry: str) -> tuple[EntryVerdict, ...]:
    """Every decision about an entry, oldest first."""
    query = select(entry_decisions).where(entry_decisions.c.list_id == list_id, entry_decisions.c.entry == entry)
    return tuple(
        EntryVerdict(decision=EntryDecision(row.decision), by=row.decided_by, reason=row.reason, at_utc=row.at_utc)
        for row in connection.execute(query.order_by(entry_decisions.c.id))
    )
