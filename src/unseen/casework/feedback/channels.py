"""Which services take feedback, and how it is said to each. Not here: which feedback there is, and when it leaves."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from unseen.casework.syncing import Followed, credentials_of
from unseen.errors import UsageError
from unseen.exchanges import Answer, Login, Service, Timing
from unseen.exchanges.ncmec import FeedbackReason, feedback_type, find_base, put_feedback, split_entry
from unseen.exchanges.ncmec import list_reasons as reasons_of_ncmec
from unseen.model import Stance

__all__ = ["Channel", "find_channel"]

# All that leaves: `entry`, `signal`, `stance`, `reasons`.
Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of service that takes feedback.

    Attributes:
        takes: Whether it takes feedback on an entry's hash of a signal.
        codes: Which reasons there are for calling a hash of a signal wrong.
        connect: Opens the service of a list.
        send: Says it once. Saying the same twice must come to the same as saying it once: letters are sent at least
            once, and a service for which that does not hold has no place here.
    """

    takes: Callable[[str, str], bool]
    codes: Callable[[Service, str], tuple[FeedbackReason, ...]]
    connect: Callable[[Followed, Timing], Any]
    send: Callable[[Service, Content], Answer]


def find_channel(followed: Followed) -> Channel:
    """How feedback is said to the service of a list.

    Raises:
        UsageError: It takes none, as far as this version knows.
    """
    if followed.exchange.name not in _CHANNELS:
        raise UsageError(
            f"{followed.exchange.name} takes no feedback from here", hint=f"it goes to {', '.join(sorted(_CHANNELS))}"
        )
    return _CHANNELS[followed.exchange.name]


def _ncmec_takes(entry: str, signal: str) -> bool:
    try:
        split_entry(entry)
        feedback_type(signal)
    except UsageError:
        return False
    return True


@contextmanager
def _connect_ncmec(followed: Followed, timing: Timing) -> Iterator[Service]:
    login = Login.parse(credentials_of(followed))
    with Service(find_base(followed.settings["base"]).address, timing=timing, login=login) as service:
        yield service


def _send_to_ncmec(service: Service, content: Content) -> Answer:
    # PUT replaces what we said of this hash before: repeated it says the same.
    against = content["reasons"] if content["stance"] == Stance.AGAINST else None
    return put_feedback(service, content["entry"], content["signal"], against=against)


_CHANNELS = {"ncmec": Channel(_ncmec_takes, reasons_of_ncmec, _connect_ncmec, _send_to_ncmec)}
