"""One object of a bucket: its bytes while nobody changes them, or the reason why there are none."""

from dataclasses import dataclass
from typing import Protocol

from unseen.model import Reason, Times, UnreadError

__all__ = ["LARGE_BYTES", "BucketObject", "ChangedError", "Fetch", "ObjectRange", "Shop"]

# Up to here an object is fetched in one request and held in memory; a larger one is read piece by piece.
LARGE_BYTES = 64 << 20
# A piece that costs a request must be worth it; readers that jump about keep some of them.
_PIECE_BYTES = 4 << 20
_PIECES_KEPT = 4
_TRIES_MAX = 3


@dataclass(frozen=True, slots=True)
class BucketObject:
    """An object as a listing names it.

    Attributes:
        key: Its key, to the letter.
        size_bytes: How long it is said to be.
        e_tag: Tells one content from the next, as the service writes it; None where a listing does not say.
        version: Of an older version; None for the current one.
        is_offline: Whether it must be restored before it can be read.
        namesake: Counted from 2 where a listing gave this key before: which of those objects a request would get,
            nobody knows.
        times: When it was written.
    """

    key: str
    size_bytes: int
    e_tag: str | None
    version: str | None = None
    is_offline: bool = False
    times: Times | None = None
    namesake: int = 1


class ChangedError(Exception):
    """The object is no longer the one that was listed. Never leaves this package."""


class Shop(Protocol):
    """Where objects are read; asked by several threads at once."""

    def read(self, found: BucketObject, offset: int, size: int) -> bytes:
        """Bytes of an object; fewer only where it ends.

        Raises:
            ChangedError: It has another ETag by now.
            UnreadError: Why it cannot be read, after all retries.
        """

    def look(self, found: BucketObject) -> BucketObject:
        """The object as it is now.

        Raises:
            UnreadError: It is gone, or cannot be read.
        """


class ObjectRange:
    """The bytes of an object, requested piece by piece, never held whole; all of one ETag."""

    def __init__(self, shop: Shop, found: BucketObject) -> None:
        self._shop = shop
        self._found = found
        self._pieces: dict[int, bytes] = {}
        self.size_bytes = found.size_bytes

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        end = min(offset + size, self.size_bytes)
        if offset < 0 or end <= offset:
            return b""
        numbers = range(offset // _PIECE_BYTES, -(-end // _PIECE_BYTES))
        whole = b"".join(map(self._piece, numbers))
        start = offset - numbers.start * _PIECE_BYTES
        return whole[start : start + end - offset]

    def _piece(self, number: int) -> bytes:
        data = self._pieces.pop(number, None)
        if data is None:
            offset = number * _PIECE_BYTES
            wanted = min(_PIECE_BYTES, self.size_bytes - offset)
            try:
                data = self._shop.read(self._found, offset, wanted)
            except ChangedError as error:
                raise UnreadError(Reason.CHANGED) from error
            if len(data) != wanted:
                raise UnreadError(Reason.UNREADABLE)
            while len(self._pieces) >= _PIECES_KEPT:
                del self._pieces[next(iter(self._pieces))]
        self._pieces[number] = data
        return data


class Fetch:
    """Opens an object: what `Item.open` is for files."""

    def __init__(self, shop: Shop, found: BucketObject) -> None:
        self._shop = shop
        self.found = found

    @property
    def held_bytes(self) -> int:
        """Memory that it takes once fetched."""
        return self.found.size_bytes if self.found.size_bytes <= LARGE_BYTES else 0

    def __call__(self) -> bytes | ObjectRange | Reason:
        """Its bytes, or where to ask for them; of an object that changed since it was listed, those that it has now.

        Raises nothing.
        """
        try:
            return self._read(self.found)
        except ChangedError:
            pass
        except UnreadError as error:
            return error.reason
        try:
            return self._read(self._shop.look(self.found))
        except ChangedError:
            return Reason.CHANGED
        except UnreadError as error:
            return error.reason

    def _read(self, found: BucketObject) -> bytes | ObjectRange | Reason:
        if found.is_offline:
            return Reason.OFFLINE
        if found.size_bytes == 0:
            return b""
        if found.namesake > 1:
            return Reason.UNSUPPORTED
        if found.size_bytes > LARGE_BYTES:
            return ObjectRange(self._shop, found)
        for _ in range(_TRIES_MAX):
            data = self._shop.read(found, 0, found.size_bytes)
            # Shorter than it says of itself: the connection broke, or the service lies.
            if len(data) == found.size_bytes:
                return data
        return Reason.UNREADABLE
