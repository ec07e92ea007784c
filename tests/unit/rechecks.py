"""Stores whose lists change after their scans, drawn by number; and what a scan of today would find."""

import hashlib
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

from tests.unit.stand_ins import make_item

from unseen.casework.known.describing import describe_lists
from unseen.casework.known.loading import load_known
from unseen.model import (
    EXHIBIT,
    ChangePage,
    Entry,
    Frame,
    How,
    ItemHashes,
    ListClass,
    Match,
    Opinion,
    Published,
    Reason,
    Retention,
    Stance,
    Variant,
    VideoMode,
    Withdrawn,
)
from unseen.scan import screen_item
from unseen.store import Acceptance, Change, ListOrigin, Run, ScanSession, Store, add_list, apply_staged, stage_page

__all__ = ["NOW", "Drawing", "fresh_matches", "keep_items", "put_file", "sync"]

NOW = "2026-11-23T12:00:00Z"
_PICTURES = 6
_FRAMES = 6
_ORIENTATIONS = ("rotate90", "flipx", "minus")


class Drawing:
    """Draws items and entries that lie near each other, so that much of it matches, and much of it just not."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self._pictures = [self.draw.randbytes(32) for _ in range(_PICTURES)]
        self._videos = [[self.draw.randbytes(32) for _ in range(_FRAMES)] for _ in range(3)]
        self._contents: list[ItemHashes] = []

    def item(self) -> ItemHashes:
        """A picture, a video, or neither; what could not be decoded has digests only."""
        content = self.draw.randbytes(16)
        sha256, sha1, md5 = (hashlib.new(name, content).digest() for name in ("sha256", "sha1", "md5"))
        hashes = ItemHashes(size_bytes=16, sha256=sha256, sha1=sha1, md5=md5)
        kind = self.draw.randrange(10)
        if kind < 5:
            hashes = self._picture(hashes)
        elif kind < 8:
            hashes = self._video(hashes)
        else:
            hashes = replace(hashes, reason=self.draw.choice((Reason.NOT_MEDIA, Reason.ENCRYPTED)))
        self._contents.append(hashes)
        return hashes

    def entry(self) -> tuple[tuple[str, bytes], ...]:
        """The hashes of one entry: digests of an item, or a PDQ, or a video's frames."""
        kind = self.draw.randrange(6)
        if kind == 0 and self._contents:
            one = self.draw.choice(self._contents)
            assert one.md5 is not None
            assert one.sha256 is not None
            return (("md5", one.md5), ("sha256", one.sha256))
        if kind < 3:
            frames = self.draw.choice(self._videos)
            return tuple(("vpdq", self._near(frame, 10)) for frame in frames[: self.draw.randrange(1, _FRAMES + 1)])
        return (("pdq", self._near(self.draw.choice(self._pictures), 20)),)

    def _picture(self, hashes: ItemHashes) -> ItemHashes:
        picture = self.draw.choice(self._pictures)
        variants = tuple(
            Variant(
                How(orientation=name, convention="full", time_s=self.draw.choice((None, None, 1.5))),
                self._near(self.draw.choice(self._pictures), 60),
                self.draw.choice((40, 90)),
            )
            for name in _ORIENTATIONS[: self.draw.randrange(4)]
        )
        quality = self.draw.choice((49, 50, 100))
        return replace(hashes, pdq=self._near(picture, 40), pdq_quality=quality, variants=variants)

    def _video(self, hashes: ItemHashes) -> ItemHashes:
        frames = self.draw.choice(self._videos)
        shown = frames[: self.draw.randrange(1, _FRAMES + 1)]
        vpdq = tuple(
            Frame(number * 30, float(number), self._near(frame, 25), self.draw.choice((40, 80, 100)))
            for number, frame in enumerate(shown)
        )
        return replace(hashes, vpdq=vpdq, video_mode=self.draw.choice(tuple(VideoMode)))

    def _near(self, value: bytes, bits_max: int) -> bytes:
        flipped = int.from_bytes(value, "big")
        for bit in self.draw.sample(range(256), self.draw.randrange(bits_max)):
            flipped ^= 1 << bit
        return flipped.to_bytes(32, "big")


def keep_items(
    store: Store,
    items: Mapping[str, ItemHashes],
    *,
    number: int,
    lists: Sequence[str] = (),
    subject: str | None = None,
    retention: Retention = EXHIBIT,
) -> int:
    """Scan items against lists, as the store has them now; gives the number of the scan."""
    known = load_known(store, lists)
    matcher = known.matcher(31)
    conditions = {
        "version": version("unseen"),
        "threshold_bits": 31,
        "lists": describe_lists(known),
    }
    key, settings = number.to_bytes(32, "big"), json.dumps({"plugged_in": [], "sources": [], "subject": subject})
    run = Run({}, conditions)
    with ScanSession(store, key, settings=settings, at_utc=NOW, run=run, retention=retention) as session:
        found = matcher.match(list(items.values()))
        batch = [
            screen_item(make_item(name, b""), hashes, matches, is_finding=matcher.is_finding(matches))
            for (name, hashes), matches in zip(items.items(), found, strict=True)
        ]
        session.commit(batch, seconds=0, at_utc=NOW)
        session.finish(entries_searchable=0, entries_not_searchable=0, seconds=0, at_utc=NOW)
        return session.scan_id


def fresh_matches(store: Store, items: Iterable[ItemHashes]) -> list[tuple[Match, ...]]:
    """What each item matches by the lists as they are now; nothing where that makes no finding."""
    matcher = load_known(store, ()).matcher(31)
    return [matches if matcher.is_finding(matches) else () for matches in matcher.match(list(items))]


def put_file(store: Store, name: str, entries: Sequence[Entry], list_class: ListClass = ListClass.CSAM) -> None:
    """A list from a file, in the place of one of that name."""
    digest = hashlib.sha256(repr(entries).encode()).digest()
    origin = ListOrigin(f"/lists/{name}", "jsonl", lambda: digest)
    add_list(store, name, entries, list_class=list_class, origin=origin, at_utc=NOW, replace=True)


def sync(
    store: Store,
    name: str,
    put: Mapping[str, tuple[tuple[str, bytes], ...]],
    withdraw: Iterable[str] = (),
    against: Iterable[str] = (),
) -> None:
    """Apply a change of a list that a service keeps."""
    disputed = {entry: (Opinion("another member", Stance.AGAINST),) for entry in against}
    came = [
        Published(entry=entry, publisher="one", hashes=hashes, opinions=disputed.get(entry, ()))
        for entry, hashes in put.items()
    ]
    went = [Withdrawn(entry=entry, publisher="one") for entry in withdraw]
    stage_page(store, name, ChangePage(changes=(*came, *went), checkpoint="somewhere", is_last=True))
    change = Change(
        list_class=ListClass.CSAM,
        file_format="test",
        origin="test",
        at_utc=NOW,
        acceptance=Acceptance("D. Okafor", "a test"),
    )
    apply_staged(store, name, change)
