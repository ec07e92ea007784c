"""Cases: one row for each event, added and never changed."""

from unseen.store.cases.events import add_case_event, add_facts, gather, reopen_cleared, reopen_overtaken
from unseen.store.cases.exporting import (
    FoundItem,
    found_items,
    labelled_entries,
    labels_of_findings,
    record_case_export,
    scans_of_findings,
    searched_lists,
)
from unseen.store.cases.reading import (
    cases_of_findings,
    count_without_case,
    describe_cases,
    gathered_by,
    list_cases,
    read_case,
    same_content,
)

__all__ = [
    "FoundItem",
    "add_case_event",
    "add_facts",
    "cases_of_findings",
    "count_without_case",
    "describe_cases",
    "found_items",
    "gather",
    "gathered_by",
    "labelled_entries",
    "labels_of_findings",
    "list_cases",
    "read_case",
    "record_case_export",
    "reopen_cleared",
    "reopen_overtaken",
    "same_content",
    "scans_of_findings",
    "searched_lists",
]
