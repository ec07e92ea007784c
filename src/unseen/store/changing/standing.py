"""What must be said of entries that matched: who published them, and whether they are in doubt or gone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, tuple_

from unseen.model import EntryDecision, Finding, ListClass, Mark, Match, Stance
from unseen.model.report import ReportedFinding
from unseen.store.engine import Store
from unseen.store.schema import entries, entry_decisions, finding_matches, lists, opinions

__all__ = [
    "Matched",
    "describe_entries",
    "mark_findings",
    "mark_reported",
    "quarantined_entries",
    "read_marks",
    "touched_findings",
]

_KEYS_PER_QUERY = 300

# Name of a list, identifier and signal of an entry, and the number of the record that says that it matched.
Matched = tuple[str, str, str, int]
# By id of a finding, and by list, identifier and signal of the entry.
Marks = Mapping[tuple[str, str, str, str], tuple[Mark, ...]]


def describe_entries(store: Store, rows: Sequence[int]) -> dict[int, tuple[str | None, tuple[Mark, ...]]]:
    """Who published entries, and how they are marked now, by row; rows that are not there are left out."""
    found: dict[int, tuple[str | None, tuple[Mark, ...]]] = {}
    quarantined = quarantined_entries(store)
    of_entry = and_(
        opinions.c.list_id == entries.c.list_id,
        opinions.c.entry == entries.c.entry,
        opinions.c.publisher == entries.c.publisher,
    )
    disputed = exists().where(of_entry, *_AGAINST)
    query = select(
        entries.c.id,
        lists.c.name,
        lists.c.list_class,
        entries.c.entry,
        entries.c.publisher,
        entries.c.withdrawn_n,
        disputed,
    ).join_from(entries, lists, lists.c.id == entries.c.list_id)
    with store.read() as connection:
        for chunk in _chunks(sorted(set(rows))):
            for row, name, list_class, entry, publisher, withdrawn, is_disputed in connection.execute(
                query.where(entries.c.id.in_(chunk))
            ):
                holds = {
                    Mark.DISPUTED: is_disputed,
                    Mark.QUARANTINED: (name, entry) in quarantined,
                    Mark.WITHDRAWN: withdrawn is not None,
                    Mark.CLEARED: list_class == ListClass.CLEARED,
                }
                found[row] = publisher or None, tuple(mark for mark in Mark if holds[mark])
    return found


def quarantined_entries(store: Store) -> frozenset[tuple[str, str]]:
    """Name of the list and identifier of every entry that is quarantined now."""
    with store.read() as connection:
        return _quarantined(connection)


def read_marks(connection: Connection, matched: Iterable[Matched]) -> dict[Matched, tuple[Mark, ...]]:
    """How the entries that were matched then are marked now; those without a mark are left out.

    An entry counts as withdrawn where none of the hashes under its identifier that could be matched then stands any
    more. Of a list that is gone nothing is known.
    """
    quarantined = _quarantined(connection)
    found: dict[Matched, tuple[Mark, ...]] = {}
    by_list = groupby(sorted(set(matched)), key=lambda key: key[0])
    for name, keys in by_list:
        row = connection.execute(select(lists.c.id, lists.c.list_class).where(lists.c.name == name)).first()
        if row is None:
            continue
        list_id, list_class = row
        remaining = iter(keys)
        while some := list(islice(remaining, _KEYS_PER_QUERY)):
            names = sorted({entry for _, entry, _, _ in some})
            disputed = _disputed(connection, list_id, names)
            withdrawn = _withdrawn(connection, list_id, some)
            for key in some:
                holds = {
                    Mark.DISPUTED: key[1] in disputed,
                    Mark.QUARANTINED: key[:2] in quarantined,
                    Mark.WITHDRAWN: key in withdrawn,
                    Mark.CLEARED: list_class == ListClass.CLEARED,
                }
                if any(holds.values()):
                    found[key] = tuple(mark for mark in Mark if holds[mark])
    return found


def mark_findings(store: Store, found: Iterable[Finding]) -> Iterator[Finding]:
    """Give findings with what must be said now of the entries that they rest on; as many at once as one query takes."""
    remaining = iter(found)
    while some := list(islice(remaining, _KEYS_PER_QUERY)):
        marks = _marks_of(store, [finding.id for finding in some])
        for finding in some:
            matches = (_marked(marks, finding.id, match) for match in finding.matches)
            yield replace(finding, matches=tuple(matches))


def mark_reported(store: Store, found: Iterable[ReportedFinding], scan_id: int) -> Iterator[ReportedFinding]:
    """The same for the findings of one scan as a report gives them."""
    remaining = iter(found)
    while some := list(islice(remaining, _KEYS_PER_QUERY)):
        marks = _marks_of(store, [finding.id for finding in some], finding_matches.c.scan_id == scan_id)
        for finding in some:
            matches = (replace(one, match=_marked(marks, finding.id, one.match)) for one in finding.matches)
            yield replace(finding, matches=tuple(matches))


def _marks_of(store: Store, ids: Sequence[str], *which: ColumnElement[bool]) -> Marks:
    """By finding, list, identifier and signal, what must be said now."""
    columns = [finding_matches.c[name] for name in ("finding_id", "list", "entry", "signal")]
    # The newest record of each match: what counts is whether its entry stood after that.
    query = (
        select(*columns, func.max(finding_matches.c.ledger_n))
        .where(finding_matches.c.finding_id.in_(ids), *which)
        .group_by(*columns)
    )
    with store.read() as connection:
        newest = {row[:4]: row[4] for row in map(tuple, connection.execute(query))}
        marks = read_marks(connection, ((*key[1:], number) for key, number in newest.items()))
    return {key: marks[found] for key, number in newest.items() if (found := (*key[1:], number)) in marks}


def _marked(marks: Marks, finding_id: str, match: Match) -> Match:
    return replace(match, marks_now=marks.get((finding_id, match.list, match.entry, match.signal), ()))


def touched_findings(store: Store, name: str, change: int) -> list[str]:
    """Ids of the findings that rest on something which one change of a list withdrew, in order.

    Of a list that is gone nothing is known.
    """
    same = and_(
        finding_matches.c.list == lists.c.name,
        finding_matches.c.entry == entries.c.entry,
        finding_matches.c.signal == entries.c.signal,
        finding_matches.c.ledger_n > entries.c.added_n,
    )
    columns = [finding_matches.c[name] for name in ("finding_id", "list", "entry", "signal", "ledger_n")]
    query = (
        select(*columns)
        .select_from(entries)
        .join(lists, lists.c.id == entries.c.list_id)
        .join(finding_matches, same)
        .where(lists.c.name == name, entries.c.withdrawn_n == change)
        .distinct()
    )
    with store.read() as connection:
        found = [(row[0], (row[1], row[2], row[3], row[4])) for row in connection.execute(query)]
        marks = read_marks(connection, (key for _, key in found))
    return sorted({finding_id for finding_id, key in found if Mark.WITHDRAWN in marks.get(key, ())})


def _quarantined(connection: Connection) -> frozenset[tuple[str, str]]:
    newest = (
        select(func.max(entry_decisions.c.id).label("id"))
        .group_by(entry_decisions.c.list_id, entry_decisions.c.entry)
        .subquery()
    )
    query = (
        select(lists.c.name, entry_decisions.c.entry)
        .join_from(entry_decisions, newest, newest.c.id == entry_decisions.c.id)
        .join(lists, lists.c.id == entry_decisions.c.list_id)
        .where(entry_decisions.c.decision == EntryDecision.QUARANTINED.value)
    )
    return frozenset((name, entry) for name, entry in connection.execute(query))


_AGAINST = opinions.c.stance == Stance.AGAINST.value, opinions.c.withdrawn_n.is_(None)


def _disputed(connection: Connection, list_id: int, names: Sequence[str]) -> frozenset[str]:
    query = select(opinions.c.entry).where(opinions.c.list_id == list_id, opinions.c.entry.in_(names), *_AGAINST)
    return frozenset(connection.scalars(query))


def _withdrawn(connection: Connection, list_id: int, keys: Sequence[Matched]) -> frozenset[Matched]:
    """Those of which no hash that could be matched then stands now, under whatever row."""
    gone = _values(connection, list_id, [key[1:3] for key in keys], entries.c.withdrawn_n.is_not(None))
    if not gone:
        return frozenset()
    stand = _values(connection, list_id, list(gone), entries.c.withdrawn_n.is_(None))
    found = set()
    for key in keys:
        then = {value for value, added in gone.get(key[1:3], ()) if added < key[3]}
        # A row that stands since before then could have been matched; one that came later only if it says the same.
        stands = any(added < key[3] or value in then for value, added in stand.get(key[1:3], ()))
        if then and not stands:
            found.add(key)
    return frozenset(found)


def _values(
    connection: Connection, list_id: int, names: Sequence[tuple[str, str]], which: ColumnElement[bool]
) -> Mapping[tuple[str, str], list[tuple[bytes, int]]]:
    """By identifier and signal, the values under it, each with the change that added it."""
    columns = entries.c.entry, entries.c.signal, entries.c.value, entries.c.added_n
    wanted = tuple_(entries.c.entry, entries.c.signal).in_(names)
    found: dict[tuple[str, str], list[tuple[bytes, int]]] = {}
    for entry, signal, value, added in connection.execute(
        select(*columns).where(entries.c.list_id == list_id, which, wanted)
    ):
        found.setdefault((entry, signal), []).append((value, added))
    return found


def _chunks(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    return (rows[at : at + _KEYS_PER_QUERY] for at in range(0, len(rows), _KEYS_PER_QUERY))
