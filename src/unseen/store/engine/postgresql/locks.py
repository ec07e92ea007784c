"""Locks that a connection holds: the server drops them with it, however it ends, on whatever machine that was."""

from hashlib import sha256
from typing import Self

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from unseen.errors import StoreError

__all__ = ["ServerLock", "is_any_locked"]

# Two numbers of 32 bits, whose first says what kind of lock of which store it is.
# Whoever was killed has it for as long as the server takes to hear of it: moments.
_PATIENCE = text("SELECT set_config('lock_timeout', '2s', false)")
_NOT_AVAILABLE = "55P03"
_TAKE = text("SELECT pg_advisory_lock(:kind, :key)")
_GIVE = text("SELECT pg_advisory_unlock(:kind, :key)")
_IS_HELD = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = :kind AND objsubid = 2 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)


class ServerLock:
    """A lock held by a connection of its own."""

    def __init__(self, connection: Connection, numbers: dict[str, int]) -> None:
        self._connection = connection
        self._numbers = numbers

    @classmethod
    def take(cls, engine: Engine, kind: str, key: bytes) -> Self | None:
        """Take a lock; None where another connection has it."""
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # Out of the pool, for good: whoever had it next would have the lock too.
        connection.detach()
        numbers = {"kind": _number(kind.encode()), "key": _number(kind.encode() + b"\0" + key)}
        try:
            connection.execute(_PATIENCE)
            connection.execute(_TAKE, numbers)
        except DBAPIError as error:
            connection.close()
            if getattr(error.orig, "sqlstate", None) == _NOT_AVAILABLE:
                return None
            raise
        return cls(connection, numbers)

    def require(self) -> None:
        """See `unseen.store.engine.Lock`."""
        try:
            if not self._connection.invalidated:
                self._connection.execute(text("SELECT 1"))
                return
        except DBAPIError:
            # Whoever else waits for it may have it by now.
            self._connection.invalidate()
        raise StoreError(
            "the connection to the store was lost, and with it the right to go on",
            hint="run the same command again: what was kept stays kept",
        )

    def release(self) -> None:
        """Give the lock back; with a connection that is lost, it went already."""
        try:
            if not self._connection.invalidated:
                self._connection.execute(_GIVE, self._numbers)
        except DBAPIError:
            self._connection.invalidate()
        finally:
            self._connection.close()


def is_any_locked(connection: Connection, kind: str) -> bool:
    """Whether any connection holds a lock of a kind."""
    return bool(connection.execute(_IS_HELD, {"kind": _number(kind.encode())}).scalar_one())


def _number(name: bytes) -> int:
    # Of 31 bits, because PostgreSQL's are signed. Two scans of one number in two thousand million turn each other away.
    return int.from_bytes(sha256(name).digest()[:4]) >> 1
