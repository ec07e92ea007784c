"""NCMEC's lists as sources of lists: settings `base`, `large`, `only`, `without`."""

from collections.abc import Iterator
from contextlib import contextmanager

from unseen.casework.syncing.exchange import Exchange, Plan, Reader, Settings
from unseen.errors import UsageError
from unseen.exchanges import Login, Secret, Service, Timing
from unseen.exchanges.ncmec import NcmecClient, choose_members, class_of_base, find_base
from unseen.lists.values import parse_value
from unseen.model import ListClass, Page

__all__ = ["NCMEC"]


def _plan(settings: Settings, wanted: ListClass | None) -> Plan:
    if "base" not in settings:
        raise UsageError("NCMEC keeps several lists: which one?", hint="--base industry, npo, law-enforcement, ...")
    base = find_base(settings["base"])
    return Plan(class_of_base(base, wanted), base.address)


@contextmanager
def _connect(settings: Settings, list_class: ListClass, secret: Secret, timing: Timing) -> Iterator[Reader]:
    base = find_base(settings["base"])
    chosen = choose_members(base, list_class, only=settings.get("only", ()), without=settings.get("without", ()))
    with Service(base.address, timing=timing, login=Login.parse(secret)) as service:
        client = NcmecClient(
            service,
            timing=timing,
            parse=parse_value,
            is_chosen=chosen,
            fetch_large=settings.get("large", False),
        )
        yield _Reader(client, list_class)


class _Reader:
    def __init__(self, client: NcmecClient, list_class: ListClass) -> None:
        self._client = client
        self._list_class = list_class

    def changes(self, checkpoint: str | None) -> Iterator[Page]:
        """Give every page behind a checkpoint."""
        return self._client.changes(checkpoint)

    def told(self) -> list[str]:
        """Name what was left out."""
        if not self._client.left_out:
            return []
        why = " (of Take It Down, which nobody reviewed, among them)" if self._list_class is ListClass.CSAM else ""
        return [f"left out {self._client.left_out:,} changes of members who are not part of this list{why}"]


NCMEC = Exchange("ncmec", frozenset({"base", "large", "only", "without"}), _plan, _connect)
