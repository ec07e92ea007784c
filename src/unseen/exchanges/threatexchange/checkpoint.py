"""How far a privacy group is known. Meta keeps what was deleted for 90 days: whoever comes later must begin anew."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from unseen.errors import ExchangeError
from unseen.exchanges.timing import read_seconds

__all__ = ["Checkpoint", "Paging", "without_secrets"]

DAY_S = 86_400
# Five days before Meta forgets: a run takes time, and clocks differ.
KNOWN_FOR_S = 85 * DAY_S
# Links to a next page hold a place in an answer that the service does not keep for long.
LINK_AGE_MAX_S = 12 * 3_600
_FORMAT = 1
_SECRETS = frozenset({"access_token", "appsecret_proof"})


@dataclass(frozen=True, slots=True)
class Paging:
    """In the middle of an answer: its next page, when the link to it was given, and what is known so far."""

    link: str
    at_s: int
    began_at_s: int
    latest_s: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far everything is known.

    Attributes:
        done_to_s: The latest time that an update of an answer that was read whole told; 0 where there was none.
        whole_at_s: When the last answer that was read whole was asked for; 0 for never.
        paging: None between two answers.
    """

    done_to_s: int = 0
    whole_at_s: int = 0
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
                read_seconds(row["whole_at_s"]),
                None
                if paging is None
                else Paging(
                    str(paging["link"]),
                    read_seconds(paging["at_s"]),
                    read_seconds(paging["began_at_s"]),
                    read_seconds(paging["latest_s"]),
                ),
            )
        except (ValueError, TypeError, KeyError):
            raise ExchangeError(
                "the checkpoint of this list is none of ThreatExchange's",
                hint="give --anew to read the whole list again",
            ) from None

    def __str__(self) -> str:
        paging: dict[str, Any] | None = None
        if self.paging is not None:
            paging = {name: getattr(self.paging, name) for name in Paging.__slots__}
        row = {"format": _FORMAT, "done_to_s": self.done_to_s, "whole_at_s": self.whole_at_s, "paging": paging}
        return json.dumps(row, separators=(",", ":"))

    def at_start(self, now_s: int, *, here_s: float) -> "Checkpoint":
        """What still holds when a run begins: nothing where deletions may have been forgotten, no link that is old.

        Args:
            now_s: By the service's clock.
            here_s: By our own.
        """
        if self.whole_at_s and not -DAY_S <= now_s - self.whole_at_s <= KNOWN_FOR_S:
            return Checkpoint()
        paging = self.paging
        if paging is not None and not 0 <= here_s - paging.at_s <= LINK_AGE_MAX_S:
            paging = None
        return Checkpoint(self.done_to_s, self.whole_at_s, paging)

    def at_page(self, paging: Paging) -> "Checkpoint":
        """After a page that another one follows: nothing more is known for certain."""
        return Checkpoint(self.done_to_s, self.whole_at_s, paging)

    def after(self, began_at_s: int, latest_s: int) -> "Checkpoint":
        """After the last page of an answer. A time in the future would hide all that comes before it."""
        return Checkpoint(max(self.done_to_s, min(latest_s, began_at_s)), began_at_s)


def without_secrets(link: str) -> str:
    """An address without what proves who asks: checkpoints are kept where credentials are not.

    Raises:
        ExchangeError: It is no address.
    """
    try:
        parts = urlsplit(link)
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _SECRETS]
        # Whatever stands behind a `#` is not sent, and need not be looked through.
        return urlunsplit(parts._replace(query=urlencode(query), fragment=""))
    except ValueError:
        raise ExchangeError("the link to the next page is no address") from None
