"""Lists and their entries in the store."""

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from sqlalchemy import Connection, RowMapping, and_, delete, func, insert, select, update

from unseen.errors import ListError
from unseen.model import Entry, Label, ListClass, Refused, Signal
from unseen.store.engine import Store, bulk_insert
from unseen.store.ledger.digests import ENTRY_COLUMNS, digest_rows
from unseen.store.ledger.entries import Page, record
from unseen.store.ledger.rows import stated_list
from unseen.store.schema import entries, ledger, lists, syncs

__all__ = [
    "ListAccount",
    "ListInfo",
    "ListOrigin",
    "add_list",
    "find_list",
    "labels_text",
    "list_entries",
    "list_lists",
    "name_entries",
    "parse_version",
    "read_account",
    "read_labels",
    "read_version",
    "record_export",
    "record_refusals",
    "remove_list",
]

# SQLite takes 32,766 parameters in a statement, and PostgreSQL 65,535; beyond some hundreds nothing is gained.
_IDS_PER_QUERY = 500
# Rows fetched at once: Python's work for each fetch vanishes, and they stay far below a megabyte.
_ROWS_PER_FETCH = 10_000
_DIGEST_DIGITS = 64


@dataclass(frozen=True, slots=True)
class ListOrigin:
    """Where a list came from.

    Attributes:
        path: As given.
        file_format: In which it was read.
        sha256: Gives the digest of exactly the bytes that were read, once all entries have been taken.
        refused: Gives how many entries were refused and the first of them by place, once all have been taken.
        by: Whose account took it in; None where nobody says.
    """

    path: str
    file_format: str
    sha256: Callable[[], bytes]
    refused: Callable[[], tuple[int, Sequence[Refused]]] = lambda: (0, ())
    by: str | None = None


@dataclass(frozen=True, slots=True)
class ListInfo:
    """A list in the store, without its entries."""

    name: str
    list_class: ListClass
    file_format: str
    origin: str
    sha256: bytes
    added_at_utc: str
    entry_count: int
    # Number of the entry in the ledger that states all this, and the digest of the entries.
    record: int
    # Number of the entry in the ledger that states its newest change; the same as `record` where it never changed.
    version: int


@dataclass(frozen=True, slots=True)
class ListAccount:
    """What a list holds, in numbers.

    Attributes:
        info: The list.
        by_signal: Number of entries of each signal.
        by_label: Number of entries that carry each label.
    """

    info: ListInfo
    by_signal: Mapping[str, int]
    by_label: Mapping[Label, int]

    @property
    def searchable(self) -> int:
        """Entries whose signal this program computes itself."""
        return sum(count for signal, count in self.by_signal.items() if signal in set(Signal))

    @property
    def not_searchable(self) -> int:
        """Entries that are kept and counted only."""
        return self.info.entry_count - self.searchable


def add_list(
    store: Store,
    name: str,
    offered: Iterable[Entry],
    *,
    list_class: ListClass,
    origin: ListOrigin,
    at_utc: str,
    replace: bool = False,
    is_distinct: bool = False,
) -> int:
    """Keep a list: all its entries or none, in one transaction, in memory of some 40 bytes for each entry.

    An entry that says what an earlier one said (same signal, value and labels, and the same identifier where the
    list gives its own) is left out. Where the file is known to hold none, memory is constant.

    Args:
        store: Open for writing.
        name: The list's name.
        offered: Its entries; whatever this raises undoes everything.
        list_class: What the list is for.
        origin: Where it came from.
        at_utc: When, in ISO 8601.
        replace: Whether a list of this name gives way, whatever it was. For a newer file of it see `replace_list`.
        is_distinct: Whether no entry says what an earlier one said.

    Returns:
        How many entries were left out as duplicates.

    Raises:
        ListError: There is a list of this name.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        connection = page.connection
        _make_way(page, name, replace=replace)
        # The number of the entry that is written below, when everything it says is known.
        list_id = page.next
        row: dict[str, object] = {
            "name": name,
            "list_class": list_class.value,
            "format": origin.file_format,
            "origin": origin.path,
            "added_at_utc": at_utc,
        }
        empty = {"sha256": b"", "entries_sha256": b"", "entry_count": 0, "version": list_id}
        connection.execute(insert(lists).values(id=list_id, **row, **empty))
        first_id = (connection.execute(select(func.max(entries.c.id))).scalar_one() or 0) + 1
        if is_distinct:
            duplicates, counter = 0, count(first_id)
            bulk_insert(connection, entries, _rows(offered, list_id, counter, lambda _: None))
            kept = next(counter) - first_id
        else:
            hashes = array("q")
            bulk_insert(connection, entries, _rows(offered, list_id, count(first_id), hashes.append))
            duplicates = _drop_duplicates(connection, first_id, hashes)
            kept = len(hashes) - duplicates
        row |= {"sha256": origin.sha256(), "entry_count": kept}
        query = select(*ENTRY_COLUMNS).where(entries.c.list_id == list_id).order_by(entries.c.id)
        row["entries_sha256"] = digest_rows(connection, query).sha256()
        connection.execute(update(lists).where(lists.c.id == list_id).values(row))
        hidden = {"origin": origin.path} | ({} if origin.by is None else {"by": origin.by})
        page.add("list_added", stated_list(row), hidden=hidden)
        record_refusals(page, list_id, origin)
    return duplicates


def record_refusals(page: Page, list_id: int, origin: ListOrigin) -> None:
    """Record which entries of a file were refused, if any."""
    count, refused = origin.refused()
    if count:
        hidden = {"entries": [[each.position, each.why] for each in refused]}
        page.add("entries_refused", {"list": list_id, "count": count}, hidden=hidden)


def remove_list(store: Store, name: str, *, at_utc: str) -> int:
    """Take a list out, with its entries; findings that it led to stay, and so does the record of what it was.

    Returns:
        How many entries it held.

    Raises:
        ListError: There is no such list.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        info = find_list(page.connection, name)
        _take_out(page, name)
    return info.entry_count


def record_export(store: Store, name: str, *, path: str, file_format: str, at_utc: str) -> None:
    """Record that the entries of a list, values included, were written to a file."""
    with record(store, at_utc=at_utc) as page:
        info = find_list(page.connection, name)
        stated = {"list": info.record, "entries": info.entry_count, "format": file_format}
        page.add("list_exported", stated, hidden={"path": path})


def list_lists(store: Store) -> list[ListInfo]:
    """All lists, by name."""
    with store.read() as connection:
        return [_info(row) for row in connection.execute(select(lists).order_by(lists.c.name)).mappings()]


def read_account(store: Store, name: str) -> ListAccount:
    """Count what a list holds.

    Raises:
        ListError: There is no such list.
    """
    with store.read() as connection:
        info = find_list(connection, name)
        of_list = and_(entries.c.list_id == info.record, entries.c.withdrawn_n.is_(None))
        count = func.count()
        by_signal = connection.execute(
            select(entries.c.signal, count).where(of_list).group_by(entries.c.signal).order_by(entries.c.signal)
        )
        by_labels = connection.execute(
            select(entries.c.labels, count).where(of_list, entries.c.labels.is_not(None)).group_by(entries.c.labels)
        )
        counts = {signal: entry_count for signal, entry_count in by_signal.all() if entry_count}
        by_label: Counter[Label] = Counter()
        for labels, entry_count in by_labels:
            for label in read_labels(labels):
                by_label[label] += entry_count
        ordered = sorted(by_label.items(), key=lambda pair: (pair[0].scheme, pair[0].code))
        return ListAccount(info, counts, dict(ordered))


def list_entries(store: Store, name: str) -> Iterator[Entry]:
    """Give the entries of a list that stand, in the order in which they came, one by one.

    Raises:
        ListError: There is no such list.
    """
    with store.read() as connection:
        find_list(connection, name)
        query = (
            select(entries.c.entry, entries.c.signal, entries.c.value, entries.c.labels)
            .join(lists, lists.c.id == entries.c.list_id)
            .where(lists.c.name == name, entries.c.withdrawn_n.is_(None))
            .order_by(entries.c.id)
        )
        for entry, signal, value, labels in connection.execution_options(yield_per=_ROWS_PER_FETCH).execute(query):
            yield Entry(entry, signal, value, read_labels(labels))


def read_version(store: Store, name: str) -> str:
    """Tells, in hexadecimal, one state of a list from every other: whence it came, and which rows it has.

    The digest of the entry of the ledger that states its newest change, and then the number of that entry. Whoever
    rewrites values behind the back of this program does not change it: that is for `unseen verify` to find.

    Raises:
        ListError: There is no such list.
    """
    with store.read() as connection:
        return _version_text(connection, find_list(connection, name).version)


def parse_version(store: Store, name: str, version: str) -> int | None:
    """The number of the change after which a list was in this state, as `read_version` told it then.

    Returns:
        None where the list was never in this state, by what is on record now.

    Raises:
        ListError: There is no such list.
    """
    try:
        number = int(version[_DIGEST_DIGITS:], 16)
    except ValueError:
        return None
    with store.read() as connection:
        info = find_list(connection, name)
        entry = connection.execute(select(ledger.c.entry).where(ledger.c.n == number)).scalar_one_or_none()
        if entry is None or _version_text(connection, number) != version:
            return None
        # The entry that took a list in is known by its number, those that changed it name that.
        is_of_list = number == info.record or json.loads(entry).get("list") == info.record
        return number if is_of_list else None


def _version_text(connection: Connection, version: int) -> str:
    entry = connection.execute(select(ledger.c.entry).where(ledger.c.n == version)).scalar_one_or_none()
    return f"{hashlib.sha256(entry or b'').hexdigest()}{version:016x}"


def name_entries(store: Store, rows: Sequence[int]) -> dict[int, str]:
    """The identifiers of entries, by row."""
    names: dict[int, str] = {}
    with store.read() as connection:
        for chunk in _chunks(sorted(set(rows))):
            found = connection.execute(select(entries.c.id, entries.c.entry).where(entries.c.id.in_(chunk)))
            names.update((row, entry) for row, entry in found)
    return names


def _take_out(page: Page, name: str) -> None:
    number = page.connection.execute(select(lists.c.id).where(lists.c.name == name)).scalar_one()
    page.connection.execute(delete(lists).where(lists.c.id == number))
    # Behind the old checkpoint a new list of this name would miss all that came before.
    page.connection.execute(delete(syncs).where(syncs.c.list == name))
    page.add("list_removed", {"list": number, "name": name})


def _make_way(page: Page, name: str, *, replace: bool) -> None:
    if page.connection.execute(select(lists.c.id).where(lists.c.name == name)).first() is None:
        return
    if replace:
        _take_out(page, name)
    else:
        raise ListError(
            f"there is a list named {name!r} already", hint=f"give --replace, or `unseen list rm {name}` first"
        )


def _rows(
    offered: Iterable[Entry], list_id: int, ids: Iterator[int], note: Callable[[int], None]
) -> Iterator[tuple[object, ...]]:
    for entry in offered:
        labels = labels_text(entry.labels) if entry.labels else None
        name = entry.entry
        note(hash((entry.value, labels, None if entry.is_positional else name)))
        yield next(ids), list_id, name, entry.signal, entry.value, labels, None, None, list_id, None


def _drop_duplicates(connection: Connection, first_id: int, hashes: "array[int]") -> int:
    """Take out entries that say what an earlier one said; hashes only choose whom to compare."""
    numbers = np.frombuffer(hashes, dtype=np.int64) if len(hashes) else np.empty(0, np.int64)
    order = np.argsort(numbers, kind="stable")
    same = numbers[order][1:] == numbers[order][:-1]
    alike = np.zeros(len(numbers), dtype=bool)
    alike[order[1:][same]] = True
    alike[order[:-1][same]] = True
    seen: set[tuple[object, ...]] = set()
    surplus: list[int] = []
    for chunk in _chunks((np.flatnonzero(alike) + first_id).tolist()):
        found = connection.execute(select(entries).where(entries.c.id.in_(chunk)).order_by(entries.c.id)).mappings()
        for row in found:
            entry = Entry(row["entry"], row["signal"], row["value"])
            key = (entry.signal, entry.value, row["labels"], None if entry.is_positional else entry.entry)
            if key in seen:
                surplus.append(row["id"])
            seen.add(key)
    for chunk in _chunks(surplus):
        connection.execute(delete(entries).where(entries.c.id.in_(chunk)))
    return len(surplus)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[at : at + _IDS_PER_QUERY] for at in range(0, len(ids), _IDS_PER_QUERY))


def find_list(connection: Connection, name: str) -> ListInfo:
    """A list by its name.

    Raises:
        ListError: There is no such list.
    """
    row = connection.execute(select(lists).where(lists.c.name == name)).mappings().first()
    if row is None:
        raise ListError(f"there is no list named {name!r}", hint="`unseen list ls` names them")
    return _info(row)


def _info(row: RowMapping) -> ListInfo:
    return ListInfo(
        row["name"],
        ListClass(row["list_class"]),
        row["format"],
        row["origin"],
        row["sha256"],
        row["added_at_utc"],
        row["entry_count"],
        row["id"],
        row["version"],
    )


def labels_text(labels: Sequence[Label]) -> str | None:
    """Write the labels of an entry as its row holds them."""
    if not labels:
        return None
    return json.dumps([[label.scheme, label.code] for label in labels], ensure_ascii=False, separators=(",", ":"))


def read_labels(text: str | None) -> tuple[Label, ...]:
    """Read the labels of an entry as its row holds them."""
    return tuple(Label(scheme, code) for scheme, code in json.loads(text)) if text else ()
