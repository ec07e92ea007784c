"""Lists that come from services: where each is fetched from, and fetching it."""

from unseen.casework.syncing.running import Synced, accepted, sync_list
from unseen.casework.syncing.sources import Followed, credentials_of, follow_list, followed_lists, read_followed

__all__ = [
    "Followed",
    "Synced",
    "accepted",
    "credentials_of",
    "follow_list",
    "followed_lists",
    "read_followed",
    "sync_list",
]
