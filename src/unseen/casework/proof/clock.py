"""The machine's clock and the account that runs this, for the record; neither proves a time or a person."""

import os
import platform
import pwd
from datetime import UTC, datetime

__all__ = ["CLOCK_SOURCE", "account_name", "in_utc", "now_unix_s", "now_utc", "user_name"]

# Stated in the ledger: nobody has compared this clock with another.
CLOCK_SOURCE = "system"


def now_utc() -> str:
    """What the machine's clock says, in ISO 8601. Records state it as it is, also where it has jumped back."""
    return in_utc(datetime.now(UTC))


def in_utc(moment: datetime) -> str:
    """Write a moment as records have it: in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def now_unix_s() -> int:
    """What the machine's clock says, in whole seconds since 1970: the form that cosignatures state."""
    return int(datetime.now(UTC).timestamp())


def user_name() -> str:
    """The account that runs this; its number where it has no name, as in a container."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def account_name() -> str:
    """The account, an `@` and the name of the machine."""
    return f"{user_name()}@{platform.node()}"
