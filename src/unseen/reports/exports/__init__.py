"""A case in the forms that others read."""

from unseen.reports.exports.as_case import case_as_case
from unseen.reports.exports.as_csv import case_as_csv
from unseen.reports.exports.as_vics import VicsVersion, case_as_vics
from unseen.reports.exports.by_template import TEMPLATES, case_by_template, read_template
from unseen.reports.exports.fields import case_as_fields, case_fields
from unseen.reports.exports.values import ExportedCase, ExportedFinding

__all__ = [
    "TEMPLATES",
    "ExportedCase",
    "ExportedFinding",
    "VicsVersion",
    "case_as_case",
    "case_as_csv",
    "case_as_fields",
    "case_as_vics",
    "case_by_template",
    "case_fields",
    "read_template",
]
