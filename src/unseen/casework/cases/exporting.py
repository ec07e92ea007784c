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
from unseen.errors import SourceError, UsageError
from unseen.model import EventKind
from unseen.reports.exports import (
    TEMPLATES,
    ExportedCase,
    ExportedFinding,
    VicsVersion,
    case_as_case,
    case_as_csv,
    case_as_fields,
    case_as_vics,
    case_by_template,
    read_template,
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
        form: As it was asked for.
        sha256: Of the file.
        findings: How many it names.
    """

    case: int
    path: str
    form: str
    sha256: bytes
    findings: int


def export_case(
    location: str,
    case_id: int,
    path: str,
    *,
    form: str,
    country: str = "US",
    template: str | None = None,
    by: str,
    reason: str,
) -> WrittenExport:
    """Write what is known of a case to a new file that only its owner may read, and record it.

    Args:
        location: Path of the store.
        case_id: Of the case.
        path: Of a file that does not exist yet.
        form: `csv`, `vics`, `vics-1.3`, `case`, `fields`, or one that has a template: `police`, `iwf`, `nca`.
        country: Whose categories VICS 2.0 names: `US` or `UK`.
        template: Path of the user's own template, in the place of the one that the form has.
        by: Who exports it.
        reason: Why.

    Raises:
        UsageError: There is no such case, the file exists, something is not said, or a template is wrong.
        StoreError: There is no store, or it cannot be written.
    """
    name, why = stated_name(by), stated_reason(reason)
    if template is not None and form not in TEMPLATES:
        raise UsageError(f"{form} has no template", hint=f"--template goes with {', '.join(sorted(TEMPLATES))}")
    filled = read_template(form, template) if form in TEMPLATES else None
    with open_recorded(location, create=False) as opened:
        at_utc = now_utc()
        exported = _exported(opened, case_id, by=name, reason=why, at_utc=at_utc)
        body = (
            _body(exported, form, country) if filled is None else case_by_template(exported, filled, template or form)
        )
        sha256 = hashlib.sha256(body).digest()
        whole = str(Path(path).absolute())
        with new_file(Path(path), SourceError) as file:
            file.write(body)
            # The file is whole and still without its name: nothing leaves that is not on record.
            stores.record_case_export(
                opened,
                case_id,
                form=form,
                sha256=sha256,
                path=whole,
                by=name,
                reason=why,
                at_utc=at_utc,
                template_sha256=None if filled is None else hashlib.sha256(filled.encode()).digest(),
            )
    return WrittenExport(case_id, path, form, sha256, len(exported.findings))


def _body(exported: ExportedCase, form: str, country: str) -> bytes:
    match form:
        case "csv":
            return case_as_csv(exported)
        case "case":
            return case_as_case(exported)
        case "fields":
            return case_as_fields(exported)
        case _:
            vics = VicsVersion.V1 if form == "vics-1.3" else VicsVersion.V2
            return case_as_vics(exported, version=vics, country=country)


def _exported(store: "Store", case_id: int, *, by: str, reason: str, at_utc: str) -> ExportedCase:
    folded = fold(stores.read_case(store, case_id))
    facts = {event.finding: event.facts for event in folded.events if event.kind is EventKind.FINDING}
    accounts = [event.facts for event in folded.events if event.kind is EventKind.ACCOUNT]
    seen = stores.viewed(store, folded.findings)
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
            is_viewed=finding.id in seen,
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
        danger=folded.danger,
        forwarded=folded.forwarded,
        account=accounts[-1].account if accounts and accounts[-1] is not None else None,
    )
