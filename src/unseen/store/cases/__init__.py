"""Cases: one row for each event, added and never changed."""

from unseen.store.cases.events import add_case_event, gather
from unseen.store.cases.reading import cases_of_findings, list_cases, read_case, same_content

__all__ = ["add_case_event", "cases_of_findings", "gather", "list_cases", "read_case", "same_content"]
