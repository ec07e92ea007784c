"""The machine's clock, for the record."""

from datetime import UTC, datetime

__all__ = ["CLOCK_SOURCE", "now_unix_s", "now_utc"]

# Stated in the ledger: nobody has compared this clock with another.
CLOCK_SOURCE = "system"


def now_utc() -> str:
    """What the machine's clock says, in ISO 8601. Records state it as it is, also where it has jumped back."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def now_unix_s() -> int:
    """What the machine's clock says, in whole seconds since 1970: the form that cosignatures state."""
    return int(datetime.now(UTC).timestamp())
