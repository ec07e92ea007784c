"""Findings in the store: one per item (locator and SHA-256), however many scans saw it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, func, select

from unseen.model import AlteredMatch, Finding, Ground, How, Locator, Mark, Match, State, Times, VideoMode, VideoShare
from unseen.store.engine import Store
from unseen.store.schema import finding_matches, findings
from unseen.store.verdicts import newest_verdicts, read_verdict

__all__ = [
    "MATCH_FIELDS",
    "find_findings",
    "list_findings",
    "name_findings",
    "pack_how",
    "pack_locator",
    "pack_marks",
    "pack_times",
    "read_how",
    "read_locator",
    "read_match",
    "read_times",
    "scan_findings",
]

# Columns of `finding_matches` that make a match.
MATCH_FIELDS = ("list", "entry", "signal", "distance_bits", "how", "ground", "publisher", "marks")
# Rows that the driver hands over at once: a store may hold a million findings.
_ROWS_AT_ONCE = 1_000


def list_findings(store: Store) -> Iterator[Finding]:
    """Give every finding, in the order they were first seen, each with the matches of the newest scan that saw it.

    Constant memory. The store is read as it was when the first finding was asked for.

    Raises:
        StoreError: The store cannot be read.
    """
    return _read(store, _in_newest_scan())


def name_findings(store: Store, ids: Sequence[str]) -> list[Finding]:
    """Give the findings of these ids, in this order, each with the matches of the newest scan that saw it."""
    found = find_findings(store, ids)
    return [found[finding_id] for finding_id in ids]


def find_findings(store: Store, ids: Sequence[str]) -> dict[str, Finding]:
    """Give those of these findings that there are, by id, each with the matches of the newest scan that saw it."""
    found: dict[str, Finding] = {}
    for at in range(0, len(ids), _ROWS_AT_ONCE):
        some = findings.c.id.in_(ids[at : at + _ROWS_AT_ONCE])
        found.update((finding.id, finding) for finding in _read(store, _in_newest_scan() & some))
    return found


def scan_findings(store: Store, scan_id: int) -> Iterator[Finding]:
    """Give the findings of one scan so far, with the matches that it made, in the order they were first seen."""
    return _read(store, finding_matches.c.scan_id == scan_id)


def pack_locator(locator: Locator) -> bytes:
    """Write the text of a locator as the bytes that a file system holds; behind a zero byte the layers of a chain."""
    text = str(locator).encode("utf-8", "surrogateescape")
    if len(locator.steps) == 1:
        return text
    return text + b"\0" + ",".join(layer for layer, _ in locator.steps).encode()


def read_locator(packed: bytes) -> Locator:
    """Read what `pack_locator` wrote."""
    text, is_chain, layers = packed.partition(b"\0")
    addresses = Locator.addresses(text.decode("utf-8", "surrogateescape"))
    if not is_chain:
        return Locator.of_file(*addresses)
    return Locator(tuple(zip(layers.decode().split(","), addresses, strict=True)))


def pack_times(times: Times | None) -> str | None:
    """Write times as JSON, in nanoseconds since 1970, without those that are unknown; None for None."""
    if times is None:
        return None
    return json.dumps({name: value for name, value in asdict(times).items() if value is not None})


def read_times(text: str | None) -> Times | None:
    """Read what `pack_times` wrote."""
    return None if text is None else Times(**json.loads(text))


def pack_how(match: Match) -> str | None:
    """Write how a hash was taken as JSON, without what is unused; None for digests.

    Beside it, where there is such a thing: how much of a video was found, and how sure a match of an altered copy is.
    """
    if match.how is None:
        return None
    used = {name: value for name, value in asdict(match.how).items() if value is not None}
    beside = {"video": match.video, "altered": match.altered}
    return json.dumps(used | {name: asdict(value) for name, value in beside.items() if value is not None})


def _in_newest_scan() -> ColumnElement[bool]:
    others = finding_matches.alias()
    newest = select(func.max(others.c.scan_id)).where(others.c.finding_id == findings.c.id).scalar_subquery()
    return finding_matches.c.scan_id == newest


def _read(store: Store, of_scan: ColumnElement[bool]) -> Iterator[Finding]:
    decided = newest_verdicts().subquery()
    rows = (
        select(
            findings.c.id,
            findings.c.locator,
            findings.c.sha256,
            findings.c.state,
            findings.c.times,
            *(finding_matches.c[name] for name in MATCH_FIELDS),
            *(decided.c[name] for name in ("decision", "decided_by", "reason", "at_utc", "is_current")),
        )
        .join_from(findings, finding_matches, finding_matches.c.finding_id == findings.c.id)
        .outerjoin(decided, decided.c.finding_id == findings.c.id)
        .where(of_scan)
        # Matches come back as they were written, which is as the matcher ordered them.
        .order_by(findings.c.first_seen_at_utc, findings.c.id, finding_matches.c.id)
    )
    with store.read() as connection:
        result = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(rows)
        for finding_id, group in groupby(result, key=lambda row: row.id):
            # Rows of a finding differ in their match only.
            first, *others = group
            matches = tuple(read_match(row._mapping) for row in (first, *others))
            verdict = None if first.decision is None else read_verdict(first)
            locator, state = read_locator(first.locator), State(first.state)
            yield Finding(finding_id, locator, first.sha256, state, matches, verdict, read_times(first.times))


def read_match(row: Mapping[Any, Any]) -> Match:
    """Read the columns `MATCH_FIELDS` of a row, or what an entry of the ledger commits to in their place.

    Those that an older version did not write may be missing.
    """
    ground = row.get("ground")
    return Match(
        row["list"],
        row["entry"],
        row["signal"],
        row["distance_bits"],
        read_how(row["how"]),
        _read_video(row["how"]),
        altered=_read_altered(row["how"]),
        publisher=row.get("publisher"),
        marks=tuple(map(Mark, json.loads(row.get("marks") or "[]"))),
        ground=None if ground is None else Ground(ground),
    )


def pack_marks(marks: Sequence[Mark]) -> str | None:
    """Write marks as JSON; None for none."""
    return json.dumps([mark.value for mark in marks]) if marks else None


def _read_video(text: str | None) -> VideoShare | None:
    """Read how much of a video was found, as `pack_how` wrote it."""
    video = None if text is None else json.loads(text).get("video")
    if video is None:
        return None
    spans_s = tuple((first, last) for first, last in video["spans_s"])
    return VideoShare(**(video | {"spans_s": spans_s, "mode": VideoMode(video["mode"])}))


def _read_altered(text: str | None) -> AlteredMatch | None:
    """Read how sure a match of an altered copy is, as `pack_how` wrote it."""
    altered = None if text is None else json.loads(text).get("altered")
    return None if altered is None else AlteredMatch(**altered)


def read_how(text: str | None) -> How | None:
    """Read what `pack_how` wrote."""
    if text is None:
        return None
    fields = json.loads(text)
    for beside in ("video", "altered"):
        fields.pop(beside, None)
    fields |= {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
    return How(**fields)
