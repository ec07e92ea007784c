"""The store as it is at one moment, for whoever compares it with its ledger. Nothing is written."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, select, text

from unseen.errors import LedgerBrokenError
from unseen.model import EXHIBIT, Retention
from unseen.store.engine import Backend, Store, bulk_select
from unseen.store.ledger.digests import Changes, digest_changes
from unseen.store.ledger.entries import entries_of_type
from unseen.store.ledger.opened import Opened
from unseen.store.ledger.rows import open_rows, stated_account, stated_list
from unseen.store.schema import entries, ledger, list_policies, lists, opinions, outbox, scans

__all__ = ["Snapshot"]

_ROWS_PER_FETCH = 2_000
# What a change states of the rows that it touched, and how to say so.
_CHANGES = ("added", "withdrawn", "opinions_added", "opinions_withdrawn")
_SAID = {
    "added": "added",
    "withdrawn": "withdrew",
    "opinions_added": "added as opinions",
    "opinions_withdrawn": "withdrew as opinions",
}
_EMPTY = sha256().hexdigest()
_Stated = tuple[int, str]
_ALTERED = "the row was altered after it had been recorded"

# Rows that belong to nothing: a query for one of them, and what it is. Foreign keys prevent all of these, but whoever
# alters a store behind our back may have them switched off.
_STRAYS = {
    "a row of not_screened without its item": (
        "SELECT id FROM not_screened WHERE NOT EXISTS (SELECT 1 FROM items WHERE items.id = item_id)"
    ),
    "a finding without a match": (
        "SELECT id FROM findings WHERE NOT EXISTS (SELECT 1 FROM finding_matches WHERE finding_id = findings.id)"
    ),
    "a match without its finding": (
        "SELECT id FROM finding_matches WHERE NOT EXISTS (SELECT 1 FROM findings WHERE findings.id = finding_id)"
    ),
    "a match of a verdict that is not there": (
        "SELECT verdict_id FROM verdict_matches"
        " WHERE NOT EXISTS (SELECT 1 FROM verdicts WHERE verdicts.id = verdict_id)"
    ),
    "an event of a case that nothing opened": (
        "SELECT id FROM case_events AS one WHERE NOT EXISTS"
        " (SELECT 1 FROM case_events AS first WHERE first.id = one.case_id AND first.kind = 'opened')"
    ),
    "an event about a finding that is not there": (
        "SELECT id FROM case_events WHERE finding_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM findings WHERE findings.id = finding_id)"
    ),
    "an act of custody that follows one that is not there": (
        "SELECT id FROM custody_acts AS one WHERE answers IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM custody_acts AS first WHERE first.id = one.answers)"
    ),
    "an act of custody about a finding that is not there": (
        "SELECT id FROM custody_acts WHERE finding_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM findings WHERE findings.id = finding_id)"
    ),
    "content of a finding that is not there": (
        "SELECT id FROM preserved WHERE NOT EXISTS (SELECT 1 FROM findings WHERE findings.id = finding_id)"
    ),
    "a run without its scan": "SELECT id FROM runs WHERE NOT EXISTS (SELECT 1 FROM scans WHERE scans.id = scan_id)",
    "an entry of a list that is not there": (
        "SELECT id FROM entries WHERE NOT EXISTS (SELECT 1 FROM lists WHERE lists.id = list_id)"
    ),
    "an opinion on a list that is not there": (
        "SELECT id FROM opinions WHERE NOT EXISTS (SELECT 1 FROM lists WHERE lists.id = list_id)"
    ),
    "an attempt to deliver a letter that is not there": (
        "SELECT id FROM deliveries WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.id = letter_id)"
    ),
    "a letter that is called sent and was not accepted, or was and is not": (
        "SELECT id FROM outbox WHERE (state = 'sent') <> EXISTS"
        " (SELECT 1 FROM deliveries WHERE letter_id = outbox.id AND outcome = 'accepted')"
    ),
    "a letter that is called refused and was not": (
        "SELECT id FROM outbox WHERE state = 'refused' AND NOT EXISTS"
        " (SELECT 1 FROM deliveries WHERE letter_id = outbox.id AND outcome = 'refused')"
    ),
    # What waits goes on as soon as somebody has decided.
    "a letter that is called waiting and is not, or is and is not called so": (
        "SELECT id FROM outbox WHERE state <> 'sent' AND (state = 'waits') <> EXISTS"
        " (SELECT 1 FROM deliveries AS one WHERE one.letter_id = outbox.id AND one.outcome = 'waits'"
        " AND NOT EXISTS (SELECT 1 FROM filing_decisions AS two"
        " WHERE two.filing_id = outbox.filing_id AND two.id > one.id))"
    ),
    "a letter that is called withdrawn and was not, or was and is not": (
        "SELECT id FROM outbox WHERE state <> 'sent' AND (state = 'withdrawn') <> EXISTS"
        " (SELECT 1 FROM deliveries WHERE letter_id = outbox.id AND outcome = 'withdrawn')"
    ),
    "a letter in no state that there is": (
        "SELECT id FROM outbox WHERE state NOT IN ('pending', 'sent', 'refused', 'overtaken', 'waits', 'withdrawn')"
    ),
    "a letter that rests on nothing, or on two things": (
        "SELECT id FROM outbox WHERE (verdict_id IS NULL) <> (finding_id IS NULL)"
        " OR (verdict_id IS NULL) = (filing_id IS NULL)"
    ),
    "a filing without its letter": (
        "SELECT id FROM filings WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.filing_id = filings.id)"
    ),
    "a call of a filing that is not there": (
        "SELECT id FROM filing_steps WHERE NOT EXISTS (SELECT 1 FROM filings WHERE filings.id = filing_id)"
    ),
    "an answer to a call that is not there": (
        "SELECT id FROM filing_answers WHERE NOT EXISTS (SELECT 1 FROM filing_steps WHERE filing_steps.id = step_id)"
    ),
}


class Snapshot:
    """One unchanging state of a store."""

    def __init__(self, connection: Connection, backend: Backend) -> None:
        self._connection = connection
        self._backend = backend

    @classmethod
    @contextmanager
    def of(cls, store: Store) -> Iterator["Snapshot"]:
        """Hold the state that the store has now.

        Raises:
            StoreError: The store cannot be read.
        """
        with store.read() as connection:
            yield cls(connection, store.backend)

    def entries(self) -> Iterator[tuple[int, bytes]]:
        """Give the number and the bytes of every entry, in order."""
        query = select(ledger.c.n, ledger.c.entry).order_by(ledger.c.n)
        for rows in bulk_select(self._connection, query, _ROWS_PER_FETCH):
            yield from ((number, entry) for number, entry in rows)

    def check_pages(self) -> None:
        """Check that tables and their indexes say the same, as far as its backend offers to: either may be read later.

        Raises:
            StoreDamagedError: They do not, or a page is not what was written.
        """
        self._backend.check_pages(self._connection)

    def check_tables(self) -> None:
        """Check that tables and indexes are those that we make, and nothing else is.

        A view in the place of a table may show today what it hides tomorrow; a trigger drops what the next scan writes.

        Raises:
            LedgerBrokenError: They are not.
        """
        ours = self._backend.our_definitions()
        found = self._backend.definitions(self._connection)
        for kind, name in sorted(found.keys() | ours.keys()):
            if found.get((kind, name)) != ours.get((kind, name)):
                raise LedgerBrokenError(
                    f"the tables of the store are not those that unseen makes: {kind} {name!r}",
                    hint="it was altered, added or deleted: restore the newest copy of the store",
                )

    def count(self) -> int:
        """How many entries there are, by the last number."""
        last = self._connection.execute(select(func.max(ledger.c.n))).scalar_one()
        return 0 if last is None else int(last) + 1

    def erasures(self) -> Iterator[dict[str, Any]]:
        """Give the records of what was erased, in order."""
        yield from (json.loads(entry) for entry in entries_of_type(self._connection, "erasure"))

    def opened(self) -> list[Iterator[Opened]]:
        """Give the rows that open commitments: see `unseen.store.ledger.rows.open_rows`."""
        return open_rows(self._connection)

    def check_lists(self, stated: Mapping[int, Mapping[str, Any]]) -> None:
        """Compare the lists, and the entries of each, with what their entries in the ledger say.

        Args:
            stated: By its number, the entry of every list that was taken in and not out again, with all its changes in
                order under `changes`.

        Raises:
            LedgerBrokenError: A list was altered, added or deleted; or its entries were.
        """
        rows = {row["id"]: row for row in self._connection.execute(select(lists)).mappings()}
        for number in sorted(rows.keys() | stated.keys()):
            if number not in rows:
                raise LedgerBrokenError(
                    f"list {stated[number]['name']!r} is missing, and no record says that it was removed", index=number
                )
            if number not in stated:
                raise LedgerBrokenError(f"list {rows[number]['name']!r} was added without a record", index=number)
            row, entry = dict(rows[number]), _as_changed(stated[number])
            origin = self._connection.execute(
                text("SELECT value FROM openings WHERE n = :n"), {"n": entry["version"]}
            ).scalar_one_or_none()
            known_origin = row["origin"] if origin is None else json.loads(origin)["origin"]
            found = stated_list(row)
            if {name: entry.get(name) for name in found} != found or (entry["at"], known_origin, entry["version"]) != (
                row["added_at_utc"],
                row["origin"],
                row["version"],
            ):
                raise LedgerBrokenError(f"list {entry['name']!r} is not what was recorded", index=number, hint=_ALTERED)
        self._check_rows(stated)

    def _check_rows(self, stated: Mapping[int, Mapping[str, Any]]) -> None:
        """Compare what each change of each list says of the rows that it added and withdrew with those rows."""
        names = {number: entry["name"] for number, entry in stated.items()}
        expected = [each for entry in stated.values() for each in _stated_changes(entry)]
        for at, table in ((0, entries), (2, opinions)):
            for each, found in zip((at, at + 1), digest_changes(self._connection, table), strict=True):
                of_each = {key: four[each] for key, four in expected}
                _compare_changes(of_each, found, names, f"{_SAID[_CHANGES[each]]} others")

    def check_policies(self, stated: Mapping[int, Mapping[str, Any]]) -> None:
        """Compare the policies of lists with what their entries say.

        Args:
            stated: By its number, the entry of every policy that was set.

        Raises:
            LedgerBrokenError: A policy was altered, added or deleted.
        """
        rows = {row["id"]: row for row in self._connection.execute(select(list_policies)).mappings()}
        for number in sorted(rows.keys() | stated.keys()):
            if number not in rows or number not in stated:
                what = "is missing" if number in stated else "was added without a record"
                raise LedgerBrokenError(f"a policy of a list {what}", index=number)
            row, entry = rows[number], stated[number]
            # Blanks and the order of members mean nothing in JSON; here they mean that somebody else wrote it.
            found = (row["list"], row["policy"], row["at_utc"])
            policy = json.loads(row["policy"])
            if (entry["list"], json.dumps(policy), entry["at"]) != found or policy != entry["policy"]:
                raise LedgerBrokenError(
                    f"a policy of list {entry['list']!r} is not what was recorded", index=number, hint=_ALTERED
                )

    def check_scans(self, stated: Mapping[int, Mapping[str, Any]], erased: set[int]) -> None:
        """Compare the rows of scans with what their entries say.

        Args:
            stated: By its number, the first entry of every scan (`started`), the last that states its account
                (`last`), when its hashes must be gone (`due`), and whether any are left (`are_hashes_kept`).
            erased: Numbers of entries whose values were erased.

        Raises:
            LedgerBrokenError: A scan was altered, added or deleted.
        """
        rows = {row["id"]: row for row in self._connection.execute(select(scans)).mappings()}
        for number in sorted(rows.keys() ^ stated.keys()):
            what = "is missing" if number in stated else "was added without a record"
            raise LedgerBrokenError(f"scan {number} {what}", index=number)
        for number, of_scan in stated.items():
            is_same = _scan_as_stated(of_scan) == _scan_as_kept(dict(rows[number]))
            if not (is_same and _retention_as_stated(of_scan, dict(rows[number]))):
                raise LedgerBrokenError(f"scan {number} is not what was recorded", index=number, hint=_ALTERED)
            blank = (rows[number]["settings"], rows[number]["key"]) == ("{}", bytes(32))
            if number in erased and not blank:
                raise LedgerBrokenError(f"the settings of scan {number} are there, and were erased", index=number)

    def check_letters(self, overtaken: set[int], erased: set[int]) -> None:
        """Compare which letters are called overtaken with which were.

        Args:
            overtaken: Numbers of letters of which a record says it.
            erased: Numbers of entries whose values were erased.

        Raises:
            LedgerBrokenError: They differ.
        """
        called = set(self._connection.scalars(select(outbox.c.id).where(outbox.c.state == "overtaken")))
        for number in sorted(called ^ (overtaken - erased)):
            what = "is called overtaken, and no record says so" if number in called else "was overtaken, and is not so"
            raise LedgerBrokenError(f"letter {number} {what}", index=number, hint=_ALTERED)

    def check_strays(self) -> None:
        """Find rows that belong to nothing.

        Raises:
            LedgerBrokenError: There is one.
        """
        for what, query in _STRAYS.items():
            found = self._connection.execute(text(query + " LIMIT 1")).scalar_one_or_none()
            if found is not None:
                raise LedgerBrokenError(f"the store holds {what}: row {found}", hint="it was added, or lost its owner")


def _as_changed(stated: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the row of a list must say after all its changes."""
    entry = {**stated, "version": stated["n"]}
    for change in stated["changes"]:
        entry |= {"version": change["n"], **{name: change[name] for name in ("sha256", "entries")}}
    return entry


def _stated_changes(entry: Mapping[str, Any]) -> Iterator[tuple[tuple[int, int], tuple[_Stated, ...]]]:
    """By list and change, how many rows it added and withdrew of entries and of opinions, and their digests."""
    number, nothing = entry["n"], (0, _EMPTY)
    yield (number, number), ((entry["entries"], entry["entries_sha256"]), nothing, nothing, nothing)
    for change in entry["changes"]:
        four = ((change[name]["rows"], change[name]["sha256"]) for name in _CHANGES)
        yield (number, change["n"]), tuple(four)


def _compare_changes(
    stated: Mapping[tuple[int, int], _Stated], found: Changes, names: Mapping[int, str], said: str
) -> None:
    left = {key: (digest.count, digest.sha256().hex()) for key, digest in found.items()}
    for (list_id, number), expected in stated.items():
        rows = left.pop((list_id, number), (0, _EMPTY))
        if rows != expected:
            raise LedgerBrokenError(
                f"the entries of list {names[list_id]!r} are not those that were recorded: change {number} {said}",
                index=number,
                expected=f"{expected[0]} rows with sha256 {expected[1]}",
                found=f"{rows[0]} rows with sha256 {rows[1]}",
                hint="entries were altered, added or deleted after they had been recorded",
            )
    for list_id, number in left:
        raise LedgerBrokenError(
            f"rows of list {list_id} name change {number} as their own, and there is no such change",
            index=number,
        )


def _retention_as_stated(entries: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether a scan keeps hashes for as long as it was begun with; its date is dropped with the last of them."""
    keeping = Retention.parse(entries["started"].get("keep_hashes", str(EXHIBIT)))
    is_dated = row["hashes_due_utc"] == entries["due"]
    is_over = row["hashes_due_utc"] is None and not entries["are_hashes_kept"]
    is_recheck = entries["started"].get("recheck") is not None
    return (row["keep_days"], bool(row["is_recheck"])) == (keeping.days, is_recheck) and (is_dated or is_over)


def _scan_as_stated(entries: Mapping[str, Any]) -> tuple[object, ...]:
    last = entries.get("last")
    if last is None:
        return entries["started"]["at"], None, None, "0"
    finished = last["type"] == "scan_finished"
    account = last["account"]
    return (
        entries["started"]["at"],
        account,
        last["at"] if finished else None,
        str(account["seconds"]) if finished else "0",
    )


def _scan_as_kept(row: Mapping[str, Any]) -> tuple[object, ...]:
    summary = row["summary"]
    if summary is not None:
        account = json.loads(summary)
        # Blanks and the order of members mean nothing in JSON; here they mean that somebody else wrote it.
        summary = stated_account(account) if json.dumps(account) == summary else summary
    return row["started_at_utc"], summary, row["finished_at_utc"], row["seconds"]
