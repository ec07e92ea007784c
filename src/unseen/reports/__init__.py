"""Rendering: what was found, as HTML, PDF and JSON. No clock, no SQL, no picture, no list value."""

from unseen.reports.as_html import write_html
from unseen.reports.as_json import FORMAT, write_json, write_json_body
from unseen.reports.as_pdf import PDF_FINDINGS_MAX, PDF_UNSCREENED_MAX, can_write_pdf, write_pdf

__all__ = [
    "FORMAT",
    "PDF_FINDINGS_MAX",
    "PDF_UNSCREENED_MAX",
    "can_write_pdf",
    "write_html",
    "write_json",
    "write_json_body",
    "write_pdf",
]
