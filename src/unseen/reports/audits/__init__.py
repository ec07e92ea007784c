"""Audits of error rates, as JSON and as a page with a plot."""

from unseen.reports.audits.as_json import FORMAT, recall_document, threshold_document
from unseen.reports.audits.cautions import number_a_day, percent, recall_cautions, threshold_cautions
from unseen.reports.audits.pages import SHOWN_BITS, write_recall_html, write_threshold_html
from unseen.reports.audits.triage import TriageSection, triage_document, triage_sections, write_triage_html
from unseen.reports.audits.triage_values import TriageAudit
from unseen.reports.audits.values import (
    AuditedList,
    BenignMatch,
    CrowdedEntry,
    Proportion,
    RecallAudit,
    RecallRow,
    ThresholdAudit,
    ThresholdRow,
)

__all__ = [
    "FORMAT",
    "SHOWN_BITS",
    "AuditedList",
    "BenignMatch",
    "CrowdedEntry",
    "Proportion",
    "RecallAudit",
    "RecallRow",
    "ThresholdAudit",
    "ThresholdRow",
    "TriageAudit",
    "TriageSection",
    "number_a_day",
    "percent",
    "recall_cautions",
    "recall_document",
    "threshold_cautions",
    "threshold_document",
    "triage_document",
    "triage_sections",
    "write_recall_html",
    "write_threshold_html",
    "write_triage_html",
]
