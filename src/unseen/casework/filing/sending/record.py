"""The steps of one filing as its worker keeps them: each in the store before its call, and under the worker's claim."""

import time
from collections.abc import Sequence
from datetime import datetime

from unseen import store as stores
from unseen.casework.proof.clock import now_utc
from unseen.filing.cybertipline.calls import Call
from unseen.filing.cybertipline.course import Outcome, Step, Turns
from unseen.filing.cybertipline.pursuing import Ending
from unseen.store import Answered, Claim, FilingStep, FilingTurn, Store

__all__ = ["StoredRecord", "read_course_steps", "read_course_turns"]

# How often the letter is kept in hand while bytes flow.
_BEAT_S = 60.0


class StoredRecord:
    """What is kept of one filing. A `unseen.filing.cybertipline.pursuing.Record`."""

    def __init__(self, store: Store, claim: Claim, *, lease_s: int) -> None:
        """Read what is on record; whoever else decides or works from now on takes the claim away."""
        assert claim.letter.filing is not None
        self._store = store
        self._claim = claim
        self._lease_s = lease_s
        self._steps = read_course_steps(store, claim.letter.filing)
        self._turns = read_course_turns(store, claim.letter.filing)
        self._begun = 0
        self._beat_at_s = time.monotonic()

    def steps(self) -> Sequence[Step]:
        """All on record, oldest first."""
        return self._steps

    def turns(self) -> Turns:
        """What persons have decided about it since."""
        return self._turns

    def begin(self, call: Call, file: int | None) -> None:
        """Keep, before the call is made, that it will be.

        Raises:
            ClaimLostError: The letter is in other hands, or somebody has decided: the call must not be made.
        """
        at_utc = now_utc()
        self._begun = stores.begin_step(
            self._store, self._claim, call.value, file, lease_s=self._lease_s, at_utc=at_utc
        )
        self._beat_at_s = time.monotonic()
        self._steps.append(Step(call, datetime.fromisoformat(at_utc), None, file))

    def end(self, ending: Ending) -> None:
        """Keep what came of the call that was begun last."""
        sent = ending.sent
        answered = Answered(
            outcome=ending.outcome.value,
            at_utc=now_utc(),
            status=None if sent is None else sent.status,
            request=None if sent is None else sent.request,
            request_sha256=None if sent is None else sent.request_sha256,
            answer=None if sent is None else sent.answer,
            request_id=None if sent is None else sent.request_id or None,
            report_id=ending.report_id,
            file_id=ending.file_id,
            why=ending.why,
        )
        stores.end_step(self._store, self._begun, answered)
        last = self._steps[-1]
        self._steps[-1] = Step(last.call, last.at, ending.outcome, last.file, ending.report_id, ending.file_id)

    def beat(self) -> None:
        """Keep the letter in hand while a long file is under way.

        Raises:
            ClaimLostError: It is in other hands by now: what is being sent is broken off.
        """
        if time.monotonic() - self._beat_at_s >= _BEAT_S:
            stores.keep_claim(self._store, self._claim, lease_s=self._lease_s)
            self._beat_at_s = time.monotonic()


def read_course_steps(store: Store, filing: int) -> list[Step]:
    """The steps of a filing as its course is told by."""
    return [_step(one) for one in stores.read_steps(store, filing)]


def read_course_turns(store: Store, filing: int) -> Turns:
    """What persons have decided about a filing since it was decided."""
    turns = stores.read_turns(store, filing)
    return Turns(
        allowed=max((one.steps for one in turns), default=0),
        since=max((one.steps for one in turns if one.turn is FilingTurn.ANEW), default=0),
        is_taken_back=any(one.turn is FilingTurn.TAKE_BACK for one in turns),
    )


def _step(one: FilingStep) -> Step:
    answered, at = one.answered, datetime.fromisoformat(one.at_utc)
    if answered is None:
        return Step(Call(one.call), at, None, one.file)
    outcome = Outcome(answered.outcome)
    return Step(Call(one.call), at, outcome, one.file, answered.report_id, answered.file_id)
