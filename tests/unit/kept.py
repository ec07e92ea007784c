"""Scans whose items are hashes only, some of them known, and a look at what is left of them on the disk."""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from tests.unit.stand_ins import LOCKED, PICTURE, hash_content, make_item

from unseen.model import EXHIBIT, How, ItemHashes, Match, Retention, Variant
from unseen.scan import screen_item as screen
from unseen.store import ScanSession, Store

__all__ = ["HARMLESS", "KNOWN", "contents_of", "hash_values", "held_on_disk", "keep_scan"]

HARMLESS = "harmless"
KNOWN = "known"
_COUNT = 5


def contents_of(kind: str, count: int = _COUNT) -> list[bytes]:
    """Pictures, locked files and others of one kind; no two alike."""
    return [(PICTURE, b"", LOCKED)[n % 3] + f"{kind} {n}".encode() for n in range(count)]


def hashes_of(content: bytes) -> ItemHashes:
    """Hashes as a darkroom gives them, with a number of variants that differs from item to item."""
    hashes = hash_content(content)
    draw = random.Random(content)
    more = tuple(Variant(How(orientation="flipx"), draw.randbytes(32), 90) for _ in range(draw.randrange(30)))
    return replace(hashes, variants=(*hashes.variants, *more) if hashes.pdq else ())


def hash_values(kind: str, count: int = _COUNT) -> list[bytes]:
    """Every value of every hash of these contents."""
    values = []
    for content in contents_of(kind, count):
        hashes = hashes_of(content)
        values += [hashes.sha256, hashes.sha1, hashes.md5, *(variant.pdq for variant in hashes.variants)]
    return [value for value in values if value is not None]


def held_on_disk(store: Path, values: Iterable[bytes]) -> set[bytes]:
    """Which of these values, or the half of one, lie in any file of a store, as bytes or as digits."""
    held = b"".join(path.read_bytes() for path in sorted(store.rglob("*")) if path.is_file())
    return {
        value
        for value in values
        if any(
            part in held or part.hex().encode() in held for part in (value[: len(value) // 2], value[len(value) // 2 :])
        )
    }


def keep_scan(
    store: Store,
    *,
    at_utc: str,
    retention: Retention = EXHIBIT,
    number: int = 0,
    count: int = _COUNT,
    prefix: str = "",
    finish: bool = True,
    change: Callable[[ItemHashes], ItemHashes] = lambda hashes: hashes,
) -> int:
    """Keep a scan of harmless and known contents; gives its number."""
    key = number.to_bytes(32, "big")
    with ScanSession(store, key, settings="{}", at_utc=at_utc, retention=retention) as session:
        batch = []
        for content in (*contents_of(HARMLESS, count), *contents_of(KNOWN)):
            matches = (Match("list", "entry", "sha256", 0, None),) if KNOWN.encode() in content else ()
            item = make_item(f"{prefix}/{content.decode()}", content)
            batch.append(screen(item, change(hashes_of(content)), matches, is_finding=bool(matches)))
        session.commit(batch, seconds=0, at_utc=at_utc)
        if finish:
            session.finish(entries_searchable=0, entries_not_searchable=0, seconds=0, at_utc=at_utc)
        return session.scan_id
