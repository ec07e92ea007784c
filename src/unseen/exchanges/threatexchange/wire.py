"""Answers of ThreatExchange's `threat_updates`: indicators, each with the descriptors that members keep of it.

An indicator is a value of a type (`HASH_PDQ`). Whoever shares it keeps a descriptor of it, with a status and tags;
others react to descriptors. What is told of an indicator replaces what was told before.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from unseen.errors import ExchangeError
from unseen.exchanges.objects import read_object
from unseen.model import Label, Opinion, Published, Refused, Stance, Withdrawn, other_purpose

__all__ = ["FIELDS", "LABEL_SCHEME", "Parse", "Updates", "read_updates"]

# Reads the value of a signal, and raises a ValueError that never quotes it.
Parse: TypeAlias = Callable[[str, str], bytes]  # Python 3.11 has no `type` statement

FIELDS = "id,indicator,type,last_updated,should_delete,descriptors{id,reactions,owner{id},tags,status}"
LABEL_SCHEME = "threatexchange-tag"
_STATUS_SCHEME = "threatexchange-status"

# Types that are hashes of pictures and videos, and our names of them. `HASH_MD5` of a video is told by a tag; an MD5
# of a video is one of its bytes like any other.
_SIGNALS = {
    "HASH_PDQ": "pdq",
    "HASH_MD5": "md5",
    "HASH_VIDEO_MD5": "md5",
    "HASH_SHA1": "sha1",
    "HASH_SHA256": "sha256",
    "HASH_PHOTODNA": "photodna",
    "HASH_TMK": "tmk_pdqf",
}
_STANCES = {"MALICIOUS": Stance.FOR, "NON_MALICIOUS": Stance.AGAINST}
_REACTIONS = {"HELPFUL": Stance.FOR, "DISAGREE_WITH_TAGS": Stance.AGAINST}
_TYPE = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_NUMBER = re.compile(r"[0-9]{1,40}")
_WORD = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,1024}")


@dataclass(frozen=True, slots=True)
class Updates:
    """One page.

    Attributes:
        changes: In the order in which they came.
        refused: What could not be read.
        left_out: How many updates of each type that is no hash of pictures and videos there were.
        next: Address of the next page, whole; None on the last.
        latest_s: The latest time that an update tells, in seconds since 1970; 0 where there is none.
    """

    changes: tuple[Published | Withdrawn, ...]
    refused: tuple[Refused, ...]
    left_out: Counter[str]
    next: str | None
    latest_s: int


class _BadUpdateError(ValueError):
    """An update is not what one looks like; never quotes a value."""


def read_updates(content: bytes, parse: Parse) -> Updates:
    """Read a page of updates.

    Args:
        content: The body of an answer.
        parse: Reads values.

    Raises:
        ExchangeError: It is no such page.
    """
    page = read_object(content, "the answer to threat_updates")
    rows = page.get("data")
    if not isinstance(rows, list):
        raise ExchangeError("the answer to threat_updates holds no data")
    changes: list[Published | Withdrawn] = []
    refused: list[Refused] = []
    left_out: Counter[str] = Counter()
    latest_s = 0
    for number, row in enumerate(rows, start=1):
        where = f"update {number}"
        try:
            kind, indicator = _key(row)
            if kind not in _SIGNALS:
                left_out[kind] += 1
                continue
            where = _name(kind, indicator)
            at_s = _time(row.get("last_updated"))
            changes.append(_read_update(row, where, at_s, parse))
            latest_s = max(latest_s, at_s)
        except ValueError as problem:
            refused.append(Refused(where, str(problem)))
    return Updates(tuple(changes), tuple(refused), left_out, _next_page(page), latest_s)


def _read_update(row: dict[str, Any], name: str, at_s: int, parse: Parse) -> Published | Withdrawn:
    at_utc = datetime.fromtimestamp(at_s, UTC).isoformat()
    descriptors = _data(row.get("descriptors"))
    # An indicator that nobody keeps a descriptor of any more is gone too, whatever its flag says.
    if row.get("should_delete") or not descriptors:
        return Withdrawn(entry=name, publisher=None, at_utc=at_utc)
    opinions = tuple(_opinions(descriptors))
    stances = {opinion.stance for opinion in opinions}
    statuses = {str(each.get("status")) for each in descriptors}
    if stances == {Stance.AGAINST} and statuses <= {"NON_MALICIOUS"}:
        # All who speak of it say that it is not the material.
        return Withdrawn(entry=name, publisher=None, at_utc=at_utc)
    labels = [Label(LABEL_SCHEME, tag) for tag in dict.fromkeys(_tags(descriptors))]
    labels += [Label(_STATUS_SCHEME, status) for status in sorted(statuses) if _WORD.fullmatch(status)]
    for label in labels:
        if purpose := other_purpose(label.code):
            raise _BadUpdateError(f"an entry about {purpose}: only known child sexual abuse material is taken")
    signal = _SIGNALS[row["type"]]
    hashes = ((signal, parse(signal, row["indicator"].strip())),)
    return Published(entry=name, publisher=None, hashes=hashes, labels=tuple(labels), opinions=opinions, at_utc=at_utc)


def _key(row: object) -> tuple[str, str]:
    """Type and value: what identifies an indicator."""
    if not isinstance(row, dict):
        raise _BadUpdateError("no JSON object")
    kind, indicator = row.get("type"), row.get("indicator")
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind) or not isinstance(indicator, str):
        raise _BadUpdateError("no type and indicator")
    return kind, indicator


def _name(kind: str, indicator: str) -> str:
    """The entry's identifier in our lists: it is printed in matches, and the value never is.

    Not Meta's own number of it: of what is deleted only type and value are sure to be told.
    """
    return f"{kind}-{hashlib.sha256(f'{kind}:{indicator}'.encode('utf-8', 'replace')).hexdigest()[:24]}"


def _time(value: object) -> int:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    # The year 9999 is the last that has a name.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 253_402_300_800:
        raise _BadUpdateError("no time of its last update")
    return value


def _data(value: object) -> list[dict[str, Any]]:
    """The objects of a connection of Meta's graph: under `data`, or a list by itself."""
    rows = value.get("data") if isinstance(value, dict) else value
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _opinions(descriptors: list[dict[str, Any]]) -> Iterator[Opinion]:
    """What owners of descriptors say, and of all others their reactions; nobody is heard twice.

    Owners are missing where the service hides them: such a descriptor counts all the same, under no name.
    """
    told: set[str] = set()
    reactions: dict[str, Opinion] = {}
    for descriptor in descriptors:
        owner = _owner(descriptor)
        stance = _STANCES.get(str(descriptor.get("status")))
        number = str(descriptor.get("id", ""))
        told.add(owner)
        if stance is not None:
            of = (f"descriptor {number}",) if _NUMBER.fullmatch(number) else ()
            yield Opinion(owner, stance, reasons=(str(descriptor["status"]), *of))
        for reaction in _data(descriptor.get("reactions")):
            key = str(reaction.get("key"))
            reaction_stance = _REACTIONS.get(key)
            if reaction_stance is None:
                continue
            for holder in str(reaction.get("value", "")).split(","):
                # Whoever finds it helpful agrees, whatever else they say of its tags.
                if _NUMBER.fullmatch(holder) and (reaction_stance is Stance.FOR or holder not in reactions):
                    reactions[holder] = Opinion(holder, reaction_stance, reasons=(key,))
    yield from (opinion for holder, opinion in reactions.items() if holder not in told)


def _owner(descriptor: dict[str, Any]) -> str:
    owner = descriptor.get("owner")
    number = str(owner.get("id", "")) if isinstance(owner, dict) else ""
    return number if _NUMBER.fullmatch(number) else ""


def _tags(descriptors: list[dict[str, Any]]) -> Iterator[str]:
    for descriptor in descriptors:
        tags = descriptor.get("tags")
        names = tags if isinstance(tags, list) else [each.get("text") for each in _data(tags)]
        for name in names:
            text = name.get("text") if isinstance(name, dict) else name
            if isinstance(text, str) and _WORD.fullmatch(text):
                yield text


def _next_page(page: dict[str, Any]) -> str | None:
    paging = page.get("paging")
    link = paging.get("next") if isinstance(paging, dict) else None
    return link if isinstance(link, str) and link else None
