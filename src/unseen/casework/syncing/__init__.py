"""Lists that come from services: where each is fetched from, and fetching it."""

from unseen.casework.syncing.running import Synced, accepted, sync_list
from unseen.casework.syncing.sources import Followed, follow_list, followed_lists

__all__ = ["Followed", "Synced", "accepted", "follow_list", "followed_lists", "sync_list"]
