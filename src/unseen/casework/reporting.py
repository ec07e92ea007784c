"""`unseen report`: choose the scan, read what the store holds of it, and have it written."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, TypeVar

from unseen.casework.cases.reported import parts_of_case
from unseen.casework.proof import clock
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.standing import standing_at_end
from unseen.errors import SigningKeyError, SourceError, StoreError, UsageError
from unseen.model import EXHIBIT, Altered, ListPolicy, Retention, Summary
from unseen.model.report import Form, ReportData, ReportedList, ReportedRun, Stated
from unseen.reports import can_write_pdf, write_html, write_json, write_json_body, write_pdf
from unseen.store import (
    Disclosure,
    ListInfo,
    ScanRecord,
    Store,
    acquired_media,
    count_reasons,
    disclose,
    list_lists,
    mark_reported,
    read_matched_labels,
    read_scan,
    record,
    reported_findings,
    unscreened_rows,
)

__all__ = ["WrittenReport", "extract", "read_report", "write_report", "write_whole"]

Row = TypeVar("Row")

_NOTHING_STATED = Stated()
_WITHHELD = "not disclosed: it names an item of another finding"


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """One file of a report.

    Attributes:
        report: Its id, the same for all forms.
        sha256: Of the file's bytes.
    """

    report: str
    scan: int
    form: Form
    path: str
    sha256: bytes
    size_bytes: int


def write_report(
    location: str,
    *,
    folder: str,
    forms: Sequence[Form] = (),
    scan_id: int | None = None,
    case_id: int | None = None,
    stated: Stated = _NOTHING_STATED,
    now_utc: Callable[[], str] = clock.now_utc,
    note: Callable[[str], None] = lambda _: None,
) -> list[WrittenReport]:
    """Write a report of one scan: one file for each form, whole or not at all, and put their digests on record.

    A copy of a store, without its key or on a read-only medium, can be reported too: then the report is not on record.

    Args:
        location: Of the store.
        folder: Where to; made, readable for its owner only, where it does not exist.
        forms: Which; none for all, without PDF where typst is not installed.
        scan_id: Of which scan; None for the newest that is finished.
        case_id: Of which case instead: a report for each scan that was the last to see findings of it, with these only.
        stated: What the report says about itself because somebody said so.
        now_utc: The time of writing, in ISO 8601.
        note: Told where the report could not be put on record.

    Raises:
        StoreError: There is no such store or finished scan, or its rows and its account do not agree.
        SourceError: A file cannot be written.
        LedgerBrokenError: The store's ledger is not what was signed; the files are written and not on record.
        UsageError: A file is there already, or PDF was asked for and typst is not installed.
    """
    chosen = _choose(forms)
    with open_to_read(location) as store:
        if case_id is None:
            reports = [read_report(store, scan_id, stated=stated, at_utc=now_utc())]
        else:
            reports = list(_read_case_reports(store, case_id, stated=stated, at_utc=now_utc()))
        written = [_write_forms(report, folder, chosen) for report in reports]
    for one in written:
        try:
            _put_on_record(location, one, now_utc())
        except (StoreError, SigningKeyError) as error:
            note(f"the report is not on record: {error}")
    return [file for one in written for file in one]


def _write_forms(report: ReportData, folder: str, forms: Sequence[Form]) -> list[WrittenReport]:
    with tempfile.TemporaryFile() as body:
        report_id = write_json_body(report, body)
        body.seek(0)
        writers: dict[Form, Callable[[IO[bytes]], None]] = {
            Form.HTML: lambda out: write_html(report, report_id, out),
            Form.PDF: lambda out: write_pdf(report, report_id, out),
            Form.JSON: lambda out: write_json(report, report_id, body, out),
        }
        paths = {form: Path(folder) / f"report-{report.scan}-{report_id[:8]}.{form}" for form in forms}
        for path in paths.values():
            if path.exists():
                raise UsageError(f"there is a report at {path} already", hint="give another folder with --out")
        return [
            WrittenReport(report_id, report.scan, form, str(path), *write_whole(path, writers[form]))
            for form, path in paths.items()
        ]


def _put_on_record(location: str, written: Sequence[WrittenReport], at_utc: str) -> None:
    files = {f"report.{one.form}": one.sha256.hex() for one in written}
    with open_recorded(location, create=False) as store, record(store, at_utc=at_utc) as page:
        page.add("report_written", {"scan": written[0].scan, "report": written[0].report, "files": files})


def _read_case_reports(store: Store, case_id: int, *, stated: Stated, at_utc: str) -> Iterator[ReportData]:
    """Read what reports say of a case: one for each scan that was the last to see findings of it.

    Raises:
        UsageError: There is no such case, or a finding of it was seen by no finished scan.
        StoreError: As for `read_report`.
    """
    for scan_id, (case, ids) in parts_of_case(store, case_id).items():
        report = read_report(store, scan_id, stated=stated, at_utc=at_utc)
        yield replace(extract(report, disclose(store, scan_id, ids)), of_case=case)


def extract(report: ReportData, disclosure: Disclosure) -> ReportData:
    """The report without other findings, and without the names of what was not screened."""
    ids = frozenset(disclosure.findings)
    return replace(
        report,
        findings=lambda: (finding for finding in report.findings() if finding.id in ids),
        unscreened=lambda: iter(()),
        findings_shown=len(ids),
        # Images that hold none of these findings are nobody's business here.
        acquired=(),
        sources=report.sources if disclosure.are_sources_open else ((_WITHHELD, _WITHHELD),),
        # The entry that commits to who ran it commits to the sources too, and stays closed with them.
        runs=report.runs if disclosure.are_sources_open else tuple(replace(run, by={}) for run in report.runs),
    )


def read_report(store: Store, scan_id: int | None, *, stated: Stated, at_utc: str) -> ReportData:
    """Read all that a report says of one scan; findings and rows are read when they are asked for.

    Raises:
        StoreError: There is no such finished scan. Raised while iterating, where there are more or fewer rows than
            the account says.
    """
    record = read_scan(store, scan_id)
    settings, summary = record.settings, Summary(**record.summary)
    if summary.items != summary.hashed + summary.digest_only + summary.not_screened - summary.truncated:
        raise StoreError(f"the account of scan {record.id} does not add up", hint="somebody changed the store")
    digest_only, not_screened = count_reasons(store, record.id)
    lists = _lists(record)
    # Labels are those of the lists as they were searched, or none: one that was taken out, and another taken in under
    # its name, speaks of other entries.
    held = {info.name: info for info in list_lists(store)}
    labelled = {
        one.name: one.version if one.version is not None else held[one.name].record
        for one in lists
        if one.name in held and _is_of(held[one.name], one)
    }
    labels = read_matched_labels(store, record.id, labelled)
    return ReportData(
        written_at_utc=at_utc,
        version=version("unseen"),
        stated=stated,
        scan=record.id,
        started_at_utc=record.started_at_utc,
        finished_at_utc=record.finished_at_utc,
        basis=settings["basis"],
        sources=tuple((given, place) for given, place in settings["sources"]),
        paths_sha256=settings["paths_sha256"],
        threshold_bits=settings["threshold_bits"],
        plugged_in=tuple(settings["plugged_in"]),
        unsafe_no_sandbox=settings["unsafe_no_sandbox"],
        runs=tuple(_run(run) for run in settings.get("runs", ())),
        lists=lists,
        summary=summary,
        digest_only=digest_only,
        not_screened=not_screened,
        findings=lambda: _counted(
            mark_reported(store, reported_findings(store, record.id, labels=labels, labelled=labelled), record.id),
            summary.findings,
            "findings",
        ),
        unscreened=lambda: _counted(unscreened_rows(store, record.id), summary.not_screened, "rows not screened"),
        checkpoint=standing_at_end(store, record.id),
        acquired=tuple(acquired_media(store, record.id)),
        altered=Altered(settings.get("altered", Altered.OFF)),
        retention=Retention.parse(settings.get("keep_hashes", str(EXHIBIT))),
    )


def _is_of(info: ListInfo, searched: ReportedList) -> bool:
    """Whether a list of the store is the one that was searched, whatever has changed in it since."""
    if searched.version is None:
        return info.sha256.hex() == searched.sha256
    return info.record <= searched.version <= info.version


def _choose(forms: Sequence[Form]) -> list[Form]:
    if not forms:
        return [form for form in Form if form is not Form.PDF or can_write_pdf()]
    if Form.PDF in forms and not can_write_pdf():
        raise UsageError("PDF needs typst, which is not installed", hint="pip install 'unseen[pdf]'")
    return list(dict.fromkeys(forms))


def _lists(record: ScanRecord) -> tuple[ReportedList, ...]:
    runs = record.settings.get("runs", ())
    if not runs:  # made by a version that recorded no more than what decides the result
        return tuple(
            ReportedList(name=name, list_class=list_class, sha256=sha256, entries=None)
            for name, sha256, list_class in record.settings["lists"]
        )
    # A scan is resumed with the same lists only, so those of its first run are those of all.
    return tuple(
        ReportedList(
            name=one["list"],
            list_class=one["class"],
            sha256=one["sha256"],
            entries=one["entries"],
            searchable=tuple(one["searchable"]),
            policy=_policy(record, one["list"]),
            version=one.get("version", one.get("record")),
        )
        for one in runs[0]["lists"]
    )


def _policy(record: ScanRecord, name: str) -> ListPolicy | None:
    """By what was asked for, since that decides the result."""
    if "policies" not in record.settings:
        return None
    fields = record.settings["policies"].get(name)
    return ListPolicy() if fields is None else ListPolicy.of_fields(fields)


def _run(run: Mapping[str, Any]) -> ReportedRun:
    return ReportedRun(**{field.name: run[field.name] for field in fields(ReportedRun)})


def _counted(rows: Iterator[Row], expected: int, what: str) -> Iterator[Row]:
    """Give all, and raise at the end where their number is not that of the account."""
    count = 0
    for row in rows:
        count += 1
        yield row
    if count != expected:
        raise StoreError(
            f"the store holds {count:,} {what}, the account of the scan says {expected:,}",
            hint="somebody changed the store; no report was written",
        )


def write_whole(path: Path, write: Callable[[IO[bytes]], None]) -> tuple[bytes, int]:
    """Write one file, whole or not at all, that only its owner may read; gives its SHA-256 and size.

    Raises:
        SourceError: It cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _placed(path) as out:
            write(out)
            out.flush()
            out.seek(0)
            digest = hashlib.file_digest(out, "sha256").digest()  # type: ignore[arg-type]  # a file open for both
            return digest, out.tell()
    except OSError as error:
        raise SourceError(f"cannot write {path}: {error.strerror or error}") from error


@contextmanager
def _placed(path: Path) -> Iterator[IO[bytes]]:
    """Give a file, readable for its owner only, that stands at its path once it is whole."""
    part = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
