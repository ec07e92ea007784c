"""What the store asks of SQLite or PostgreSQL beyond the SQL that both understand."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine

from unseen.errors import StoreError

__all__ = ["BUSY_TIMEOUT_S", "Backend", "Lock"]

# The longest writer is the import of a list: some 6 s for each million entries, in one transaction. A scan that waits
# for a list of a hundred million loses ten minutes; one that gave up would lose its batch and end.
BUSY_TIMEOUT_S = 600.0


class Lock(Protocol):
    """The right to do something that nobody else may do meanwhile. Goes with its process, however that ends."""

    def require(self) -> None:
        """Make sure that it is still held.

        Raises:
            StoreError: It was lost, with the connection that held it.
        """

    def release(self) -> None:
        """Give it back."""


class Backend(Protocol):
    """What keeps one store.

    Attributes:
        name: What messages call the store; holds no password.
        folder: Of the files beside SQL: the ledger's and the index.
        engine: SQLAlchemy's engine.
        errors: What its driver raises.
    """

    engine: Engine
    errors: tuple[type[Exception], ...]

    @property
    def name(self) -> str:
        """See the class."""

    @property
    def folder(self) -> Path:
        """See the class; known once the store is open."""

    def options(self, *, write: bool) -> Mapping[str, object]:
        """Give SQLAlchemy's options of one transaction.

        Reading, it sees one unchanging state. Writing, it is the only one, from its beginning to its end.
        """

    def make_room(self, *, create: bool) -> None:
        """Make room for a store where there is none, if asked to.

        Raises:
            StoreError: There is none, or something else is there.
            OSError: There can be none.
        """

    def making(self) -> AbstractContextManager[None]:
        """Wait until nobody else makes or upgrades this store, and keep others from it."""

    def prepare(self) -> None:
        """Set what has to be set outside of any transaction before tables are made."""

    def is_empty(self, connection: Connection) -> bool:
        """Whether there are no tables at all."""

    def claim(self, connection: Connection) -> None:
        """Mark the tables that were just made, or upgraded, as those of a store."""

    def is_ours(self, connection: Connection) -> bool:
        """Whether the tables are those of a store, by that mark."""

    def empty_log(self) -> bool:
        """Get what was deleted off the disk, as far as that is for this program to do; see `unseen.store.empty_log`."""

    def lock(self, kind: str, key: bytes) -> Lock | None:
        """Take the right to do one thing of a kind; None where somebody has it.

        Raises:
            StoreError: It cannot be taken at all.
        """

    def is_locked(self, kind: str) -> bool:
        """Whether anybody has the right to do anything of a kind. Looked up and not tried out."""

    def check_pages(self, connection: Connection) -> None:
        """Check that tables and their indexes say the same, as far as it offers to.

        Raises:
            StoreDamagedError: They do not.
        """

    def definitions(self, connection: Connection) -> dict[tuple[str, str], str]:
        """By kind and name, how all that there is beside rows was defined, but for Alembic's own table."""

    def our_definitions(self) -> dict[tuple[str, str], str]:
        """What `definitions` gives of a new store."""

    def translate(self, error: BaseException) -> StoreError:
        """Say in our words what the driver raised."""
