"""Services that share hash lists: asked politely, never trusted. Clients give pages of changes; they keep nothing."""

from unseen.exchanges.credentials import Login, Secret, read_secret
from unseen.exchanges.service import Answer, Service
from unseen.exchanges.timing import Patience, Timing

__all__ = ["Answer", "Login", "Patience", "Secret", "Service", "Timing", "read_secret"]
