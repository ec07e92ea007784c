"""Meta ThreatExchange as it behaves, on this machine. Everything in it is made up; no hash is of a real picture."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.unit.exchanges.servers import Clock, Question, Reply, Server

from unseen.exchanges import Secret, Service, Timing
from unseen.exchanges.threatexchange import ThreatExchangeClient
from unseen.lists.values import parse_value

__all__ = ["TOKEN", "FakeThreatExchange", "Indicator", "descriptor"]

TOKEN = "123456789|abcdefghijklmnopqrstuvwxyz"
GROUP = "1012185296055235"


def descriptor(number: int = 7, owner: int | None = 501, status: str = "MALICIOUS", **other: Any) -> dict[str, Any]:
    """What a member keeps of an indicator."""
    row: dict[str, Any] = {"id": str(number), "status": status, **other}
    return row if owner is None else row | {"owner": {"id": str(owner)}}


@dataclass(frozen=True)
class Indicator:
    """A value of a type as it now stands.

    Attributes:
        value: As its owner spelled it.
        at_s: When it last changed.
        type: ThreatExchange's word.
        is_deleted: Whether only a tombstone is left.
        descriptors: Of all who share it; None where the service leaves them out.
    """

    value: str
    at_s: int
    type: str = "HASH_PDQ"
    is_deleted: bool = False
    descriptors: Sequence[dict[str, Any]] | None = field(default_factory=lambda: [descriptor()])

    @classmethod
    def drawn(cls, number: int, at_s: int, **other: Any) -> "Indicator":
        """One of a made-up PDQ."""
        return replace(cls(hashlib.sha256(str(number).encode()).hexdigest(), at_s), **other)

    def row(self) -> dict[str, Any]:
        """As the service tells it."""
        row: dict[str, Any] = {
            "id": str(int(hashlib.sha256(self.value.encode()).hexdigest()[:12], 16)),
            "indicator": self.value,
            "type": self.type,
            "last_updated": self.at_s,
            "should_delete": self.is_deleted,
        }
        return row if self.descriptors is None else row | {"descriptors": {"data": list(self.descriptors)}}


@dataclass
class FakeThreatExchange:
    """The service.

    Attributes:
        indicators: In any order; a later one of the same type and value replaces.
        now_s: Its clock.
        page_size: Indicators on a page, whatever is asked for.
        name: Of the privacy group.
        order: How indicators stand on pages; by time in the real one, which nobody should rely on.
        interfere: May answer in the place of the service; None lets it answer.
        links_to_break: After how many pages answers end in 403; None for never.
        tells_time: Whether answers are dated.
        rows_put_in: What the last page holds besides.
        reactions: Every reaction that was given, with the number of its descriptor.
    """

    indicators: list[Indicator]
    now_s: int
    page_size: int = 10
    name: str = "Known material"
    order: Callable[[Indicator], Any] = lambda one: one.at_s
    interfere: Callable[[Question], Reply | None] = lambda _: None
    links_to_break: int | None = None
    tells_time: bool = True
    rows_put_in: list[Any] = field(default_factory=list)
    reactions: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    _address: Callable[[], str] = lambda: ""

    def server(self) -> Server:
        """A server that answers as this."""
        server = Server(self._answer)
        self._address = lambda: server.address
        return server

    def client(self, server: Server, clock: Clock | None = None, *, group: str = GROUP) -> ThreatExchangeClient:
        """A client of it, as a sync makes it."""
        timing = (clock or Clock(self.now_s)).timing
        return ThreatExchangeClient(self.service(server, timing), group, timing=timing, parse=parse_value)

    def service(self, server: Server, timing: Timing) -> Service:
        """It, as its members ask it."""
        service = Service(server.address, timing=timing, query={"access_token": Secret(TOKEN)})
        return server.callers.enter_context(service)

    def put(self, *indicators: Indicator) -> None:
        """Change what is shared."""
        keys = {(one.type, one.value) for one in indicators}
        self.indicators = [one for one in self.indicators if (one.type, one.value) not in keys] + list(indicators)

    def _answer(self, question: Question) -> Reply:
        reply = self.interfere(question)
        if reply is not None:
            return reply
        if question.query.get("access_token") != TOKEN:
            return self._json({"error": {"type": "OAuthException", "code": 190}}, status=400)
        if question.method == "POST":
            number = question.path.strip("/")
            self.reactions.append((number, dict(parse_qsl(question.body.decode()))))
            return self._json({"success": True})
        if question.path == f"/{GROUP}":
            return self._json({"id": GROUP, "name": self.name, "description": "Hashes of a test"})
        if question.path != f"/{GROUP}/threat_updates/":
            return self._json({"error": {"code": 803}}, status=404)
        if (
            self.links_to_break is not None
            and int(question.query.get("after", 0)) >= self.links_to_break * self.page_size
        ):
            return self._json({"error": {"code": 4}}, status=403)
        start_s = int(question.query.get("start_time", 0))
        after = int(question.query.get("after", 0))
        rows = sorted((one for one in self.indicators if one.at_s >= start_s), key=self.order)
        answer: dict[str, Any] = {"data": [one.row() for one in rows[after : after + self.page_size]]}
        if after + self.page_size < len(rows):
            # The real one repeats the whole question in its links, the token included.
            query = dict(question.query) | {"after": str(after + self.page_size)}
            answer["paging"] = {
                "cursors": {"after": query["after"]},
                "next": f"{self._address()}/{GROUP}/threat_updates/?{urlencode(query)}",
            }
        else:
            answer["data"] += self.rows_put_in
        return self._json(answer)

    def _json(self, row: dict[str, Any], *, status: int = 200) -> Reply:
        headers = {"Content-Type": "application/json; charset=UTF-8"}
        if self.tells_time:
            headers["Date"] = formatdate(self.now_s, usegmt=True)
        return Reply(status, json.dumps(row).encode(), headers)
