"""Privacy groups of Meta ThreatExchange as sources of lists: settings `group`, `base`."""

from collections.abc import Iterator
from contextlib import contextmanager

from unseen.casework.syncing.exchange import Exchange, Plan, Reader, Settings
from unseen.errors import UsageError
from unseen.exchanges import Secret, Service, Timing
from unseen.exchanges.threatexchange import BASE, ThreatExchangeClient, read_token
from unseen.lists.values import parse_value
from unseen.model import ChangePage, ListClass

__all__ = ["THREATEXCHANGE", "base_of"]


def _plan(settings: Settings, wanted: ListClass | None) -> Plan:
    group = str(settings.get("group", ""))
    if not (group.isascii() and group.isdigit()):
        raise UsageError("a list of ThreatExchange is a privacy group", hint="--group and its number")
    if wanted is None:
        raise UsageError(
            "what a privacy group is for, only its members know",
            hint="--class csam where its members review what they share, else --class user_reported",
        )
    if wanted not in {ListClass.CSAM, ListClass.USER_REPORTED}:
        raise UsageError(f"a list of ThreatExchange cannot be of class {wanted}", hint="csam or user_reported")
    return Plan(wanted, f"{base_of(settings)}/{group}")


@contextmanager
def _connect(settings: Settings, list_class: ListClass, secret: Secret, timing: Timing) -> Iterator[Reader]:
    del list_class
    with Service(base_of(settings), timing=timing, query={"access_token": read_token(secret)}) as service:
        yield _Reader(ThreatExchangeClient(service, str(settings["group"]), timing=timing, parse=parse_value))


def base_of(settings: Settings) -> str:
    """Where the service is: Meta gives each version of it an address of its own."""
    return str(settings.get("base") or BASE).rstrip("/")


class _Reader:
    def __init__(self, client: ThreatExchangeClient) -> None:
        self._client = client

    def changes(self, checkpoint: str | None) -> Iterator[ChangePage]:
        """Give every page behind a checkpoint."""
        return self._client.changes(checkpoint)

    def told(self) -> list[str]:
        """Name what was left out."""
        left_out = self._client.left_out_by_type.most_common()
        return [
            f"left out updates of type {kind}, which are no hashes of pictures: {count:,}" for kind, count in left_out
        ]


THREATEXCHANGE = Exchange("threatexchange", frozenset({"group", "base"}), _plan, _connect)
