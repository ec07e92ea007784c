"""A stand-in for the store: keeps pages as they come, and applies them when the last was kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.unit.exchanges.fake_ncmec import FakeNcmec
from tests.unit.exchanges.servers import Clock, Server

from unseen.exchanges import Login, Secret, Service
from unseen.exchanges.ncmec import NcmecClient
from unseen.lists.values import parse_value
from unseen.model import ChangePage, Published, Refused

__all__ = ["Kept", "client_of", "sync"]


@dataclass
class Kept:
    """What a store would hold.

    Attributes:
        entries: What counts, by identifier.
        checkpoint: Of the last page that was kept.
        refused: What could not be read.
        runs: How often everything was applied.
    """

    entries: dict[str, Published] = field(default_factory=dict)
    checkpoint: str | None = None
    refused: list[Refused] = field(default_factory=list)
    runs: int = 0
    _staged: list[ChangePage] = field(default_factory=list)

    def keep(self, page: ChangePage) -> None:
        """Keep a page with its checkpoint, and apply everything with the last."""
        if page.begins_anew:
            self._staged.clear()
        self._staged.append(page)
        self.checkpoint = page.checkpoint
        self.refused += page.refused
        if not page.is_last:
            return
        if self._staged[0].begins_anew:
            self.entries.clear()
        for change in (change for staged in self._staged for change in staged.changes):
            self.entries.pop(change.entry, None)
            if isinstance(change, Published):
                self.entries[change.entry] = change
        self._staged.clear()
        self.runs += 1


def client_of(fake: FakeNcmec, server: Server, clock: Clock | None = None, **settings: object) -> NcmecClient:
    """A client of the service, as a sync makes it."""
    timing = (clock or Clock(fake.now_s)).timing
    login = Login(fake.user, Secret(fake.password))
    service = server.callers.enter_context(Service(server.address, timing=timing, login=login))
    return NcmecClient(service, timing=timing, parse=parse_value, **settings)  # type: ignore[arg-type]  # the caller's


def sync(pages: Iterable[ChangePage], kept: Kept, *, pages_max: int | None = None) -> int:
    """Keep pages; as if killed after some of them where told so.

    Returns:
        How many were kept.
    """
    count = 0
    for page in pages:
        kept.keep(page)
        count += 1
        if count == pages_max:
            break
    return count
