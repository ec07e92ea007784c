"""Reports to authorities: what was decided, every call that was made for it, and the receipts."""

from unseen.store.filings.deciding import decide_filing, set_filing_policy, turn_filing
from unseen.store.filings.forwarding import note_forwarded
from unseen.store.filings.reading import (
    cases_with_letters,
    filed_findings,
    filing_policies_now,
    list_filings,
    read_filing,
    read_steps,
    read_turns,
    receipts_of,
)
from unseen.store.filings.since import Since, known_since
from unseen.store.filings.stepping import begin_step, end_step
from unseen.store.filings.values import (
    FILING,
    Answered,
    Filing,
    FilingDecision,
    FilingFile,
    FilingPolicy,
    FilingStep,
    FilingTurn,
    Receipt,
)

__all__ = [
    "FILING",
    "Answered",
    "Filing",
    "FilingDecision",
    "FilingFile",
    "FilingPolicy",
    "FilingStep",
    "FilingTurn",
    "Receipt",
    "Since",
    "begin_step",
    "cases_with_letters",
    "decide_filing",
    "end_step",
    "filed_findings",
    "filing_policies_now",
    "known_since",
    "list_filings",
    "note_forwarded",
    "read_filing",
    "read_steps",
    "read_turns",
    "receipts_of",
    "set_filing_policy",
    "turn_filing",
]
