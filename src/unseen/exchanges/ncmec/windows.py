"""Which span of time is asked for next, and how far everything is known: the checkpoint.

NCMEC's pages are in no order of time. Only when all pages of a span were read is everything known that changed in it.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from unseen.errors import ExchangeError
from unseen.exchanges.ncmec.wire import parse_time
from unseen.exchanges.timing import read_seconds

__all__ = ["SPAN_ENTRIES_MAX", "Checkpoint", "Paging", "Span", "estimate_entries", "is_of_span", "time_text"]

# A span of a month at first: most are empty when a list is read for the first time, and empty ones are answered fast.
FIRST_WIDTH_S = 30 * 86_400
# As long as one span may take before its link to the next page is no longer trusted; NCMEC advises not to keep them.
LINK_AGE_MAX_S = 12 * 3_600
# About an hour of pages: what is lost when a span must be read again.
SPAN_ENTRIES_MAX = 50_000
# Two pages of 1,000; spans that stay below may be wider.
FEW_ENTRIES = 2_000
_SHRINK = 4
_GROW = 2
_FEW_IN_A_ROW = 4
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds since 1970: changes after `from_s`, up to and with `to_s`."""

    from_s: int
    to_s: int

    @property
    def width_s(self) -> int:
        """How long it is."""
        return self.to_s - self.from_s


@dataclass(frozen=True, slots=True)
class Paging:
    """In the middle of a span: its next page, and when the link to it was given."""

    span: Span
    link: str
    at_s: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far everything is known, and how the next span is chosen.

    Attributes:
        done_to_s: All changes up to and with this second were read; 0 where nothing was.
        width_s: Of the next span.
        few_in_a_row: Spans in a row that held little.
        paging: None between two spans.
    """

    done_to_s: int = 0
    width_s: int = FIRST_WIDTH_S
    few_in_a_row: int = 0
    paging: Paging | None = None

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read what `str` gave.

        Raises:
            ExchangeError: It is something else.
        """
        try:
            row = json.loads(text)
            if row["format"] != _FORMAT:
                raise ValueError  # noqa: TRY301  # one sentence for everything that is no checkpoint
            paging = row["paging"]
            return cls(
                read_seconds(row["done_to_s"]),
                max(1, read_seconds(row["width_s"])),
                read_seconds(row["few_in_a_row"]),
                paging
                and Paging(Span(*map(read_seconds, paging["span"])), str(paging["link"]), read_seconds(paging["at_s"])),
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ExchangeError(
                "the checkpoint of this list is none of NCMEC's", hint="give --anew to read the whole list again"
            ) from None

    def __str__(self) -> str:
        paging: dict[str, Any] | None = None
        if self.paging is not None:
            span = [self.paging.span.from_s, self.paging.span.to_s]
            paging = {"span": span, "link": self.paging.link, "at_s": self.paging.at_s}
        row = {"format": _FORMAT, "done_to_s": self.done_to_s, "width_s": self.width_s}
        return json.dumps(row | {"few_in_a_row": self.few_in_a_row, "paging": paging}, separators=(",", ":"))

    def without_old_link(self, now_s: float) -> "Checkpoint":
        """Forget a link that is too old: the span is then read from its beginning."""
        is_old = self.paging is not None and not 0 <= now_s - self.paging.at_s <= LINK_AGE_MAX_S
        return replace(self, paging=None) if is_old else self

    def narrower(self, span: Span) -> "Checkpoint":
        """After a span that turned out to hold too much."""
        return replace(self, width_s=max(1, span.width_s // _SHRINK), few_in_a_row=0, paging=None)

    def at_page(self, span: Span, link: str, now_s: float) -> "Checkpoint":
        """After a page that another one follows: nothing more is known for certain."""
        return replace(self, paging=Paging(span, link, int(now_s)))

    def after(self, span: Span, entry_count: int) -> "Checkpoint":
        """After the last page of a span."""
        few = self.few_in_a_row + 1 if entry_count < FEW_ENTRIES else 0
        width_s = self.width_s
        if few == _FEW_IN_A_ROW:
            few, width_s = 0, width_s * _GROW
        return Checkpoint(max(self.done_to_s, span.to_s), width_s, few)


def time_text(at_s: int) -> str:
    """A time as the service wants it: UTC, whatever the clock on the wall shows."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_of_span(link: str, span: Span) -> bool:
    """Whether a link to a next page asks for the same span, as far as it says so.

    With another end it would skip whatever lies between, and nobody would know.
    """
    given = parse_qs(urlsplit(link).query)
    wanted = {"from": span.from_s, "to": span.to_s}
    return all(parse_time(given[name][-1]) == at_s for name, at_s in wanted.items() if name in given)


def estimate_entries(link: str, entry_count: int) -> int:
    """How many entries a span may have, told from its first page and the link to the second; 0 for unknown."""
    given = parse_qs(urlsplit(link).query)
    try:
        return int(given["max"][-1]) - int(given["start"][-1]) + 1 + entry_count
    except (KeyError, ValueError):
        return 0
