"""What python-threatexchange keeps of what it fetched: pickles, read without ever being unpickled."""

from unseen.lists.pickled.state import StateFile, is_state, read_state

__all__ = ["StateFile", "is_state", "read_state"]
