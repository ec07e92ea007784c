"""What a report says of images of media: whether they hold what was acquired."""

from typing import Any

from unseen.model import Comparison
from unseen.model.report import ReportData
from unseen.reports.shown import show

__all__ = ["COMPARISONS", "acquired_blocks"]

COMPARISONS = {
    Comparison.VERIFIED: "verified",
    Comparison.MISMATCH: "DIFFERS from the medium in this image",
    Comparison.ABSENT: "not stored",
    Comparison.UNREAD: "stored, and could not be compared",
}


def acquired_blocks(report: ReportData) -> list[dict[str, Any]]:
    """Every image that stores digests of its medium, or could, with what came of each; nothing where there is none."""
    if not report.acquired:
        return []
    said = (
        "Some of what was screened are images of media. Each byte of such an image has a checksum, which was verified"
        " whenever it was read; after everything in it was screened its medium was read once more, and compared with"
        " the digests that its acquisition stored. Its files had the same size and time of change before and after,"
        " or it is among what was not screened, as changed."
    )
    rows = [
        [{"code": show(str(one.locator))}, COMPARISONS[one.acquisition.md5], COMPARISONS[one.acquisition.sha1]]
        for one in report.acquired
    ]
    head = ["Image", "MD5 of its acquisition", "SHA-1 of its acquisition"]
    return [
        {"kind": "text", "text": said, "grave": False},
        {"kind": "table", "name": "acquired", "head": head, "numeric": [], "rows": rows},
    ]
