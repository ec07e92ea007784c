"""How long a service is waited for, and how often it is asked again. Clock, sleep and chance come from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["Patience", "Timing", "read_seconds", "wait_s", "wanted_wait_s"]


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock of this machine; tests give one of their own.

    Attributes:
        now: Seconds since 1970, UTC.
        sleep: Waits that many seconds.
        draw: A number from 0 up to 1.
    """

    now: Callable[[], float]
    sleep: Callable[[float], object]
    draw: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Patience:
    """Bounds of waiting.

    Attributes:
        connect_s: For a connection.
        read_s: For the next bytes. Services that make up a page when asked take most of a minute.
        answer_s: For the whole of one answer, so that bytes that trickle in hold nobody up for ever.
        tries: How often one question is asked in all.
        first_wait_s: Bound of the wait after the first failure; it doubles with each.
        wait_max_s: Longest wait between two tries. A service that asks for more is left alone until the next run.
    """

    connect_s: float = 10.0
    read_s: float = 60.0
    answer_s: float = 600.0
    tries: int = 5
    first_wait_s: float = 1.0
    wait_max_s: float = 300.0


def wait_s(attempt: int, patience: Patience, timing: Timing, *, wanted_s: float) -> float:
    """How long to wait before asking again: at random within a bound that doubles, and never less than was asked for.

    At random, because many who failed together must not come back together.

    Args:
        attempt: How many tries have failed, from 1.
        patience: Bounds.
        timing: Where chance comes from.
        wanted_s: What the service asked for; 0 where it asked for nothing.
    """
    bound = min(patience.wait_max_s, patience.first_wait_s * 2.0 ** (attempt - 1))
    return wanted_s + timing.draw() * bound


def wanted_wait_s(header: str | None, now_s: float) -> float:
    """Read `Retry-After` (RFC 9110, 10.2.3): seconds, or a date; 0 where it is missing, past or no such thing."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        # A number of a thousand digits is no wait that anybody meant, and `float` would overflow.
        return float(text) if len(text) < 10 else float("inf")
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    given = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return max(0.0, (given - datetime.fromtimestamp(now_s, UTC)).total_seconds())


def read_seconds(value: object) -> int:
    """Read a time, or a number of seconds, from a checkpoint that was kept as JSON.

    Raises:
        ValueError: It is none: no whole number, negative, or beyond any clock.
    """
    if not isinstance(value, int) or not 0 <= value < 1 << 40:
        raise ValueError("no time")
    return value
