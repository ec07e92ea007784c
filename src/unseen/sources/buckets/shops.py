"""Requests for bytes through obstore, and what its errors mean. Not here: listings.

Addresses that obstore cannot spell (keys with empty segments, `.` or `..` as a segment, control characters, a slash at
either end) are the business of `unseen.sources.buckets.s3`, which asks for them otherwise.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from unseen.model import Reason, UnreadError
from unseen.sources.buckets.objects import BucketObject, ChangedError

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ObjectStore

__all__ = ["CLIENT", "RETRIES", "TRIES_MAX", "ObstoreShop", "has_plain_key", "reason_of"]

# Backing off with jitter is obstore's own work. A service that is down for two minutes is down.
RETRIES: dict[str, Any] = {"max_retries": 6, "retry_timeout": timedelta(minutes=2)}
# A request brings 64 MiB at most; slower than some 200 kB/s is standing still.
CLIENT: dict[str, Any] = {"connect_timeout": timedelta(seconds=10), "timeout": timedelta(minutes=5)}
_CHUNK_BYTES = 1 << 20
TRIES_MAX = 3

# What services say of objects that lie in an archive and must be restored first.
_OFFLINE = ("InvalidObjectState", "BlobArchived", "BlobBeingRehydrated")


class ObstoreShop:
    """Objects of one bucket, read through obstore; any number of threads."""

    def __init__(self, store: "ObjectStore") -> None:
        self._store = store

    def read(self, found: BucketObject, offset: int, size: int) -> bytes:
        """See `Shop.read`."""
        from obstore.exceptions import BaseError

        options: dict[str, Any] = {"if_match": found.e_tag, "range": (offset, offset + size)}
        if found.version is not None:
            options["version"] = found.version
        if found.e_tag is None:
            del options["if_match"]
        for number in range(TRIES_MAX):
            try:
                return self._stream(found, options, size)
            except (BaseError, OSError, ValueError) as error:
                if _is_broken_off(error) and number < TRIES_MAX - 1:
                    continue
                raise _translate(error) from error
        raise AssertionError

    def look(self, found: BucketObject) -> BucketObject:
        """See `Shop.look`."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            meta = obstore.head(self._store, found.key)
        except (BaseError, OSError, ValueError) as error:
            raise UnreadError(reason_of(error)) from error
        return BucketObject(found.key, meta["size"], meta["e_tag"], is_offline=found.is_offline, times=found.times)

    def _stream(self, found: BucketObject, options: dict[str, Any], size: int) -> bytes:
        import obstore

        result = obstore.get(self._store, found.key, options=cast("GetOptions", options))
        # Some services overlook the condition.
        if found.e_tag is not None and result.meta["e_tag"] not in {None, found.e_tag}:
            raise ChangedError
        pieces, count = [], 0
        for chunk in result.stream(min_chunk_size=_CHUNK_BYTES):
            count += len(chunk)
            if count > size:
                # More than was asked for: it is not the object that was listed.
                raise ChangedError
            pieces.append(bytes(chunk))
        return b"".join(pieces)


def has_plain_key(key: str) -> bool:
    """Whether obstore means this very key when it is given it."""
    segments = key.split("/")
    return all(segments) and not {".", ".."} & set(segments) and key.isprintable()


def reason_of(error: BaseException) -> Reason:
    """Say in one closed word why an object could not be read."""
    if isinstance(error, FileNotFoundError):
        return Reason.CHANGED
    return Reason.OFFLINE if any(word in str(error) for word in _OFFLINE) else Reason.UNREADABLE


def _translate(error: BaseException) -> Exception:
    from obstore.exceptions import PreconditionError

    return ChangedError() if isinstance(error, PreconditionError) else UnreadError(reason_of(error))


def _is_broken_off(error: BaseException) -> bool:
    """Whether the answer began and did not end: obstore retries requests, not the bodies of answers."""
    from obstore.exceptions import GenericError

    return isinstance(error, GenericError) and "status code" not in str(error)
