"""Services that share hash lists: asked politely, never trusted. Clients give pages of changes; they keep nothing."""

from unseen.exchanges.credentials import Login, Secret, read_secret
from unseen.exchanges.service import Answer, Service, check_address
from unseen.exchanges.timing import Patience, Timing

__all__ = ["Answer", "Login", "Patience", "Secret", "Service", "Timing", "check_address", "read_secret"]
