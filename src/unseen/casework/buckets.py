"""Buckets as sources of a scan: fetched ahead, and screened again where an object changed between two runs."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Self

from unseen.model import Item, ItemHashes, Locator
from unseen.sources.buckets import Ahead, BucketItems, Fetch, is_bucket, open_bucket
from unseen.sources.layers import Want

if TYPE_CHECKING:
    from unseen.darkroom import Choose, Darkroom
    from unseen.store import ObjectVersions

__all__ = ["Fetching", "check_complete", "current_items", "open_buckets"]

# Objects compared with the store in one transaction.
_GROUP_ITEMS = 500
# Items whose objects are known to be wanted next.
_LOOK_AHEAD_ITEMS = 64


def open_buckets(texts: Sequence[str]) -> list[BucketItems]:
    """Open those of some sources that are buckets.

    Raises:
        SourceError: One cannot be read.
    """
    # The libraries' own variables, which they overlook where they are given any other option.
    allow_http = "true" in {os.environ.get(f"{service}_ALLOW_HTTP", "").lower() for service in ("AZURE", "GOOGLE")}
    return [open_bucket(text, allow_http=allow_http) for text in texts if is_bucket(text)]


def current_items(buckets: Sequence[BucketItems], versions: "ObjectVersions") -> Iterator[Item]:
    """Give the objects of buckets; one that changed since an earlier run of this scan gets a locator of its own.

    Args:
        buckets: Opened.
        versions: What earlier runs of the scan have seen.
    """
    for bucket in buckets:
        items = iter(bucket)
        while group := list(islice(items, _GROUP_ITEMS)):
            told = {str(item.locator): _version(item) for item in group}
            changed = versions.compare(list(told.items()))
            for item in group:
                text = str(item.locator)
                if text in changed:
                    # Under its plain locator an earlier content is on record, and stays there.
                    yield replace(item, locator=Locator.of_file(f"{text}?etag={told[text]}"))
                else:
                    yield item


def check_complete(buckets: Sequence[BucketItems]) -> None:
    """Make sure that no listing broke off.

    Raises:
        SourceError: One did; what came before is kept, and the scan is not finished.
    """
    for bucket in buckets:
        if bucket.trouble is not None:
            raise bucket.trouble


class Fetching:
    """A darkroom whose items are fetched before it asks for them."""

    def __init__(self, darkroom: "Darkroom") -> None:
        self._darkroom = darkroom
        self._ahead = Ahead()

    def develop(self, items: Iterable[Item], /, *, choose: "Choose") -> Iterator[tuple[Item, ItemHashes]]:
        """Give what the darkroom gives."""
        # What is fetched was chosen already.
        chosen: dict[Locator, Want] = {}

        def choose_rest(locators: Sequence[Locator]) -> list[Want]:
            before = (chosen.pop(locator, None) for locator in locators)
            return [
                choose([locator])[0] if want is None else want for locator, want in zip(locators, before, strict=True)
            ]

        return self._darkroom.develop(self._fetched(items, choose, chosen), choose=choose_rest)

    def _fetched(self, items: Iterable[Item], choose: "Choose", chosen: dict[Locator, Want]) -> Iterator[Item]:
        source = iter(items)
        while offered := list(islice(source, _LOOK_AHEAD_ITEMS)):
            wants = choose([item.locator for item in offered])
            group = [item for item, want in zip(offered, wants, strict=True) if want]
            chosen.update((item.locator, want) for item, want in zip(offered, wants, strict=True) if want)
            self._ahead.expect([item.open for item in group if isinstance(item.open, Fetch)])
            for item in group:
                fetch = item.open
                yield replace(item, open=partial(self._ahead.take, fetch)) if isinstance(fetch, Fetch) else item

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ahead.__exit__(kind, error, trace)


def _version(item: Item) -> str:
    """What tells this content of an object from the next: its ETag, or size and time where there is none."""
    assert isinstance(item.open, Fetch)
    found = item.open.found
    written = found.times.modified_ns if found.times is not None else None
    return found.e_tag or f"{found.size_bytes}-{written}"
