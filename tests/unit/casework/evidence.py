"""A store with a list, a scan that found three items by it, and a verdict; everything true but the pixels."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.unit.stand_ins import PICTURE, StandInDarkroom, hash_content, make_item

from unseen.casework.known.loading import KnownMaterial, load_known
from unseen.casework.proof.recording import open_recorded
from unseen.model import Decision, Entry, Finding, ListClass, ListPolicy, Locator
from unseen.scan import Clock, scan
from unseen.store import ListOrigin, Run, ScanSession, Store, add_list, list_findings, read_policies, record_verdicts

__all__ = ["ITEMS", "NOW", "Evidence", "entries_for", "make_evidence", "nearby", "put_list", "scan_items"]

NOW = "2026-11-23T12:00:00Z"
# Two pictures and a text, that differ in every digest.
ITEMS = {
    "exhibit/harbour": PICTURE + b"of a harbour",
    "exhibit/bridge-\udcfc": PICTURE + b"of a bridge",
    "exhibit/letter": b"a letter",
}
DISTANCES = {"exhibit/harbour": 7, "exhibit/bridge-\udcfc": 30}
_FILE_DIGESTS = {"known": bytes(range(32)), "other": bytes(range(1, 33))}


@dataclass(frozen=True)
class Evidence:
    """Where the store is, and what it found, by locator."""

    store: str
    findings: Mapping[str, Finding]

    def id(self, locator: str) -> str:
        """The id of the finding of an item."""
        return self.findings[locator].id


def nearby(value: bytes, distance_bits: int) -> bytes:
    """A value that differs in so many bits."""
    mask = (1 << distance_bits) - 1
    return (int.from_bytes(value, "big") ^ mask).to_bytes(len(value), "big")


def entries_for(items: Mapping[str, bytes] = ITEMS) -> list[Entry]:
    """An entry that matches the turned PDQ of each picture, and one that equals the MD5 of each item."""
    entries = []
    for locator, content in items.items():
        hashes, word = hash_content(content), content.decode().split()[-1]
        if hashes.variants:
            entries.append(Entry(f"p-{word}", "pdq", nearby(hashes.variants[0].pdq, DISTANCES[locator])))
        assert hashes.md5 is not None
        entries.append(Entry(f"m-{word}", "md5", hashes.md5))
    return entries


def put_list(store: Store, name: str, entries: Sequence[Entry], *, file: bytes | None = None) -> None:
    """Put a list into a store, in the place of one of that name."""
    digest = file or _FILE_DIGESTS[name]
    origin = ListOrigin(f"/lists/{name}", "jsonl", lambda: digest)
    add_list(store, name, entries, list_class=ListClass.CSAM, origin=origin, at_utc=NOW, replace=True)


def _stated(known: KnownMaterial) -> list[dict[str, object]]:
    return [
        {
            "class": list_class.value,
            "sha256": sha256.hex(),
            "record": record and record[0],
            **({"policy": known.policies[name][0]} if name in known.policies else {}),
        }
        for (name, sha256, list_class), record in zip(known.lists, known.records, strict=True)
    ]


def scan_items(
    store: Store,
    *,
    key: bytes,
    sources: Sequence[str] = ("exhibit",),
    items: Mapping[str, bytes] = ITEMS,
    layers: Sequence[str] = ("file",),
    weighed_by: Mapping[str, tuple[int, ListPolicy]] | None = None,
) -> int:
    """Scan items against every list of the store; gives the number of the scan.

    With `weighed_by`, matches are weighed by other policies than those that are put on record.
    """
    known = load_known(store, ())
    known.policies |= weighed_by or {}
    matcher = known.matcher(31)
    known.policies = dict(read_policies(store))
    settings = {
        "version": "0",
        "sources": [[one, f"/srv/{one}"] for one in sources],
        "paths_sha256": None,
        "lists": sorted([name, sha256.hex(), list_class.value] for name, sha256, list_class in known.lists),
        "policies": {name: policy.to_fields() for name, (_, policy) in known.policies.items()},
        "plugged_in": [],
        "threshold_bits": 31,
        "basis": "warrant 26-7",
        "unsafe_no_sandbox": False,
    }
    lists = _stated(known)
    named = [{"list": name, **stated} for (name, *_), stated in zip(known.lists, lists, strict=True)]
    conditions = {
        "started_at_utc": NOW,
        "clock": "system",
        **dict.fromkeys(("version", "python", "system", "kernel"), "0"),
        "libraries": {"numpy": "0"},
        "sandbox": {"seccomp": 1, "landlock_version": 4, "is_single_threaded": 1},
        "by": {"user": "examiner"},
        "lists": [{**one, "entries": {"md5": 3, "pdq": 2}, "searchable": ["md5", "pdq"]} for one in named],
    }
    stated = {"threshold_bits": 31, "lists": lists, "default_policy": ListPolicy().to_fields()}
    run = Run(stated, conditions)
    with ScanSession(store, key, settings=json.dumps(settings), at_utc=NOW, run=run) as session:
        offered = [make_item(locator, content) for locator, content in items.items()]
        if len(layers) > 1:
            chains = (tuple(zip(layers, Locator.addresses(locator), strict=True)) for locator in items)
            offered = [replace(item, locator=Locator(chain)) for item, chain in zip(offered, chains, strict=True)]
        clock = Clock(lambda: 0.0, lambda: NOW)
        for _ in scan(offered, darkroom=StandInDarkroom(), matcher=matcher, session=session, clock=clock):
            pass
        session.finish(entries_searchable=known.entries_searchable, entries_not_searchable=0, seconds=0.5, at_utc=NOW)
        return session.scan_id


def make_evidence(
    folder: Path, *, sources: Sequence[str] = ("exhibit",), items: Mapping[str, bytes] = ITEMS
) -> Evidence:
    """Make the store; the harbour was confirmed, the bridge cleared: they must be among the items."""
    with open_recorded(folder / "store") as store:
        put_list(store, "known", entries_for(items))
        scan_items(store, key=bytes(32), sources=sources, items=items)
        findings = {str(finding.locator): finding for finding in list_findings(store)}
        for locator, decision, reason in (
            ("exhibit/harbour", Decision.CONFIRMED, "same harbour, 7 bits"),
            ("exhibit/bridge-\udcfc", Decision.CLEARED, "another bridge"),
        ):
            ids = [findings[locator].id]
            record_verdicts(store, ids, decision, by="D. Okafor", reason=reason, at_utc=NOW)
    return Evidence(str(folder / "store"), findings)
