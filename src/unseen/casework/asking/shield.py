"""`unseen findings ask`: what Project Arachnid Shield says of findings. Their PDQs leave, because a person says so."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unseen import store as stores
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.errors import ExchangeError, UsageError
from unseen.exchanges import Login, Service, Timing, read_secret
from unseen.exchanges.arachnid import BASE, HASHES_MAX, NO_KNOWN_MATCH, ShieldAnswer, ask_shield

__all__ = ["SERVICE", "Told", "answers_about", "ask_about"]

SERVICE = "arachnid-shield"


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one finding, once the service was asked.

    Attributes:
        finding: Its id, in full.
        outcome: `answered`; `unanswered`, where the service passed it over; `no_pdq`, where there was nothing to ask.
        classification: In the service's words; None where it was not answered.
        sha256: Digest of the known picture that it is near to, where the service tells it.
    """

    finding: str
    outcome: str
    classification: str | None = None
    sha256: bytes | None = None

    @property
    def is_known(self) -> bool:
        """Whether the service knows anything near to it."""
        return self.classification not in {None, NO_KNOWN_MATCH}


def ask_about(
    location: str,
    ids: Sequence[str],
    *,
    login: str,
    by: str,
    reason: str,
    address: str = BASE,
    keys: Path | None = None,
) -> Iterator[Told]:
    """Send the canonical PDQs of some findings to Project Arachnid Shield, and keep what it answers.

    Nothing else leaves: no picture, no name, no digest. Each question is on record before it is sent, each answer
    before it is given here. What was answered is one more opinion: it decides nothing, and changes no finding.

    Args:
        location: Path of the store.
        ids: Ids, or as much of each as names one finding only.
        login: File that holds `user:password`, readable for its owner only.
        by: Name of whoever wants it.
        reason: Why the hashes may leave.
        address: Of the service.
        keys: Folder of signing keys; None for `UNSEEN_KEYS` or the user's own.

    Yields:
        One for each finding, in the order given.

    Raises:
        UsageError: Name or reason is empty or no text; no finding begins so, or several do.
        ExchangeError: The service cannot be asked; what was answered until then is kept.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    name, why = stated_name(by), stated_reason(reason)
    if not ids:
        raise UsageError("no finding was named", hint="give the ids that `unseen findings` prints")
    proof = Login.parse(read_secret(Path(login)))
    timing = Timing(time.time, time.sleep, random.random)
    with (
        open_recorded(location, create=False, keys=keys) as opened,
        Service(address, timing=timing, login=proof) as service,
    ):
        pdqs = stores.pdqs_of_findings(opened, ids)
        askable = [(finding, pdq) for finding, pdq in pdqs.items() if pdq is not None]
        told = {finding: Told(finding, "no_pdq") for finding, pdq in pdqs.items() if pdq is None}
        for at in range(0, len(askable), HASHES_MAX):
            some = dict(askable[at : at + HASHES_MAX])
            question = stores.record_question(
                opened, SERVICE, list(some), host=service.host, by=name, reason=why, at_utc=now_utc()
            )
            answers = _ask(service, some)
            told |= {finding: _told(finding, answers.get(pdq)) for finding, pdq in some.items()}
            kept = {finding: _kept(told[finding]) for finding in some}
            stores.record_answers(opened, question, kept, at_utc=now_utc())
    yield from (told[finding] for finding in pdqs)


def answers_about(location: str, finding: str) -> list[dict[str, str | None]]:
    """What services have answered about a finding, oldest first: `service`, `at_utc`, `outcome`, and the answer.

    Raises:
        UsageError: No finding begins so, or several do.
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as opened:
        return [
            {name: value for name, value in answer.items() if name != "finding"}
            for answer in stores.list_answers(opened, [finding])
        ]


def _ask(service: Service, some: Mapping[str, bytes]) -> Mapping[bytes, ShieldAnswer]:
    try:
        return ask_shield(service, list(dict.fromkeys(some.values())))
    except ExchangeError as error:
        # Whether it arrived nobody knows; that it was sent is on record.
        raise ExchangeError(
            str(error),
            hint="; ".join(filter(None, (error.hint, "what was answered before is kept"))),
            status=error.status,
        ) from None


def _told(finding: str, answer: ShieldAnswer | None) -> Told:
    if answer is None:
        return Told(finding, "unanswered")
    return Told(finding, "answered", answer.classification, answer.sha256)


def _kept(told: Told) -> dict[str, str | None]:
    sha256 = None if told.sha256 is None else told.sha256.hex()
    return {"outcome": told.outcome, "classification": told.classification, "sha256": sha256}
