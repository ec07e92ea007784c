"""How an item lay, and what became of it: closed lists, so that nothing ends in a state nobody named.

And for how long the hashes are kept of items of which nothing came.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from unseen.errors import UsageError

__all__ = ["EXHIBIT", "Outcome", "Reason", "Retention", "State"]

# A hundred years: whoever wants more wants no date at all.
_DAYS_MAX = 36_500


class Outcome(StrEnum):
    """What became of an item. Closed."""

    MATCH = "match"
    NO_MATCH = "no_match"
    # Digests were matched; a perceptual hash makes no sense. Counted, without a row of its own.
    DIGEST_ONLY = "digest_only"
    NOT_SCREENED = "not_screened"


class Reason(StrEnum):
    """Why an item was screened by digest only, in part, or not at all. Closed."""

    # Of digest_only.
    NOT_MEDIA = "not_media"
    LOW_QUALITY = "low_quality"
    # Commonplace, by a list of class known_file: its digests were matched, and no more work spent on it.
    KNOWN_FILE = "known_file"
    # Of not_screened. A picture that decodes in part keeps its outcome and has a row `truncated` besides.
    UNREADABLE = "unreadable"
    CHANGED = "changed"
    TRUNCATED = "truncated"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    ENCRYPTED = "encrypted"
    TIMED_OUT = "timed_out"
    DECODER_CRASHED = "decoder_crashed"
    READER_NOT_INSTALLED = "reader_not_installed"
    # A container gave more items than the limit; or the process that looked into it died of it.
    TOO_MANY = "too_many"
    READER_CRASHED = "reader_crashed"
    # Kept where it must be restored before anybody can read it.
    OFFLINE = "offline"
    # The medium in an image is not the one that its acquisition stored a digest of.
    HASH_MISMATCH = "hash_mismatch"
    # Screened as it lies; but altered copies of known pictures could not be looked for in it to the end.
    ALTERED_UNFINISHED = "altered_unfinished"


class State(StrEnum):
    """How an item lay in its source. Closed."""

    ALLOCATED = "allocated"
    DELETED = "deleted"
    ORPHAN = "orphan"
    CARVED = "carved"


@dataclass(frozen=True, slots=True)
class Retention:
    """The period of one scan, stated in its record.

    Attributes:
        days: From the beginning of the scan; 0: they are never written; None: kept with the exhibit, without a date.
    """

    days: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Retention":
        """Read `off`, `exhibit`, or a number of days.

        Raises:
            UsageError: It is none of these.

        Example:
            >>> [Retention.parse(text).days for text in ("off", "30", "exhibit")]
            [0, 30, None]
        """
        if text in {"off", "exhibit"}:
            return cls(0 if text == "off" else None)
        if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= _DAYS_MAX):
            raise UsageError(
                f"hashes cannot be kept for {text[:40]!r}",
                hint=f"off, exhibit, or a number of days from 1 to {_DAYS_MAX:,}",
            )
        return cls(int(text))

    def __str__(self) -> str:
        return {None: "exhibit", 0: "off"}.get(self.days, str(self.days))

    def due_utc(self, began_at_utc: str) -> str | None:
        """When the hashes of a scan must be gone, in ISO 8601; None where there is no date, or never a hash.

        Args:
            began_at_utc: When the scan began, in ISO 8601.

        Example:
            >>> Retention(30).due_utc("2026-11-23T12:00:00Z")
            '2026-12-23T12:00:00Z'
        """
        if not self.days:
            return None
        due = datetime.fromisoformat(began_at_utc).astimezone(UTC) + timedelta(days=self.days)
        return due.isoformat(timespec="seconds").replace("+00:00", "Z")


EXHIBIT = Retention()
