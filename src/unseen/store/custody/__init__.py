"""Custody: who viewed, held, kept and erased what a case holds; one row for each act, added and never changed."""

from unseen.store.custody.acts import Target, acts_about, acts_of_kinds, add_act
from unseen.store.custody.chronicle import CustodyLine, read_chronicle
from unseen.store.custody.contents import check_contents, content_path, keep_content, keeping, sweep_contents
from unseen.store.custody.erasing import ErasedCase, erase_case, propose_erasure
from unseen.store.custody.holds import holds_of_cases, list_holds
from unseen.store.custody.preserved import Preserved, preserved_of, record_preserved
from unseen.store.custody.sealed import KEY_BYTES, SealedSource
from unseen.store.custody.views import viewed

__all__ = [
    "KEY_BYTES",
    "CustodyLine",
    "ErasedCase",
    "Preserved",
    "SealedSource",
    "Target",
    "acts_about",
    "acts_of_kinds",
    "add_act",
    "check_contents",
    "content_path",
    "erase_case",
    "holds_of_cases",
    "keep_content",
    "keeping",
    "list_holds",
    "preserved_of",
    "propose_erasure",
    "read_chronicle",
    "record_preserved",
    "sweep_contents",
    "viewed",
]
