"""What an unfinished scan notes for itself: which content of each object it has in hand, and which items it kept."""

import hashlib
from collections.abc import Iterator, Sequence

from sqlalchemy import delete, insert, select

from unseen.model import Locator
from unseen.store.engine import Store
from unseen.store.schema import object_versions

__all__ = ["Noted", "ObjectVersions"]

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


class Noted:
    """Which items are surely not in the tables, in constant memory: asking SQL of each takes longer than all else."""

    # Of a million items, one in a thousand is asked for in vain; of ten million, one in fifteen.
    _BITS = 1 << 26

    def __init__(self, *, is_anything: bool) -> None:
        self._is_anything = is_anything
        self._marks = bytearray(0 if is_anything else self._BITS // 8)

    def add(self, locator: Locator) -> None:
        """Note that an item is there."""
        for byte, bit in () if self._is_anything else self._places(locator):
            self._marks[byte] |= bit

    def may_hold(self, locator: Locator) -> bool:
        """Whether it may be there: never wrongly no."""
        return self._is_anything or all(self._marks[byte] & bit for byte, bit in self._places(locator))

    def _places(self, locator: Locator) -> Iterator[tuple[int, int]]:
        # Differs from process to process, so that nobody can choose names that share their places.
        number = hash(locator)
        for each in (number, number >> 32):
            at = each % self._BITS
            yield at >> 3, 1 << (at & 7)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=_DIGEST_BYTES).digest()
