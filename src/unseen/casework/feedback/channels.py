"""Which services take feedback, and how it is said to each. Not here: which feedback there is, and when it leaves."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from unseen.casework.syncing import Followed, credentials_of
from unseen.casework.syncing.threatexchange import base_of
from unseen.errors import UsageError
from unseen.exchanges import Answer, Login, Service, Timing
from unseen.exchanges.ncmec import FeedbackReason, feedback_type, find_base, put_feedback, split_entry
from unseen.exchanges.ncmec import list_reasons as reasons_of_ncmec
from unseen.exchanges.threatexchange import WRONG, descriptors_of, put_reaction, read_token
from unseen.model import Stance
from unseen.store import Store, read_entry_account

__all__ = ["Channel", "find_channel"]

# All that leaves: `entry`, `signal`, `stance`, `reasons`, and what `beside` gives.
Content = Mapping[str, Any]
# As the client of ThreatExchange names entries.
_INDICATOR = re.compile(r"HASH_[A-Z0-9_]+-[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of service that takes feedback.

    Attributes:
        takes: Whether it takes feedback on an entry's hash of a signal.
        codes: Which reasons there are for calling a hash of a signal wrong.
        connect: Opens the service of a list.
        beside: What else the service must be told to know which entry is meant; never a hash.
        send: Says it once. Saying the same twice must come to the same as saying it once: letters are sent at least
            once, and a service for which that does not hold has no place here.
    """

    takes: Callable[[str, str], bool]
    codes: Callable[[Service, str], tuple[FeedbackReason, ...]]
    connect: Callable[[Followed, Timing], Any]
    send: Callable[[Service, Content], Answer]
    beside: Callable[[Store, str, str], Content] = lambda _, __, ___: {}


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


def _threatexchange_takes(entry: str, signal: str) -> bool:
    del signal
    return _INDICATOR.fullmatch(entry) is not None


def _reasons_of_threatexchange(service: Service, signal: str) -> tuple[FeedbackReason, ...]:
    # Members react to tags; more than this nobody can say.
    del service, signal
    return (FeedbackReason(WRONG, "the tags of its descriptors do not fit"),)


@contextmanager
def _connect_threatexchange(followed: Followed, timing: Timing) -> Iterator[Service]:
    token = read_token(credentials_of(followed))
    with Service(base_of(followed.settings), timing=timing, query={"access_token": token}) as service:
        yield service


def _descriptors(store: Store, name: str, entry: str) -> Content:
    """The descriptors whose owners say that an indicator is the material: what a reaction can be given to."""
    opinions = (opinion for _, opinion in read_entry_account(store, name, entry).opinions)
    numbers = [
        number for opinion in opinions if opinion.stance is Stance.FOR for number in descriptors_of(opinion.reasons)
    ]
    if not numbers:
        raise UsageError(
            f"nobody stands by entry {entry} of list {name} any more: there is nothing to react to",
            hint="--list and --entry name what feedback is given on",
        )
    return {"descriptors": numbers}


def _send_to_threatexchange(service: Service, content: Content) -> Answer:
    # A reaction that was given already is given again without harm, so that all are, whichever of them failed before.
    is_right = content["stance"] != Stance.AGAINST
    answers = [put_reaction(service, number, is_right=is_right) for number in content["descriptors"]]
    return answers[-1]


_CHANNELS = {
    "ncmec": Channel(_ncmec_takes, reasons_of_ncmec, _connect_ncmec, _send_to_ncmec),
    "threatexchange": Channel(
        _threatexchange_takes,
        _reasons_of_threatexchange,
        _connect_threatexchange,
        _send_to_threatexchange,
        _descriptors,
    ),
}
