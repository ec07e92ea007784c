"""Which content of each object an unfinished scan has taken in hand, so that resuming it misses no change."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from unseen.store.engine import Store
from unseen.store.schema import object_versions

__all__ = ["ObjectVersions"]

_DIGEST_BYTES = 16


class ObjectVersions:
    """What one scan knows of the objects of buckets."""

    def __init__(self, store: Store, scan_id: int) -> None:
        self._store = store
        self._scan_id = scan_id

    def compare(self, pairs: Sequence[tuple[str, str]]) -> set[str]:
        """Note these versions, and say which objects the scan had noted with another one.

        Args:
            pairs: Text of the locator, and what tells one content from the next; a few hundred at most.

        Returns:
            Texts of the locators of objects that have changed; what was noted of them stays.

        Raises:
            StoreError: The store cannot be written.
        """
        now = {_digest(locator): (locator, _digest(version)) for locator, version in pairs}
        table = object_versions.c
        statement = select(table.locator, table.version).where(
            table.scan_id == self._scan_id, table.locator.in_(list(now))
        )
        with self._store.write() as connection:
            before = {row.locator: row.version for row in connection.execute(statement)}
            rows = [
                {"scan_id": self._scan_id, "locator": key, "version": version}
                for key, (_, version) in now.items()
                if key not in before
            ]
            if rows:
                connection.execute(insert(object_versions), rows)
        return {now[key][0] for key, version in before.items() if version != now[key][1]}

    def forget(self) -> None:
        """Drop it all: the scan has ended.

        Raises:
            StoreError: The store cannot be written.
        """
        with self._store.write() as connection:
            connection.execute(delete(object_versions).where(object_versions.c.scan_id == self._scan_id))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=_DIGEST_BYTES).digest()
