"""What a kind of service must say of itself, so that lists can be fetched from it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from unseen.exchanges import Secret, Timing
from unseen.model import ChangePage, ListClass

__all__ = ["Exchange", "Plan", "Reader", "Settings"]

# What a person said of the service: only text, numbers, truth and lists of these, since it is kept as JSON.
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What settings come to, before anybody is asked.

    Attributes:
        list_class: In which the list is taken.
        origin: Address of the list, for the record.
    """

    list_class: ListClass
    origin: str


class Reader(Protocol):
    """A client that is about to read."""

    def changes(self, checkpoint: str | None, /) -> Iterator[ChangePage]:
        """Give every page behind a checkpoint; None for the whole list."""

    def told(self) -> list[str]:
        """What a person should know of what was read, as sentences."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A kind of service.

    Attributes:
        name: As a person calls it.
        options: Names of settings that it knows.
        plan: Checks settings with the class that was asked for, if any; raises UsageError.
        connect: Gives a reader for settings, a class, credentials and a clock.
    """

    name: str
    options: frozenset[str]
    plan: Callable[[Settings, ListClass | None], Plan]
    connect: Callable[[Settings, ListClass, Secret, Timing], AbstractContextManager[Reader]]

    @property
    def variable(self) -> str:
        """The variable of the environment that credentials may stand in."""
        return f"UNSEEN_{self.name.upper()}_CREDENTIALS"
