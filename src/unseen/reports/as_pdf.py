"""The report as PDF, drawn by typst with its own fonts only, so that every machine makes the same bytes."""

from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from itertools import islice
from json import dumps
from pathlib import Path
from typing import IO, Any

from unseen.model.report import ReportData
from unseen.reports.page import Block, build_page, finding_block, unscreened_row
from unseen.reports.shown import restrict, wrap

__all__ = ["PDF_FINDINGS_MAX", "PDF_UNSCREENED_MAX", "can_write_pdf", "write_pdf"]

# typst lays out the whole document in memory, some 0.6 MB for each finding. These make about 150 pages, and nobody
# reads more on paper; the other forms hold everything.
PDF_FINDINGS_MAX = 500
PDF_UNSCREENED_MAX = 1_000

_TEMPLATE = Path(__file__).parent / "page.typ"
# Characters of typewriter letters that fit on a line of a place, by the widths that page.typ gives.
_ITEM_WIDTH, _FACT_WIDTH, _UNSCREENED_WIDTH = 88, 76, 70
_MATCH_WIDTHS = (18, 22, 12, 20, 20)
# A longer record may be broken between pages; a shorter one is kept together.
_MATCHES_TOGETHER = 8
# Scripts of which the typewriter font is sure to have every letter: Latin with its extensions, Greek, Cyrillic.
_GLYPHS = ((0x20, 0x7E), (0xA1, 0x24F), (0x391, 0x3A1), (0x3A3, 0x3C9), (0x400, 0x45F))


def can_write_pdf() -> bool:
    """Whether the extra `[pdf]` is installed."""
    return find_spec("typst") is not None


def write_pdf(report: ReportData, report_id: str, out: IO[bytes]) -> None:
    """Draw the first findings and rows, and say where the rest stands."""
    import typst

    findings = (finding_block(count, finding) for count, finding in enumerate(report.findings(), start=1))
    page = build_page(
        report,
        report_id,
        findings=[_finding(block) for block in islice(findings, PDF_FINDINGS_MAX)],
        unscreened=[
            [_lined(row[0], _UNSCREENED_WIDTH), row[1]]
            for row in islice(map(unscreened_row, report.unscreened()), PDF_UNSCREENED_MAX)
        ],
        most=(PDF_FINDINGS_MAX, PDF_UNSCREENED_MAX),
    )
    at = datetime.fromisoformat(report.written_at_utc)
    page["at"] = [at.year, at.month, at.day, at.hour, at.minute, at.second]
    written = typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"page": dumps(_lined(page, _FACT_WIDTH))},
        pdf_standards=["a-2b"],
        timestamp=int(at.timestamp()),
    )
    out.write(written)


def _finding(block: Block) -> Block:
    matches = block["matches"]
    rows = [[_lined(cell, width) for cell, width in zip(row, _MATCH_WIDTHS, strict=True)] for row in matches["rows"]]
    lines = list(_lines(block["item"]["code"], _ITEM_WIDTH))
    return {
        **block,
        "item": {"lines": lines},
        "matches": {**matches, "rows": rows},
        "long": len(rows) > _MATCHES_TOGETHER or len(lines) > _MATCHES_TOGETHER,
    }


def _lined(value: Any, width: int) -> Any:
    """The same, with every quoted text cut into lines: typst breaks no text that has no blanks."""
    match value:
        case {"code": str(code)}:
            return {"lines": list(_lines(code, width))}
        case dict():
            return {name: _lined(inner, width) for name, inner in value.items()}
        case list():
            return [_lined(inner, width) for inner in value]
    return value


def _lines(code: str, width: int) -> Iterator[str]:
    return wrap(restrict(code, _has_glyph), width)


def _has_glyph(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _GLYPHS)
