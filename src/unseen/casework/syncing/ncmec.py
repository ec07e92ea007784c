"""NCMEC's lists as sources of lists: settings `base`, `large`, `only`, `without`."""

from collections.abc import Iterator
from contextlib import contextmanager

from unseen.casework.syncing.exchange import Exchange, Plan, Reader, Settings
from unseen.errors import UsageError
from unseen.exchanges import Login, Secret, Service, Timing, check_address
from unseen.exchanges.ncmec import NcmecClient, choose_members, class_of_base, find_base
from unseen.lists.values import parse_value
from unseen.model import ChangePage, ListClass

__all__ = ["NCMEC"]


def _plan(settings: Settings, wanted: ListClass | None) -> Plan:
    if "base" not in settings:
        raise UsageError("NCMEC keeps several lists: which one?", hint="--base industry, npo, law-enforcement, ...")
    base = find_base(settings["base"])
    check_address(base.address)
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
        yield _Reader(client, without_reports=base.holds_take_it_down and list_class is ListClass.CSAM)


class _Reader:
    def __init__(self, client: NcmecClient, *, without_reports: bool) -> None:
        self._client = client
        self._without_reports = without_reports

    def changes(self, checkpoint: str | None) -> Iterator[ChangePage]:
        """Give every page behind a checkpoint."""
        return self._client.changes(checkpoint)

    def told(self) -> list[str]:
        """Name what was left out."""
        if not self._client.left_out:
            return []
        told = [f"changes left out, of members who are not part of this list: {self._client.left_out:,}"]
        if self._without_reports:
            told.append("reports to Take It Down, reviewed by nobody, are taken by a list of class user_reported only")
        return told


NCMEC = Exchange("ncmec", frozenset({"base", "large", "only", "without"}), _plan, _connect)
