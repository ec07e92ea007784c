"""Custody: who viewed, held, kept and erased what a case holds; one row for each act, added and never changed."""

from unseen.store.custody.acts import Target, acts_about, add_act
from unseen.store.custody.holds import list_holds
from unseen.store.custody.preserved import Preserved, preserved_of, record_preserved
from unseen.store.custody.views import viewed

__all__ = ["Preserved", "Target", "acts_about", "add_act", "list_holds", "preserved_of", "record_preserved", "viewed"]
