"""`unseen findings`: what scans have found, one row for each item."""

from collections.abc import Iterator

from unseen import store
from unseen.model import Finding

__all__ = ["list_findings"]


def list_findings(location: str) -> Iterator[Finding]:
    """Give every finding of a store, in the order they were first seen.

    One for each item (locator and SHA-256), however many scans saw it, with the matches of the newest scan that did.
    The store is only read: a scan may be writing to it.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    with store.open_store(location, create=False, read_only=True) as opened:
        yield from store.list_findings(opened)
