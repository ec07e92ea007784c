"""Findings put into a store without files, pictures or lists."""

from collections.abc import Mapping, Sequence

from tests.unit.stand_ins import hash_content, make_item

from unseen.model import Match
from unseen.scan import screen_item as screen
from unseen.store import ScanSession, Store

__all__ = ["found", "match"]


def match(list_name: str, entry: str = "entry", *, distance_bits: int = 0) -> Match:
    """A match of a digest, or of a PDQ where there is a distance."""
    return Match(list_name, entry, "pdq" if distance_bits else "sha256", distance_bits, None)


def found(store: Store, matches: Mapping[str, Sequence[Match]], *, number: int, at_utc: str) -> list[str]:
    """Put a whole scan into a store; gives the ids of its findings.

    Args:
        store: Where to.
        matches: Of each item, by its locator.
        number: Of the scan; no two of a store have the same.
        at_utc: When all of it happened.
    """
    batch = []
    for locator, some in matches.items():
        content = f"content of {locator}".encode()
        batch.append(screen(make_item(locator, content), hash_content(content), tuple(some), is_finding=True))
    with ScanSession(store, number.to_bytes(32, "big"), settings="{}", at_utc=at_utc) as session:
        session.commit(batch, seconds=0, at_utc=at_utc)
        session.finish(entries_searchable=0, entries_not_searchable=0, seconds=0, at_utc=at_utc)
    return [one.finding.id for one in batch if one.finding is not None]
