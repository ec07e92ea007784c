"""Stand-ins for the darkroom and the lists, so that scanning can be tested without decoding anything."""

import hashlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path

from unseen.casework.proof.places import open_to_write
from unseen.model import Ground, How, Item, ItemHashes, Locator, Mark, Match, Reason, State, Variant
from unseen.scan import Choose, Clock
from unseen.sources.layers import Want
from unseen.store import Store

PICTURE = b"picture "
DAMAGED = b"damaged picture "
LOCKED = b"locked "


def make_item(locator: str, content: bytes | Reason) -> Item:
    """An item that needs no file."""
    return Item(Locator.of_file(locator), State.ALLOCATED, lambda: content)


def hash_content(content: bytes) -> ItemHashes:
    """Hashes of a content whose first word says what it is; the "PDQ" is a digest, so that equal contents match."""
    size_bytes, sha256 = len(content), hashlib.sha256(content).digest()
    sha1, md5 = hashlib.sha1(content).digest(), hashlib.md5(content).digest()
    if content.startswith((PICTURE, DAMAGED)):
        turned = Variant(How(orientation="rotate90", convention="full"), hashlib.sha256(sha256).digest(), 100)
        reason = Reason.TRUNCATED if content.startswith(DAMAGED) else None
        return ItemHashes(
            size_bytes=size_bytes, sha256=sha256, sha1=sha1, md5=md5, pdq=sha256, pdq_quality=100, variants=(turned,),
            reason=reason,
        )  # fmt: skip
    reason = Reason.ENCRYPTED if content.startswith(LOCKED) else Reason.NOT_MEDIA
    return ItemHashes(size_bytes=size_bytes, sha256=sha256, sha1=sha1, md5=md5, reason=reason)


class StandInDarkroom:
    """Hashes items one after the other in this process; like the true one it opens items, and closes them."""

    def __init__(self) -> None:
        self.developed: list[str] = []

    def develop(self, items: Iterable[Item], /, *, choose: Choose) -> Iterator[tuple[Item, ItemHashes]]:
        """Give each item that is chosen with its hashes."""
        for item in items:
            if choose([item.locator]) == [Want.PASS]:
                continue
            self.developed.append(str(item.locator))
            yield item, self._develop(item)

    @staticmethod
    def _develop(item: Item) -> ItemHashes:
        opened = item.open()
        if isinstance(opened, Reason):
            return ItemHashes(size_bytes=0, sha256=None, sha1=None, md5=None, reason=opened)
        if isinstance(opened, bytes):
            return hash_content(opened)
        if not isinstance(opened, int):
            return hash_content(opened.read_at(0, opened.size_bytes))
        with os.fdopen(opened, "rb") as stream:
            return hash_content(stream.read())


class StandInMatcher:
    """Knows contents by SHA-256; `csam` contents make findings, `known_file` contents do not."""

    def __init__(self, *, csam: Iterable[bytes] = (), known_file: Iterable[bytes] = ()) -> None:
        self._lists = {
            "csam": {hashlib.sha256(content).digest() for content in csam},
            "known_file": {hashlib.sha256(content).digest() for content in known_file},
        }

    def match(self, batch: Sequence[ItemHashes], /) -> list[tuple[Match, ...]]:
        """Give the matches of each."""
        order = attrgetter("distance_bits", "list", "entry")
        return [tuple(sorted(self._match(hashes), key=order)) for hashes in batch]

    def _match(self, hashes: ItemHashes) -> Iterator[Match]:
        for name, values in self._lists.items():
            if hashes.sha256 in values:
                ground = Ground.EXACT if name == "csam" else None
                yield Match(name, "line 7", "sha256", 0, None, ground=ground)
                if hashes.pdq is not None:
                    how = How(orientation="original", convention="full")
                    yield Match(name, "line 8", "pdq", 12, how, publisher="P", marks=(Mark.DISPUTED,))

    def is_finding(self, matches: Sequence[Match], /) -> bool:
        """Say whether a list of class csam is among them."""
        return any(match.list == "csam" for match in matches)


def make_clock(step_s: float = 0.0) -> Clock:
    """A clock that goes on by the same step each time it is asked."""
    ticks = itertools.count()
    return Clock(lambda: next(ticks) * step_s, lambda: "2026-11-23T12:00:00+00:00")


class StandInRecorder:
    """Writes entries as plain JSON, hides nothing well, and seals nothing."""

    def hide(self, value: Mapping[str, object], /) -> tuple[bytes, str]:
        """Give a salt and a digest."""
        return bytes(16), hashlib.sha256(json.dumps(value).encode()).hexdigest()

    def encode(self, entry: Mapping[str, object], /) -> bytes:
        """Write an entry."""
        return json.dumps(entry).encode()

    def kept(self) -> None:
        """Hear that entries were kept."""


def open_writable(path: str | Path) -> Store:
    """Open a store whose ledger is never sealed."""
    store = open_to_write(path, create=True)
    store.recorder = StandInRecorder()
    return store
