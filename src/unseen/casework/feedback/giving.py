"""`unseen feedback give`, `ls`, `reasons`: what shall be said of the entries that findings rest on."""

import random
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from unseen import store as stores
from unseen.casework.feedback.channels import Channel, find_channel
from unseen.casework.given.persons import stated_name
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.casework.syncing import Followed, read_followed
from unseen.errors import UsageError
from unseen.exchanges import Timing
from unseen.exchanges.ncmec import FeedbackReason
from unseen.model import Finding, Ground, Match, Stance, Status
from unseen.store import Letter, LetterState, Queued, Store

__all__ = ["KIND", "Given", "give_feedback", "list_feedback", "list_reasons", "parse_state"]

KIND = "feedback"
# A GUID has 36 characters; what is much longer is none of a service's codes.
_CODE_CHARS_MAX = 100


@dataclass(frozen=True, slots=True)
class Given:
    """Feedback on one hash of one entry.

    Attributes:
        number: Of the letter, and of its entry in the ledger.
        is_new: Whether it was not queued before.
    """

    number: int
    is_new: bool
    letter: Letter


def give_feedback(
    store: str,
    ids: Sequence[str],
    *,
    by: str,
    codes: Sequence[str] = (),
    lists: Collection[str] = (),
    entries: Collection[str] = (),
    keys: Path | None = None,
) -> list[Given]:
    """Queue feedback on the entries that findings matched: positive where they were confirmed, negative where cleared.

    Nothing leaves yet. Where no entry is named, a confirmed finding speaks for every entry that it matched by more than
    a lead, a cleared one against those alone that it matched to the byte: that two pictures come near each other does
    not say that the entry is wrong.

    Args:
        store: Path of the store.
        ids: Ids of findings, or as much of each as names one finding only.
        by: Name of whoever says so. Does not leave.
        codes: Reasons of the service for calling an entry wrong.
        lists: Names of lists; none for all that come from a service which takes feedback.
        entries: Identifiers of entries; none for those above.
        keys: Folder of signing keys; None for `UNSEEN_KEYS` or the user's own.

    Returns:
        One for each hash of each entry, in the order of findings and matches.

    Raises:
        UsageError: A name is empty, a finding has no verdict that counts, a reason is missing or superfluous, or there
            is nothing to say.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    name = stated_name(by)
    if not ids:
        raise UsageError("no finding was named", hint="give the ids that `unseen findings` prints")
    for code in codes:
        if not 0 < len(code.strip()) <= _CODE_CHARS_MAX or not code.isprintable():
            raise UsageError(f"{code[:40]!r} is no code of a reason", hint="`unseen feedback reasons` prints them")
    with open_recorded(store, create=False, keys=keys) as opened:
        channels = _channels(opened, lists)
        findings = stores.name_findings(opened, list(stores.verdict_history(opened, ids)))
        letters = [
            letter
            for finding in findings
            for letter in _letters(opened, finding, channels, (name, codes), frozenset(entries))
        ]
        queued = stores.queue_letters(opened, letters, at_utc=now_utc())
    return [Given(number, is_new, letter) for (number, is_new), letter in zip(queued, letters, strict=True)]


def list_feedback(store: str, *, state: LetterState | None = None) -> Iterator[Queued]:
    """Give all feedback, oldest first, with what came of each attempt.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(store) as opened:
        yield from (queued for queued in stores.list_letters(opened, state=state) if queued.letter.kind == KIND)


def parse_state(text: str | None) -> LetterState | None:
    """A state by its name; None for None."""
    return None if text is None else LetterState(text)


def list_reasons(store: str, name: str, signal: str) -> tuple[FeedbackReason, ...]:
    """Ask the service of a list which reasons there are for calling a hash of a signal wrong.

    Raises:
        ListError: Nobody said where the list comes from.
        UsageError: The service takes no feedback, or none on this signal.
        ExchangeError: It cannot be asked.
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(store) as opened:
        followed = read_followed(stores.find_source(opened, name))
    channel = find_channel(followed)
    with channel.connect(followed, Timing(time.time, time.sleep, random.SystemRandom().random)) as service:
        return channel.codes(service, signal)


def _channels(store: Store, lists: Collection[str]) -> dict[str, Channel]:
    """By name, the lists that come from a service which takes feedback."""
    followed: dict[str, Followed] = {}
    for source in stores.read_sources(store):
        if not lists or source.list in lists:
            followed[source.list] = read_followed(source)
    if missing := sorted(set(lists) - followed.keys()):
        raise UsageError(f"list {missing[0]!r} comes from no service", hint="`unseen list follow` says from which")
    channels = {}
    for name, one in followed.items():
        try:
            channels[name] = find_channel(one)
        except UsageError:
            if lists:
                raise
    return channels


def _letters(
    store: Store,
    finding: Finding,
    channels: dict[str, Channel],
    said: tuple[str, Sequence[str]],
    entries: frozenset[str],
) -> Iterator[Letter]:
    by, codes = said
    stance = _stance(finding)
    if (stance is Stance.AGAINST) != bool(codes):
        needs = "needs a reason" if not codes else "takes no reason: it was confirmed"
        raise UsageError(
            f"feedback on finding {finding.id} {needs}", hint="--code CODE; `unseen feedback reasons LIST` prints them"
        )
    chosen = [match for match in finding.matches if _is_chosen(match, stance, entries)]
    sayable = [
        match for match in chosen if match.list in channels and channels[match.list].takes(match.entry, match.signal)
    ]
    if not sayable:
        raise UsageError(
            f"finding {finding.id} gives nothing to say to anybody",
            hint="no match of it, or none that was named, is of an entry whose service takes feedback on it; what was"
            " cleared and is merely near has to be named with --entry",
        )
    for match in sayable:
        content = {"entry": match.entry, "signal": match.signal, "stance": stance.value, "reasons": list(codes)}
        content |= channels[match.list].beside(store, match.list, match.entry)
        target = f"{match.entry} {match.signal}"
        yield Letter(kind=KIND, channel=match.list, target=target, finding=finding.id, content=content, by=by)


def _stance(finding: Finding) -> Stance:
    match finding.status:
        case Status.CONFIRMED:
            return Stance.FOR
        case Status.CLEARED:
            return Stance.AGAINST
        case _:
            raise UsageError(
                f"finding {finding.id} is open: nobody has decided on it, or a match has come since",
                hint="feedback rests on a verdict: `unseen findings confirm` or `clear`",
            )


def _is_chosen(match: Match, stance: Stance, entries: frozenset[str]) -> bool:
    if entries:
        return match.entry in entries
    if stance is Stance.AGAINST:
        return match.how is None and match.distance_bits == 0
    return match.ground is not Ground.LEAD
