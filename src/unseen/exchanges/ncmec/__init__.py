"""NCMEC Hash Sharing v2, as published at https://report.cybertip.org/ws-hashsharing/v2/documentation/."""

from unseen.exchanges.ncmec.bases import BASES, Base, choose_members, class_of_base, find_base
from unseen.exchanges.ncmec.client import NcmecClient, Status
from unseen.exchanges.ncmec.feedback import FeedbackReason, feedback_type, list_reasons, put_feedback, split_entry
from unseen.exchanges.ncmec.wire import Member

__all__ = [
    "BASES",
    "Base",
    "FeedbackReason",
    "Member",
    "NcmecClient",
    "Status",
    "choose_members",
    "class_of_base",
    "feedback_type",
    "find_base",
    "list_reasons",
    "put_feedback",
    "split_entry",
]
