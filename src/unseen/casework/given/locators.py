"""Sources that a user names for hashing: paths, buckets, and locators of what lies in their files and objects."""

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from unseen.casework.buckets import check_complete, open_buckets
from unseen.errors import SourceError
from unseen.model import Item, Locator
from unseen.reports.shown import read_shown, show
from unseen.sources import PATHS, open_listed, open_sources, paths_from
from unseen.sources.buckets import BucketItems, is_bucket
from unseen.sources.layers import Want

__all__ = ["Asked"]


class Asked:
    """What was asked for: all that paths and buckets hold, and of some files only what lies at a locator.

    Attributes:
        items: To be read once.
    """

    def __init__(self, texts: Sequence[str], *, listed: BinaryIO | None = None) -> None:
        """Look what each text is, and open nothing yet but directories.

        Args:
            texts: Paths of directories and files, addresses of buckets, and locators; `-` for the paths in `listed`.
                What exists as a path is a path, whatever it looks like. A locator may be spelt as in rows
                or as it is shown to people; where the two spellings mean two things, both are asked for.
            listed: A list of paths, ended by newlines or zero bytes.

        Raises:
            SourceError: A path does not exist or cannot be opened, or a bucket cannot be read.
        """
        paths: list[str] = []
        # Of each text all that it may mean.
        self._meant: list[set[tuple[str, ...]]] = []
        for text in texts:
            readings = _readings(text)
            path = next((one[0] for one in readings if len(one) == 1 and os.path.lexists(one[0])), None)
            if text == PATHS or os.path.lexists(text):
                paths.append(text)
            elif path is not None or len(readings[0]) == 1:
                # A file's own name may hold what a locator writes escaped.
                paths.append(text if path is None else path)
            else:
                chains = [one for one in readings if len(one) > 1]
                there = [one for one in chains if os.path.lexists(one[0]) or is_bucket(one[0])]
                self._meant.append(set(there or chains[:1]))
        # All of a file holds whatever lies in it.
        self._meant = [meant for meant in self._meant if not any(one[0] in paths for one in meant)]
        self._targets: dict[str, set[tuple[str, ...]]] = {}
        for target in set[tuple[str, ...]]().union(*self._meant):
            self._targets.setdefault(target[0], set()).add(target)
        self._found: set[tuple[str, ...]] = set()
        self._buckets: list[BucketItems] = []
        whole = self._open([path for path in paths if path != PATHS])
        # A folder may be a container too, and what lies beside it was not asked for; nor what a key is the start of.
        inside = (item for item in self._open([*self._targets]) if item.locator.steps[0][1] in self._targets)
        items = chain(whole, inside)
        if PATHS in paths:
            if listed is None:
                raise SourceError(
                    "there is no list of paths to read", hint="pipe one in: find . -print0 | unseen hash -"
                )
            items = chain(items, open_listed(paths_from(listed)))
        self.items: Iterator[Item] = items

    @property
    def has_buckets(self) -> bool:
        """Whether objects are to be fetched."""
        return bool(self._buckets)

    def choose(self, locators: Sequence[Locator]) -> list[Want]:
        """Say what is to be done with each item."""
        return [self._choose(tuple(address for _, address in locator.steps)) for locator in locators]

    def check_found(self) -> None:
        """Make sure that no listing broke off, and that there was something at every locator.

        Raises:
            SourceError: One did, or there was not.
        """
        check_complete(self._buckets)
        for meant in self._meant:
            if not meant & self._found:
                target = min(meant)
                where = Locator(tuple(("file", address) for address in target))
                raise SourceError(
                    f"nothing was found at {show(str(where))!r}",
                    hint=f"`unseen hash {show(target[0])}` shows what lies in it, and what could not be looked into",
                )

    def _open(self, texts: Sequence[str]) -> Iterator[Item]:
        addresses = [text for text in texts if is_bucket(text) and not os.path.lexists(text)]
        buckets = open_buckets(addresses)
        self._buckets += buckets
        return chain(open_sources([text for text in texts if text not in addresses]), chain.from_iterable(buckets))

    def _choose(self, addresses: tuple[str, ...]) -> Want:
        targets = self._targets.get(addresses[0])
        if targets is None:
            return Want.TAKE
        # One may lie in another.
        around = {target for target in targets if addresses[: len(target)] == target}
        if around:
            self._found |= around
            return Want.TAKE
        return Want.ENTER if any(target[: len(addresses)] == addresses for target in targets) else Want.PASS


def _readings(text: str) -> list[tuple[str, ...]]:
    """The addresses that a text may stand for: as rows spell it, and as it is shown to people."""
    shown = read_shown(text)
    spelt = (text,) if shown in {None, text} else (text, shown)
    return [Locator.addresses(one) for one in spelt if one is not None]
