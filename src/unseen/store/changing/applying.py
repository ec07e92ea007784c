"""Apply what is staged for a list: in one transaction, with its entry in the ledger, or not at all."""

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, RowMapping, insert, select

from unseen.errors import ListError
from unseen.model import ListChange, ListClass, Waiting
from unseen.store.changing.joining import Pair, pair
from unseen.store.changing.rows import ChangedRows
from unseen.store.changing.staging import clear_staged, read_refusals, read_staging
from unseen.store.engine import Store
from unseen.store.ledger.entries import Page, record
from unseen.store.ledger.rows import stated_list
from unseen.store.schema import entries, lists, opinions

__all__ = ["Acceptance", "Change", "apply_staged"]

# Named in what is told; all are counted.
_REFUSALS_TOLD = 100
# A publisher takes back some, or adds a year's work at once; whoever sends a tenth, or ten times, is mistaken or
# somebody else.
_TENFOLD = 10

_COUNTED = ("added", "replaced", "withdrawn", "unchanged")

_Hash = tuple[str, bytes, str | None]
_Said = tuple[str, str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That a named person says that a change which looks wrong is right.

    Attributes:
        by: Who says so.
        reason: Why, in that person's words.
    """

    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the ledger says of a change of a list beside its rows.

    Attributes:
        list_class: Of the list, where it does not exist yet.
        file_format: Which exchange or format it is; of a list that exists it must be the same.
        origin: Where it came from: an address or a path, without credentials.
        at_utc: When it is applied, in ISO 8601.
        by: Whose account runs this; None where nobody says.
        acceptance: For a list that shrinks or grows tenfold.
    """

    list_class: ListClass
    file_format: str
    origin: str
    at_utc: str
    by: str | None = None
    acceptance: Acceptance | None = None


def apply_staged(store: Store, name: str, change: Change) -> ListChange:
    """Make of a list what the staged pages say: all of it in one transaction, in bounded memory.

    What is the same as before is not touched; where nothing differs, the list keeps its version. Pages that were
    applied are forgotten, their checkpoint is not.

    Args:
        store: Open for writing.
        name: Of the list; made where there is none.
        change: Where it comes from.

    Returns:
        What came of it. Where the list would shrink or grow tenfold and nobody has accepted that, nothing is changed,
        and what is staged stays.

    Raises:
        ListError: Nothing is staged, or not all of it yet; the list came from a file, or is of another class or format.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=change.at_utc) as page:
        staging = read_staging(page.connection, name)
        if staging is None or not staging.is_complete:
            raise ListError(f"nothing that is complete is staged for list {name!r}", hint="sync it first, to the end")
        row = _find(page.connection, name, change)
        before = 0 if row is None else row["entry_count"]
        refusals = list(read_refusals(page.connection, name))
        attempt = page.connection.begin_nested()
        list_id = _create(page, name, change) if row is None else row["id"]
        made = ChangedRows(page, list_id)
        counts = _work_out(
            made, name, refused=frozenset(one.position for one in refusals), is_whole=staging.begins_anew
        )
        after = before + made.added.count - made.count_withdrawn(entries)
        waiting = None if change.acceptance else _looks_wrong(before, after)
        version = row["version"] if row is not None else list_id
        if waiting is not None:
            attempt.rollback()
        else:
            if made.are_any():
                told = {name: counts[name] for name in _COUNTED} | {"refused": len(refusals)}
                version = made.settle(after, counts=told, hidden=_hidden(change))
            clear_staged(page.connection, name)
            attempt.commit()
    return ListChange(
        list=name,
        version=version,
        waiting=waiting,
        **{name: counts[name] for name in _COUNTED},
        refused=len(refusals),
        refusals=tuple(refusals[:_REFUSALS_TOLD]),
        entries_before=before,
        entries_after=after,
    )


def _work_out(made: ChangedRows, name: str, *, refused: frozenset[str], is_whole: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in pair(made.connection, name, made.list_id, made.number, is_whole=is_whole):
        if not one.is_named and one.entry in refused:
            # It is there and could not be read: no reason to believe that it was withdrawn.
            continue
        rows, said = _wanted(one)
        new = sorted(rows - one.rows.keys(), key=_in_order)
        heard = sorted(said - one.opinions.keys(), key=_in_order)
        stale = [number for row, number in one.rows.items() if row not in rows]
        unsaid = [number for row, number in one.opinions.items() if row not in said]
        made.add(entries, [(one.entry, *row, one.publisher, one.published_at) for row in new])
        made.add(opinions, [(one.entry, one.publisher, *row) for row in heard])
        made.withdraw(entries, stale)
        made.withdraw(opinions, unsaid)
        has_changed = bool(new or heard or stale or unsaid)
        counts[_became(is_before=bool(one.rows), is_after=bool(rows), has_changed=has_changed)] += 1
    made.flush()
    return counts


def _wanted(one: Pair) -> tuple[frozenset[_Hash], frozenset[_Said]]:
    """The rows and the opinions of an entry as it is to be. One without any hash says nothing."""
    if one.content is None or not one.content.hashes:
        return frozenset(), frozenset()
    rows = frozenset((signal, value, one.content.labels) for signal, value in one.content.hashes)
    return rows, one.content.opinions


def _became(*, is_before: bool, is_after: bool, has_changed: bool) -> str:
    if is_before and is_after:
        return "replaced" if has_changed else "unchanged"
    if is_before:
        return "withdrawn"
    return "added" if is_after else "unknown"


def _in_order(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple((one is not None, one) for one in row)


def _find(connection: Connection, name: str, change: Change) -> RowMapping | None:
    row = connection.execute(select(lists).where(lists.c.name == name)).mappings().first()
    if row is not None and row["format"] != change.file_format:
        raise ListError(
            f"list {name!r} is a list of format {row['format']}, not {change.file_format}",
            hint="give the list that is synced a name of its own",
        )
    if row is not None and row["list_class"] != change.list_class.value:
        raise ListError(f"list {name!r} is of class {row['list_class']}, not {change.list_class.value}")
    return row


def _create(page: Page, name: str, change: Change) -> int:
    """An empty list: all that it will ever hold comes by changes."""
    list_id, nothing = page.next, sha256().digest()
    row: dict[str, object] = {
        "name": name,
        "list_class": change.list_class.value,
        "format": change.file_format,
        "origin": change.origin,
        "sha256": nothing,
        "added_at_utc": change.at_utc,
        "entry_count": 0,
        "entries_sha256": nothing,
    }
    page.connection.execute(insert(lists).values(id=list_id, version=list_id, **row))
    return page.add("list_added", stated_list(row), hidden=_hidden(change))


def _hidden(change: Change) -> dict[str, object]:
    hidden: dict[str, object] = {"origin": change.origin}
    if change.by is not None:
        hidden["by"] = change.by
    if change.acceptance is not None:
        hidden |= {"accepted_by": change.acceptance.by, "reason": change.acceptance.reason}
    return hidden


def _looks_wrong(before: int, after: int) -> Waiting | None:
    if before and after * _TENFOLD <= before:
        return Waiting.SHRINKS_TENFOLD
    if before and after >= before * _TENFOLD:
        return Waiting.GROWS_TENFOLD
    return None
