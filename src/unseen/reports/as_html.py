"""The report as one HTML file that needs nothing else: no script, no picture, no address outside of itself."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from unseen.model.report import ReportData
from unseen.reports.page import Page, build_page, finding_block, unscreened_row

__all__ = ["write_html", "write_page"]

_FOLDER = Path(__file__).parent
# Characters handed over at once: the template yields a few at a time.
_CHUNK_CHARACTERS = 1 << 16


def write_html(report: ReportData, report_id: str, out: IO[bytes]) -> None:
    """Write the page; constant memory, however many findings there are."""
    page = build_page(
        report,
        report_id,
        findings=(finding_block(count, finding) for count, finding in enumerate(report.findings(), start=1)),
        unscreened=map(unscreened_row, report.unscreened()),
    )
    write_page(page, (_FOLDER / "page.css").read_text(encoding="utf-8"), out)


def write_page(page: Page, style: str, out: IO[bytes]) -> None:
    """Write one page of sections and blocks.

    Args:
        page: As `unseen.reports.page` lays one out; its `id` takes the place of REPORT-ID in the style.
        style: CSS, the only one that the page allows itself.
        out: Open for writing.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    places = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = style.replace("REPORT-ID", page["id"])
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    pieces = places.get_template("page.html").generate(page=page, style=style, style_sha256=digest)
    for chunk in _chunks(pieces):
        out.write(chunk.encode("utf-8"))


def _chunks(pieces: Iterator[str]) -> Iterator[str]:
    held: list[str] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= _CHUNK_CHARACTERS:
            yield "".join(held)
            held, length = [], 0
    yield "".join(held)
