"""`unseen report --bundle`: some findings of a scan with all that a stranger needs to check them, and nothing else."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from unseen.casework.cases.reported import parts_of_case
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import LEDGER_FOLDER
from unseen.casework.proof.recording import Bookkeeper, open_recorded
from unseen.casework.reporting import extract, read_report
from unseen.errors import LedgerBrokenError, UsageError
from unseen.ledger import Note, TileReader, VerifierKey
from unseen.ledger import write_bundle as write_files
from unseen.ledger.bundle import ZIP_SUFFIX, Opening
from unseen.ledger.note import NOTE_BYTES_MAX
from unseen.ledger.tiles import CHECKPOINT_NAME, PUBLIC_KEY_NAME, read_limited
from unseen.model.report import Checkpoint, Form, ReportData, Stated
from unseen.reports import can_write_pdf, write_html, write_json, write_json_body, write_pdf
from unseen.store import Disclosure, Store, disclose, read_scan, record

__all__ = ["WrittenBundle", "write_bundle", "write_case_bundles"]

_NOTHING_STATED = Stated()


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBundle:
    """A bundle that was written.

    Attributes:
        path: Its folder, or the one file that it is.
        scan: Number of the scan.
        findings: Ids of the findings in it.
        entries: Number of entries of the ledger in it.
        origin: Of the ledger.
        size: Number of entries under its checkpoint.
        key: The public key that signed it; whoever verifies needs it by another way.
        are_sources_open: Whether it says which sources were scanned, by whom and on which basis.
    """

    path: str
    scan: int
    findings: tuple[str, ...]
    entries: int
    origin: str
    size: int
    key: str
    are_sources_open: bool


def write_bundle(
    location: str,
    folder: str,
    *,
    findings: Sequence[str] = (),
    scan_id: int | None = None,
    stated: Stated = _NOTHING_STATED,
    note: Callable[[str], None] = lambda _: None,
) -> WrittenBundle:
    """Write findings of one scan into a new folder, or a zip file, that verifies alone. That is itself put on record.

    Args:
        location: Of the store.
        folder: Must not exist. Where it ends in `.zip`, one file is written.
        findings: Ids, or as much of each as names one finding only; none for all of the scan.
        scan_id: Of which scan; None for the newest that is finished.
        stated: What the report in it says about itself because somebody said so.
        note: Told what a person should know.

    Raises:
        UsageError: The folder exists, there is no such finding, or the scan did not see it.
        StoreError: There is no store or finished scan, or something cannot be read or written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    _refuse_existing(folder)
    with open_recorded(location, create=False, note=note) as store:
        disclosure = disclose(store, read_scan(store, scan_id).id, findings)
        report = read_report(store, disclosure.scan_id, stated=stated, at_utc=now_utc())
        return _write(store, folder, disclosure, extract(report, disclosure) if findings else report)


def write_case_bundles(
    location: str,
    folder: str,
    case_id: int,
    *,
    stated: Stated = _NOTHING_STATED,
    note: Callable[[str], None] = lambda _: None,
) -> list[WrittenBundle]:
    """Write the findings of a case, and all that happened to it, so that it verifies alone.

    A bundle is of one scan. Where several were the last to see findings of the case, each has a bundle of its own:
    `scan-N` in the folder.

    Args:
        location: Of the store.
        folder: Must not exist. Where it ends in `.zip`, one file is written, for one scan only.
        case_id: Of the case.
        stated: What the reports say about themselves because somebody said so.
        note: Told what a person should know.

    Raises:
        UsageError: The folder exists, there is no such case, or it cannot be one file.
        StoreError: As for `write_bundle`.
        SigningKeyError: Likewise.
        LedgerBrokenError: Likewise.
    """
    _refuse_existing(folder)
    with open_recorded(location, create=False, note=note) as store:
        parts = parts_of_case(store, case_id)
        if len(parts) > 1 and folder.endswith(ZIP_SUFFIX):
            raise UsageError(
                f"case {case_id} was seen by {len(parts)} scans, each of which is a bundle of its own",
                hint="give a folder: each is written into it",
            )
        if len(parts) > 1:
            Path(folder).mkdir(mode=0o700, parents=True)
        written = []
        for scan_id, (case, ids) in parts.items():
            disclosure = disclose(store, scan_id, ids, case_id=case_id)
            report = extract(read_report(store, scan_id, stated=stated, at_utc=now_utc()), disclosure)
            place = folder if len(parts) == 1 else str(Path(folder) / f"scan-{scan_id}")
            written.append(_write(store, place, disclosure, replace(report, of_case=case)))
        return written


def _refuse_existing(folder: str) -> None:
    if Path(folder).exists():
        raise UsageError(f"{folder} exists already", hint="give another path: a bundle is never overwritten")


def _write(store: Store, folder: str, disclosure: Disclosure, report: ReportData) -> WrittenBundle:
    sealed, key = _signed(store)
    report = replace(report, checkpoint=Checkpoint(note=sealed.to_bytes().decode(), size=_size(sealed), public_key=key))
    report_id, files = _render(report)
    with record(store, at_utc=report.written_at_utc) as page:
        digests = {name: sha256(data).hexdigest() for name, data in files.items()}
        number = page.add("report_written", {"scan": disclosure.scan_id, "report": report_id, "files": digests})
    sealed, key = _signed(store)
    openings = {
        at: None if opening is None else Opening(opening[0], dict(opening[1]))
        for at, opening in {**disclosure.entries, number: None}.items()
    }
    reader = TileReader(store.path / LEDGER_FOLDER, _size(sealed))
    write_files(Path(folder), reader, (sealed, VerifierKey.parse(key)), openings, files)
    return WrittenBundle(
        path=folder,
        scan=disclosure.scan_id,
        findings=disclosure.findings,
        entries=len(openings),
        origin=sealed.text.partition("\n")[0],
        size=_size(sealed),
        key=key,
        are_sources_open=disclosure.are_sources_open,
    )


def _signed(store: Store) -> tuple[Note, str]:
    """Seal what was kept; give the checkpoint, and the key that signed it."""
    bookkeeper = store.recorder
    assert isinstance(bookkeeper, Bookkeeper)
    bookkeeper.seal()
    folder = store.path / LEDGER_FOLDER
    note, key = (read_limited(folder / name, NOTE_BYTES_MAX) for name in (CHECKPOINT_NAME, PUBLIC_KEY_NAME))
    if note is None or key is None:
        raise LedgerBrokenError(f"{folder} lost its checkpoint or its key")
    return Note.parse(note, "checkpoint"), key.decode().strip()


def _size(sealed: Note) -> int:
    return int(sealed.text.split("\n")[1])


def _render(report: ReportData) -> tuple[str, Mapping[str, bytes]]:
    """Every form that can be written here, by its name in a bundle. All of it is held in memory, as a bundle is."""
    body = io.BytesIO()
    report_id = write_json_body(report, body)
    forms = {form: io.BytesIO() for form in Form if form is not Form.PDF or can_write_pdf()}
    for form, out in forms.items():
        match form:
            case Form.HTML:
                write_html(report, report_id, out)
            case Form.PDF:
                write_pdf(report, report_id, out)
            case Form.JSON:
                body.seek(0)
                write_json(report, report_id, body, out)
    return report_id, {f"report.{form}": out.getvalue() for form, out in forms.items()}
