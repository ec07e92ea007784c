"""NCMEC Hash Sharing v2 as it behaves, on this machine. Everything in it is made up; no hash is of a real picture."""

import hashlib
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import formatdate
from urllib.parse import quote, unquote, urlencode
from xml.sax.saxutils import escape, quoteattr

from tests.unit.exchanges.servers import Question, Reply, Server

__all__ = ["NAMESPACE", "FakeNcmec", "Record", "text_time"]

NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"


def text_time(at_s: float) -> str:
    """A time as the service prints it."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Record:
    """An entry as it now stands.

    Attributes:
        member: Identifier and name.
        id: Of the entry.
        at_s: When it last changed.
        kind: `image` or `video`.
        is_deleted: Whether only a tombstone is left.
        hashes: By the name of their element; a value of None is large, and only linked to.
        classification: Or none.
        feedback: XML.
    """

    id: str
    at_s: int
    member: tuple[str, str] = ("42", "A member")
    kind: str = "image"
    is_deleted: bool = False
    hashes: dict[str, str | None] = field(default_factory=dict)
    classification: str | None = None
    feedback: str = ""

    @classmethod
    def drawn(cls, number: int, at_s: int, **other: object) -> "Record":
        """An entry of made-up hashes."""
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        hashes: dict[str, str | None] = {"md5": digest[:32], "sha1": digest[:40], "pdq": digest}
        return replace(cls(f"entry{number}", at_s, hashes=hashes, classification="A1"), **other)  # type: ignore[arg-type]  # names of fields

    def xml(self, links: Callable[[str], str]) -> str:
        """The element of this entry."""
        tag = ("deleted" + self.kind.title()) if self.is_deleted else self.kind
        member = f"<member id={quoteattr(self.member[0])}>{escape(self.member[1])}</member>"
        head = f"{member}<timestamp>{text_time(self.at_s)}</timestamp><id>{escape(self.id)}</id>"
        if self.is_deleted:
            return f"<{tag}>{head}</{tag}>"
        hashes = "".join(
            f'<{name} rel="self" href={quoteattr(links(f"{self.id}/{name}"))}/>'
            if value is None
            else f"<{name}>{escape(value)}</{name}>"
            for name, value in self.hashes.items()
        )
        label = f"<classification>{escape(self.classification)}</classification>" if self.classification else ""
        return f"<{tag}>{head}{label}<fingerprints>{hashes}</fingerprints>{self.feedback}</{tag}>"


class FakeNcmec:
    """The service: give its `answer` to a `Server`.

    Attributes:
        records: What it holds.
        page_size: Entries on a page.
        now_s: Its clock.
        user, password: Who may ask.
        fault: Asked before each answer; a reply in its place, or None.
        links_lapse: How many links to next pages are answered with 404 before they hold again.
        large: Large hashes by entry and name; links to them hold once, then the page gives new ones.
        reasons: Feedback reasons by type.
        given: Feedback that was put, by path.
        replays: Whether each page repeats the one before it.
    """

    def __init__(self, records: Sequence[Record] = (), *, now_s: int = 1_800_000_000, page_size: int = 1000) -> None:
        self.records = list(records)
        self.page_size = page_size
        self.now_s = now_s
        self.user, self.password = "tester", "benign-password"
        self.fault: Callable[[Question], Reply | None] = lambda _: None
        self.links_lapse = 0
        self.large: dict[str, bytes] = {}
        self.large_generation = 0
        self.reasons = {"SHA1": [("01234567-0000", "not what it says"), ("89abcdef-0000", "a meme")]}
        self.given: dict[str, str] = {}
        self.replays = False
        # Cursors live as long as their span is asked for; see `_query`.
        self._cursors: dict[tuple[str, str], list[Record]] = {}

    def server(self) -> Server:
        """A server that this service answers on."""
        return Server(self.answer)

    def put(self, *records: Record) -> None:
        """Take entries in; of one identifier the later replaces the former."""
        keys = {(record.member[0], record.id) for record in records}
        self.records = [one for one in self.records if (one.member[0], one.id) not in keys] + list(records)

    def answer(self, question: Question) -> Reply:
        """Answer one question."""
        reply = self.fault(question) or self._answer(question)
        return replace(reply, headers={"Date": formatdate(self.now_s, usegmt=True)} | dict(reply.headers))

    def _answer(self, question: Question) -> Reply:
        scheme, _, given = question.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or b64decode(given).decode() != f"{self.user}:{self.password}":
            return Reply(401)
        _, version, *rest = question.path.split("/")
        assert version == "v2", question.path
        match rest:
            case ["status"]:
                member = '<member id="1">Tester</member>'
                return _xml(f"<ipAddress>127.0.0.1</ipAddress><username>{self.user}</username>{member}", "status")
            case ["members"]:
                members = {record.member for record in self.records}
                text = "".join(f"<member id={quoteattr(one)}>{escape(name)}</member>" for one, name in sorted(members))
                return _xml(text, "members")
            case ["entries"] if question.method == "GET":
                return self._query(question)
            case ["entries", entry, "fingerprints", name]:
                generation = question.query.get("generation")
                content = self.large.get(f"{unquote(entry)}/{name}")
                lapsed = content is None or generation != str(self.large_generation)
                return Reply(404) if lapsed or content is None else Reply(body=content)
            case ["feedback", kind, "reasons"] if kind in self.reasons:
                reasons = (
                    f"<reason guid={quoteattr(guid)} name={quoteattr(name)} type={quoteattr(kind.title())}/>"
                    for guid, name in self.reasons[kind]
                )
                return _xml("".join(reasons), "availableFeedbackReasons")
            case ["entries", _, _, _, "feedback"] if question.method == "PUT":
                self.given[question.path] = question.body.decode()
                return _xml("", "submissionResult")
        return Reply(404)

    def _query(self, question: Question) -> Reply:
        span = question.query["from"], question.query["to"]
        start = int(question.query.get("start", "1"))
        if start > 1 and self.links_lapse:
            self.links_lapse -= 1
            return Reply(404)
        if start == 1:
            self._cursors[span] = self._select(*span)
        # A cursor of another span holds nothing: whoever takes an old link with a new end is told that all is well.
        found = self._cursors.get(span, [])
        page = found[start - 1 : start - 1 + self.page_size]
        after = start + self.page_size
        before = found[max(0, start - 1 - self.page_size) : start - 1] if self.replays else []
        parts = [self._part([*before, *page], kind) for kind in ("image", "video")]
        if after <= len(found):
            query = urlencode(
                {"from": span[0], "to": span[1], "start": after, "size": self.page_size, "max": len(found)}
            )
            parts.append(f"<paging><next>{escape(f'/v2/entries?{query}')}</next></paging>")
        return _xml("".join(parts), "queryResult")

    def _select(self, from_text: str, to_text: str) -> list[Record]:
        found = [one for one in self.records if from_text < text_time(one.at_s) <= to_text]
        # Not in order of time.
        return sorted(found, key=lambda one: hashlib.sha1(one.id.encode()).digest())

    def _part(self, page: Sequence[Record], kind: str) -> str:
        of_kind = [record for record in page if record.kind == kind]
        newest = f' maxTimestamp="{text_time(max(one.at_s for one in of_kind))}"' if of_kind else ""
        entries = "".join(one.xml(self._link) for one in of_kind)
        return f'<{kind}s count="{len(of_kind)}"{newest}>{entries}</{kind}s>'

    def _link(self, place: str) -> str:
        entry, _, name = place.partition("/")
        return f"/v2/entries/{quote(entry)}/fingerprints/{name}?generation={self.large_generation}"


def _xml(content: str, tag: str) -> Reply:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return Reply(body=f'{head}<{tag} xmlns="{NAMESPACE}">{content}</{tag}>'.encode())
