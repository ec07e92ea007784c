"""`unseen report`: write what a scan found and did not look at, for people who were not there."""

from typing import Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app
from unseen.model.report import Form, Stated

__all__ = ["app", "report"]

app = new_app()


@app.command()
def report(
    *,
    scan: Annotated[
        int | None,
        typer.Option("--scan", metavar="ID", min=1, help="Number of the scan. Default: the newest finished."),
    ] = None,
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="Folder for the files; made where there is none.")
    ] = ".",
    forms: Annotated[
        list[Form] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="html, pdf or json; may be repeated. Default: all that can be written here.",
        ),
    ] = None,
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

    Example: unseen report --case 26-1187 --out reports
    """
    from unseen.casework.reporting import write_report
    from unseen.cli import rows, tables

    stated = Stated(by=by, agency=agency, case=case, exhibit=exhibit)
    written = write_report(store, folder=out, forms=forms or (), scan_id=scan, stated=stated, note=voice.note)
    if not forms and all(one.form is not Form.PDF for one in written):
        voice.note("no PDF: typst is not installed; pip install 'unseen[pdf]' adds it")
    if json:
        for one in written:
            voice.write_row(rows.report_row(one))
    else:
        for line in tables.report_lines(written):
            voice.write(line)
    return 0
