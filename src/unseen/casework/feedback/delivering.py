"""`unseen feedback send`: what is due leaves, one letter after the other, and what came of each is kept.

A letter is claimed, sent, and settled; whoever is killed in between leaves a claim that lapses, and the next run sends
it again. So a letter arrives at least once. That it may arrive twice does no harm: feedback is put in the place of what
was said before, and said again it says the same. An answer that never came is therefore no question for a person.
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from unseen import store as stores
from unseen.casework.feedback.channels import Channel, find_channel
from unseen.casework.feedback.giving import KIND
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.recording import open_recorded
from unseen.casework.syncing import read_followed
from unseen.errors import ExchangeError, ListError, UsageError
from unseen.exchanges import Service, Timing
from unseen.store import Claim, Letter, Sending, Store

__all__ = ["LEASE_S", "Tried", "deliver"]

# Longer than any answer is waited for (`Patience.answer_s`, and a minute to connect), so that a claim does not lapse
# while its letter is under way: an older word must not arrive behind a newer one.
LEASE_S = 900
# The wait doubles from a minute to a day: a service that is away for a week finds everything when it is back.
_FIRST_WAIT_S = 60
_WAIT_MAX_S = 86_400
# Then the service is away, not the letter wrong; the others need not find that out one by one.
_FAILURES_IN_A_ROW_MAX = 3


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one attempt.

    Attributes:
        number: Of the letter.
        status: HTTP's, where an answer came.
        answer: The receipt, or what went wrong.
    """

    number: int
    letter: Letter
    outcome: Sending
    status: int | None
    answer: str


def deliver(
    location: str,
    *,
    timing: Timing | None = None,
    lease_s: int = LEASE_S,
    note: Callable[[str], None] = lambda _: None,
    keys: Path | None = None,
) -> Iterator[Tried]:
    """Send all feedback that is due, and keep what came of it.

    Several may do so at once: each letter is in one hand at a time.

    Args:
        location: Path of the store.
        timing: Clock and chance; None for those of this machine.
        lease_s: For how long a letter is in hand.
        note: Told what stays, and why.
        keys: Folder of signing keys; None for `UNSEEN_KEYS` or the user's own.

    Yields:
        Each attempt, once it is on record.

    Raises:
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    clock = timing or Timing(time.time, time.sleep, random.SystemRandom().random)
    with open_recorded(location, create=False, keys=keys) as store:
        for name in stores.channels_waiting(store, kind=KIND):
            try:
                followed = read_followed(stores.find_source(store, name))
                channel = find_channel(followed)
                with channel.connect(followed, clock) as service:
                    yield from _deliver(store, name, (channel, service), clock, lease_s)
            except (ExchangeError, ListError, UsageError) as error:
                note(f"feedback on list {name} stays where it is: {error}")


def _deliver(store: Store, name: str, line: tuple[Channel, Service], timing: Timing, lease_s: int) -> Iterator[Tried]:
    channel, service = line
    failures = 0
    while claim := stores.claim_next(store, kind=KIND, channel=name, lease_s=lease_s, at_utc=now_utc()):
        tried = _try(channel, service, claim)
        stores.settle(
            store,
            claim,
            tried.outcome,
            status=tried.status,
            answer=tried.answer,
            again_in_s=_wait_s(claim.attempts, timing),
            at_utc=now_utc(),
        )
        yield tried
        failures = failures + 1 if tried.outcome in {Sending.FAILED, Sending.UNKNOWN} else 0
        if failures == _FAILURES_IN_A_ROW_MAX or tried.status in {401, 403}:
            return


def _try(channel: Channel, service: Service, claim: Claim) -> Tried:
    try:
        answer = channel.send(service, claim.letter.content)
    except ExchangeError as error:
        return Tried(claim.number, claim.letter, _outcome(error), error.status, str(error))
    except UsageError as error:
        # What the service's own words do not allow was queued by another version.
        return Tried(claim.number, claim.letter, Sending.REFUSED, None, str(error))
    text = answer.content.decode("utf-8", "replace")
    return Tried(claim.number, claim.letter, Sending.ACCEPTED, answer.status, text)


def _outcome(error: ExchangeError) -> Sending:
    status = error.status
    if error.is_unheard or status in {401, 403, 429}:
        return Sending.FAILED
    if status is None or status >= 500:
        return Sending.UNKNOWN
    return Sending.REFUSED


def _wait_s(attempts: int, timing: Timing) -> int:
    """At random between half the bound and the bound: many who failed together must not come back together."""
    bound = min(_WAIT_MAX_S, _FIRST_WAIT_S * 2 ** min(attempts, 20))
    return int(bound / 2 + timing.draw() * bound / 2)
