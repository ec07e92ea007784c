"""`unseen case export`: what an authority needs to know of a case, in a form that it can read."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from unseen import store as stores
from unseen.casework.cases.course import fold
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import new_file
from unseen.casework.proof.recording import ledger_origin, open_recorded
from unseen.errors import SourceError
from unseen.reports.exports import (
    ExportedCase,
    ExportedFinding,
    VicsVersion,
    case_as_case,
    case_as_csv,
    case_as_vics,
)

if TYPE_CHECKING:
    from unseen.store import Store

__all__ = ["WrittenExport", "export_case"]


@dataclass(frozen=True, slots=True)
class WrittenExport:
    """A file that was written.

    Attributes:
        case: Number of the case.
        path: Of the file.
        form: `csv`, `vics`, `vics-1.3` or `case`.
        sha256: Of the file.
        findings: How many it names.
    """

    case: int
    path: str
    form: str
    sha256: bytes
    findings: int


def export_case(
    location: str, case_id: int, path: str, *, form: str, country: str = "US", by: str, reason: str
) -> WrittenExport:
    """Write what is known of a case to a new file that only its owner may read, and record it.

    Args:
        location: Path of the store.
        case_id: Of the case.
        path: Of a file that does not exist yet.
        form: `csv`, `vics`, `vics-1.3` or `case`.
        country: Whose categories VICS 2.0 names: `US` or `UK`.
        by: Who exports it.
        reason: Why.

    Raises:
        UsageError: There is no such case, the file exists, or something is not said.
        StoreError: There is no store, or it cannot be written.
    """
    name, why = stated_name(by), stated_reason(reason)
    with open_recorded(location, create=False) as opened:
        at_utc = now_utc()
        exported = _exported(opened, case_id, by=name, reason=why, at_utc=at_utc)
        match form:
            case "csv":
                body = case_as_csv(exported)
            case "case":
                body = case_as_case(exported)
            case _:
                vics = VicsVersion.V1 if form == "vics-1.3" else VicsVersion.V2
                body = case_as_vics(exported, version=vics, country=country)
        sha256 = hashlib.sha256(body).digest()
        whole = str(Path(path).absolute())
        with new_file(Path(path), SourceError) as file:
            file.write(body)
            # The file is whole and still without its name: nothing leaves that is not on record.
            stores.record_case_export(
                opened, case_id, form=form, sha256=sha256, path=whole, by=name, reason=why, at_utc=at_utc
            )
    return WrittenExport(case_id, path, form, sha256, len(exported.findings))


def _exported(store: "Store", case_id: int, *, by: str, reason: str, at_utc: str) -> ExportedCase:
    folded = fold(stores.read_case(store, case_id))
    facts = {event.finding: event.facts for event in folded.events if event.facts is not None}
    items = stores.found_items(store, folded.findings)
    labels = stores.labels_of_findings(store, folded.findings)
    same = stores.same_content(store, case_id)
    findings = [
        ExportedFinding(
            finding=finding,
            size_bytes=item.size_bytes,
            md5=item.md5,
            sha1=item.sha1,
            first_seen_at_utc=item.first_seen_at_utc,
            labels=labels.get(finding.id, ()),
            facts=facts.get(finding.id),
            also_in=tuple(same.get(finding.sha256, ())),
        )
        for finding in stores.name_findings(store, folded.findings)
        for item in (items[finding.id],)
    ]
    return ExportedCase(
        id=case_id,
        ledger=ledger_origin(store) or "",
        subject=folded.subject,
        known_at_utc=folded.known_at_utc,
        exported_at_utc=at_utc,
        by=by,
        reason=reason,
        version=version("unseen"),
        findings=tuple(findings),
    )
