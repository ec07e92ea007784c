"""Feedback to those who publish lists: queued by a named person, delivered at least once, with receipts."""

from unseen.casework.feedback.delivering import Tried, deliver
from unseen.casework.feedback.giving import Given, give_feedback, list_feedback, list_reasons, parse_state
from unseen.store import Letter, LetterState, Queued, Sending

__all__ = [
    "Given",
    "Letter",
    "LetterState",
    "Queued",
    "Sending",
    "Tried",
    "deliver",
    "give_feedback",
    "list_feedback",
    "list_reasons",
    "parse_state",
]
