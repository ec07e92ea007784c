"""Feedback to those who publish lists: queued by a named person on a verdict, delivered at least once, receipts kept."""

from unseen.casework.feedback.delivering import Tried, deliver
from unseen.casework.feedback.giving import Given, give_feedback, list_feedback, list_reasons

__all__ = ["Given", "Tried", "deliver", "give_feedback", "list_feedback", "list_reasons"]
