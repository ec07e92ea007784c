"""Answers of NCMEC Hash Sharing v2: XML in the namespace `https://hashsharing.ncmec.org/hashsharing/v2`.

One entry that cannot be read, or one hash of it, is refused by its place; the rest is taken.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from unseen.errors import ExchangeError
from unseen.exchanges.markup import Element, read_xml, tag_of, text_of
from unseen.exchanges.ncmec.opinions import read_opinions, signal_of_type
from unseen.model import Label, Published, Refused, Withdrawn

__all__ = [
    "LABEL_SCHEME",
    "VERSION",
    "LargeHash",
    "Member",
    "Parse",
    "Query",
    "WireEntry",
    "join_entry",
    "parse_time",
    "read_member",
    "read_query",
]

# Reads the value of a signal, and raises a ValueError that never quotes it.
Parse: TypeAlias = Callable[[str, str], bytes]  # Python 3.11 has no `type` statement

# Each path begins with it.
VERSION = "v2"
# Classifications A1 to B2, and categorizations, are NCMEC's words; others give other meanings to the same codes.
LABEL_SCHEME = "ncmec"
_KINDS = {
    "images": ({"image": False, "deletedImage": True}, "image"),
    "videos": ({"video": False, "deletedVideo": True}, "video"),
}
# What is printed and stored for ever is short: theirs are decimal numbers and UUIDs.
_NAME = re.compile(r"[^\x00-\x20\x7f-\xa0/\\]{1,200}")
_MEMBER = re.compile(r"\w{1,40}", re.ASCII)
_SIGNAL = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LABEL_CHARS_MAX = 1_024
# Relative to the base, as they say; any other would lead to another host.
_LINK = re.compile(r"/[!-~]{1,2000}")


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation that shares: `name` can change, `id` does not."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class LargeHash:
    """A hash that an answer only points to; the link is good for a while."""

    signal: str
    link: str


@dataclass(frozen=True, slots=True)
class WireEntry:
    """An entry with what does not go into the list: who exactly submitted it, and what is to be fetched."""

    change: Published | Withdrawn
    member: Member
    large: tuple[LargeHash, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """One page.

    Attributes:
        entries: As they came.
        refused: What could not be read.
        next: Where the next page is, relative to the base; None on the last.
    """

    entries: tuple[WireEntry, ...]
    refused: tuple[Refused, ...]
    next: str | None


def join_entry(member: str, entry: str) -> str:
    """The identifier of an entry in our lists: NCMEC's own are unique for a member only."""
    return f"{member}-{entry}"


def read_query(content: bytes, parse: Parse) -> Query:
    """Read a page of entries.

    Args:
        content: The body of an answer to `entries`.
        parse: Reads values.

    Raises:
        ExchangeError: It is no such page.
    """
    root = read_xml(content, "the answer to entries")
    if tag_of(root) != "queryResult":
        raise ExchangeError(f"the answer to entries is no queryResult but {_printable(tag_of(root))}")
    refused: list[Refused] = []
    entries: list[WireEntry] = []
    link = None
    for part in root:
        tag = tag_of(part)
        if tag in _KINDS:
            entries += _read_entries(part, parse, refused)
        elif tag == "paging":
            link = next((text_of(child) for child in part if tag_of(child) == "next"), None)
        else:
            refused.append(Refused(_printable(tag), "no such part of an answer is known"))
    # Some answers escape it twice.
    return Query(tuple(entries), tuple(refused), html.unescape(link) if link else None)


def read_member(element: Element) -> Member | None:
    """Read `<member id="42">Name</member>`; None where its id is none."""
    identifier = (element.get("id") or "").strip()
    return Member(identifier, _printable(text_of(element))) if _MEMBER.fullmatch(identifier) else None


def parse_time(text: str) -> float | None:
    """Seconds since 1970 of an ISO 8601 time, UTC where it names no zone; None where it is none."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    try:
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except OverflowError:
        return None


def _read_entries(part: Element, parse: Parse, refused: list[Refused]) -> Iterator[WireEntry]:
    kinds, word = _KINDS[tag_of(part)]
    for number, element in enumerate(part, start=1):
        tag = tag_of(element)
        if tag not in kinds:
            refused.append(Refused(f"{word} {number}", f"unknown kind of entry: {_printable(tag)}"))
            continue
        children = {tag_of(child): child for child in element}
        who = children.get("member")
        member = read_member(who) if who is not None else None
        identifier = text_of(children["id"]) if "id" in children else ""
        if member is None or not _NAME.fullmatch(identifier):
            refused.append(Refused(f"{word} {number}", "it has no identifier" if member else "it has no member"))
            continue
        name = join_entry(member.id, identifier)
        at_utc = _time_text(children.get("timestamp"))
        if kinds[tag]:
            yield WireEntry(Withdrawn(entry=name, publisher=member.id, at_utc=at_utc), member)
            continue
        hashes, large, bad = _read_hashes(children.get("fingerprints"), name, parse)
        refused += bad
        if bad and not hashes and not large:
            # It is there and cannot be read: what was known of it before is no worse than nothing.
            refused.append(Refused(name, "none of its hashes can be read"))
            continue
        feedback = children.get("feedback")
        published = Published(
            entry=name,
            publisher=member.id,
            hashes=hashes,
            labels=tuple(_read_labels(children)),
            opinions=read_opinions(feedback) if feedback is not None else (),
            at_utc=at_utc,
        )
        yield WireEntry(published, member, large)
    told = part.get("count")
    if told is not None and told.strip() != str(len(part)):
        refused.append(Refused(f"{word}s", f"the page says it holds another number of them than {len(part)}"))


def _read_hashes(
    element: Element | None, where: str, parse: Parse
) -> tuple[tuple[tuple[str, bytes], ...], tuple[LargeHash, ...], list[Refused]]:
    hashes: list[tuple[str, bytes]] = []
    large: list[LargeHash] = []
    refused: list[Refused] = []
    for child in element if element is not None else ():
        signal = signal_of_type(tag_of(child))
        if not _SIGNAL.fullmatch(signal):
            refused.append(Refused(f"{where} {len(refused) + 1}", "the name of a kind of hash is none"))
            continue
        text, link = text_of(child), child.get("href")
        if not text and link:
            if _LINK.fullmatch(link):
                large.append(LargeHash(signal, link))
            else:
                refused.append(Refused(f"{where} {signal}", "the link to it leads elsewhere"))
            continue
        try:
            hashes.append((signal, parse(signal, text)))
        except ValueError as problem:
            refused.append(Refused(f"{where} {signal}", str(problem)))
    # The same twice says nothing more.
    return tuple(dict.fromkeys(hashes)), tuple(large), refused


def _read_labels(children: dict[str, Element]) -> Iterator[Label]:
    classification = children.get("classification")
    if classification is not None and (code := _printable(text_of(classification))):
        yield Label(LABEL_SCHEME, code)
    for name, element in children.items():
        if not name.startswith("categorization"):
            continue
        for one in element.iter():
            code = _printable((one.get("name") or "").strip())
            if tag_of(one) == "categorization" and code:
                yield Label(f"{LABEL_SCHEME}:categorization", code)


def _time_text(element: Element | None) -> str | None:
    at_s = parse_time(text_of(element)) if element is not None else None
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")


def _printable(text: str) -> str:
    """Text that may be stored and shown: no commands to a terminal, no novels."""
    return "".join(one if one.isprintable() else " " for one in text)[:_LABEL_CHARS_MAX].strip()
