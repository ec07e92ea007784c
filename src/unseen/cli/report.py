"""`unseen report`: write what a scan found and did not look at, for people who were not there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app
from unseen.errors import UsageError
from unseen.model.report import Form, Stated

if TYPE_CHECKING:
    from unseen.casework.bundles import WrittenBundle

__all__ = ["app", "report"]

app = new_app()

ScanId = Annotated[
    int | None, typer.Option("--scan", metavar="ID", min=1, help="Number of the scan. Default: the newest finished.")
]
CaseId = Annotated[
    int | None,
    typer.Option("--of-case", metavar="ID", min=1, help="The findings of this case, and what happened to it."),
]
OutFolder = Annotated[
    str | None,
    typer.Option("--out", metavar="DIR", help="Folder for the files; made where there is none. Default: here."),
]
BundleFolder = Annotated[
    str | None,
    typer.Option(
        "--bundle", metavar="DIR", help="A new folder or FILE.zip for a bundle, which verifies alone, in their place."
    ),
]
FindingIds = Annotated[
    list[str] | None,
    typer.Option("--finding", metavar="ID", help="For the bundle; may be repeated. Default: all of the scan."),
]


@app.command()
def report(
    *,
    scan: ScanId = None,
    of_case: CaseId = None,
    out: OutFolder = None,
    forms: Annotated[
        list[Form] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="html, pdf or json; may be repeated. Default: all that can be written here.",
        ),
    ] = None,
    bundle: BundleFolder = None,
    findings: FindingIds = None,
    by: Annotated[
        str | None, typer.Option("--by", "--examiner", metavar="NAME", help="Who is responsible for the report.")
    ] = None,
    agency: Annotated[str | None, typer.Option("--agency", metavar="TEXT", help="For whom they work.")] = None,
    case: Annotated[str | None, typer.Option("--case", metavar="TEXT", help="Number of the case.")] = None,
    exhibit: Annotated[str | None, typer.Option("--exhibit", metavar="TEXT", help="Number of the exhibit.")] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Write a report of one scan, as HTML, PDF and JSON.

    It holds no picture and no list value. The same store gives the same bytes but for the time of writing. A report
    that is there already is never overwritten.

    With --of-case: the findings of one case, how they came and what people did with it, and nothing of any other; one
    report for each scan that was the last to see some of them.

    With --bundle: the report, the records of these findings, proofs and a verifier, for somebody who has neither the
    store nor unseen. It says nothing about other findings.

    Example: unseen report --case 26-1187 --out reports
    """
    from unseen.casework.reporting import write_report
    from unseen.cli import rows, tables

    stated = Stated(by=by, agency=agency, case=case, exhibit=exhibit)
    if of_case is not None and (scan is not None or findings):
        raise UsageError(
            "a case has findings and scans of its own", hint="leave --scan and --finding away, or --of-case"
        )
    if bundle is not None:
        _refuse_with_bundle(out=out, forms=forms)
        if of_case is not None:
            return _write_case_bundles(store, bundle, of_case, stated=stated, json=json)
        return _write_bundle(store, bundle, findings or (), scan=scan, stated=stated, json=json)
    if findings:
        raise UsageError("--finding chooses what goes into a bundle", hint="give --bundle DIR as well")
    written = write_report(
        store, folder=out or ".", forms=forms or (), scan_id=scan, case_id=of_case, stated=stated, note=voice.note
    )
    if not forms and all(one.form is not Form.PDF for one in written):
        voice.note("no PDF: typst is not installed; pip install 'unseen[pdf]' adds it")
    if json:
        for one in written:
            voice.write_row(rows.report_row(one))
    else:
        for line in tables.report_lines(written):
            voice.write(line)
    return 0


def _refuse_with_bundle(*, out: str | None, forms: list[Form] | None) -> None:
    if out is not None or forms:
        raise UsageError(
            "a bundle is one folder with every form in it", hint="leave --out and --format away, or --bundle"
        )


def _write_bundle(
    store: str, folder: str, findings: Sequence[str], *, scan: int | None, stated: Stated, json: bool
) -> int:
    from unseen.casework.bundles import write_bundle

    _show_bundle(
        write_bundle(store, folder, findings=findings, scan_id=scan, stated=stated, note=voice.note), json=json
    )
    return 0


def _write_case_bundles(store: str, folder: str, case_id: int, *, stated: Stated, json: bool) -> int:
    from unseen.casework.bundles import write_case_bundles

    for written in write_case_bundles(store, folder, case_id, stated=stated, note=voice.note):
        _show_bundle(written, json=json)
    return 0


def _show_bundle(written: "WrittenBundle", *, json: bool) -> None:
    from unseen.cli import rows, tables

    if not written.are_sources_open:
        voice.note(
            "how the scan began stays closed, sources and who ran it: a source is itself an item of another finding"
        )
    voice.show(rows.bundle_row(written), tables.bundle_lines(written), json=json)
