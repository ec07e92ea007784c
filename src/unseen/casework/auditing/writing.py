"""What came of an audit, as files that its custodian may show, and a record that says which files these were."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO

from unseen.casework.reporting import write_whole
from unseen.errors import SigningKeyError, StoreError, UsageError
from unseen.reports.audits import (
    RecallAudit,
    ThresholdAudit,
    TriageAudit,
    recall_document,
    threshold_document,
    triage_document,
    write_recall_html,
    write_threshold_html,
    write_triage_html,
)

__all__ = ["WrittenAudit", "write_audit"]

Audit = ThresholdAudit | RecallAudit | TriageAudit

# Half of SHA-256, as the id of a report.
_ID_DIGITS = 32
# An entry of the ledger has at most 65,535 bytes. Of more lists than these it states the number.
_LISTS_STATED = 300


@dataclass(frozen=True, slots=True)
class WrittenAudit:
    """The files of one audit.

    Attributes:
        audit: Its id: the first digits of the SHA-256 of its JSON file.
        document: What that file holds.
        files: Path and SHA-256 of each, JSON first.
        is_on_record: Whether the ledger of the store says which files these were.
    """

    audit: str
    document: Mapping[str, object]
    files: tuple[tuple[str, bytes], ...]
    is_on_record: bool


def write_audit(
    audit: Audit, *, store: str, folder: str, keys: Path | None = None, note: Callable[[str], None]
) -> WrittenAudit:
    """Write an audit as JSON and HTML, and put its digest on record.

    Args:
        audit: What was measured.
        store: Path of the store whose ledger takes the record; where there is none, nothing is on record.
        folder: Where to; made where it does not exist.
        keys: Folder of signing keys; None for `UNSEEN_KEYS` or the user's own.
        note: Told where the audit could not be put on record.

    Raises:
        SourceError: A file cannot be written.
        UsageError: A file is there already.
        LedgerBrokenError: The store's ledger is not what was signed; the files are written and not on record.
    """
    document, write_html, stated = _parts(audit)
    # ASCII only: bytes of names that are not UTF-8 are escaped, and come back as they were.
    body = json.dumps(document, ensure_ascii=True, allow_nan=False, indent=1).encode("ascii") + b"\n"
    audit_id = sha256(body).hexdigest()[:_ID_DIGITS]
    kind = str(document["audit"])
    writers: list[tuple[str, Callable[[IO[bytes]], None]]] = [
        ("json", lambda out: _put(out, body)),
        ("html", lambda out: write_html(audit_id, out)),
    ]
    paths = [(Path(folder) / f"audit-{kind}-{audit_id[:8]}.{form}", writer) for form, writer in writers]
    for path, _ in paths:
        if path.exists():
            raise UsageError(f"there is an audit at {path} already", hint="give another folder with --out")
    files = tuple((str(path), write_whole(path, writer)[0]) for path, writer in paths)
    is_on_record = _record(store, kind, {**stated, "audit": audit_id}, files, keys=keys, note=note)
    return WrittenAudit(audit_id, document, files, is_on_record)


def _parts(audit: Audit) -> tuple[Mapping[str, object], Callable[[str, IO[bytes]], None], Mapping[str, object]]:
    """Its JSON, what writes its HTML, and what the ledger states of it."""
    match audit:
        case ThresholdAudit():
            return threshold_document(audit), partial(write_threshold_html, audit), _stated_of_threshold(audit)
        case RecallAudit():
            stated = {"pictures": audit.pictures, "alterations": len(audit.rows), "seed": audit.seed}
            return recall_document(audit), partial(write_recall_html, audit), stated
        case TriageAudit():
            stated = {"people": audit.cuts[0].right.of, "instruments": len(audit.cuts)}
            return triage_document(audit), partial(write_triage_html, audit), stated


def _stated_of_threshold(audit: ThresholdAudit) -> Mapping[str, object]:
    lists = [{"class": one.list_class, "sha256": one.sha256, "version": one.version} for one in audit.lists]
    return {
        "threshold_bits": audit.threshold_bits,
        "files": audit.in_use.files.of,
        "files_matched": audit.in_use.files.matched,
        "clusters": audit.in_use.clusters.of,
        "clusters_matched": audit.in_use.clusters.matched,
        "by_digest": audit.by_digest,
        "lists": lists if len(lists) <= _LISTS_STATED else len(lists),
        "index": audit.index_sha256,
    }


def _put(out: IO[bytes], body: bytes) -> None:
    out.write(body)


def _record(
    store: str,
    kind: str,
    stated: Mapping[str, object],
    files: Sequence[tuple[str, bytes]],
    *,
    keys: Path | None,
    note: Callable[[str], None],
) -> bool:
    from unseen.casework.proof.clock import now_utc
    from unseen.casework.proof.places import is_there
    from unseen.casework.proof.recording import open_recorded
    from unseen.store import record

    if not is_there(store):
        note("the audit is not on record: there is no store")
        return False
    digests = {f"audit{Path(path).suffix}": digest.hex() for path, digest in files}
    try:
        with open_recorded(store, create=False, keys=keys) as opened, record(opened, at_utc=now_utc()) as page:
            page.add("audit", {"kind": kind, **stated, "files_sha256": digests})
    except (StoreError, SigningKeyError) as error:
        note(f"the audit is not on record: {error}")
        return False
    return True
