"""For how long a store keeps the hashes of items that matched nothing. They are other people's data."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from unseen.errors import UsageError

__all__ = ["EXHIBIT", "Retention"]

# A hundred years: whoever wants more wants no date at all.
_DAYS_MAX = 36_500


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
