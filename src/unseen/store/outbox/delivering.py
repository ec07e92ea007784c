"""Who has a letter in hand, and what came of it.

A letter is claimed under a number that grows with every claim, for a limited time by the clock of SQL, and sent outside
of any transaction. Then what came of it is kept, with its record, in one transaction. Whoever dies in between, or is
too slow, leaves a letter that the next one claims: it arrives at least once. A late failure is told apart from the
present claim by its number, and changes nothing; a late success counts, because it arrived.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from unseen.errors import ClaimLostError
from unseen.store.engine import Store, sql_now_s
from unseen.store.ledger.entries import Page, record
from unseen.store.ledger.rows import delivery_value
from unseen.store.outbox.letters import Letter, LetterState, Sending, read_letter
from unseen.store.schema import deliveries, outbox, verdicts
from unseen.store.verdicts import verdicts_of

__all__ = ["Claim", "channels_waiting", "claim_next", "hold", "keep_claim", "note_delivery", "settle"]

_STATES = {
    Sending.REFUSED: LetterState.REFUSED,
    Sending.WAITS: LetterState.WAITS,
    Sending.WITHDRAWN: LetterState.WITHDRAWN,
}
# A receipt is read by people; longer answers are pages of errors.
ANSWER_CHARS_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Claim:
    """A letter in hand.

    Attributes:
        number: Of its entry in the ledger.
        claim_no: Tells this claim from those before and after.
        attempts: How many attempts are on record.
    """

    number: int
    claim_no: int
    letter: Letter
    attempts: int


def claim_next(store: Store, *, kind: str, channel: str, lease_s: int, at_utc: str) -> Claim | None:
    """Take the next letter that is due, for a limited time; None where nothing is due.

    A letter whose verdict counts no more is put aside, with a record, and never sent.

    Args:
        store: Open for writing.
        kind: Of letters.
        channel: Which way they go.
        lease_s: How long nobody else may take it. Longer than sending can last, or two may send it at once.
        at_utc: For the record of letters that are put aside.

    Raises:
        StoreError: The store cannot be written.
    """
    while True:
        with record(store, at_utc=at_utc) as page:
            row = page.connection.execute(_claiming(kind, channel, lease_s)).mappings().first()
            if row is None:
                return None
            number = row["id"]
            # A filing rests on its own decision, and whoever takes that back says so of the filing itself.
            if row["verdict_id"] is None or _still_counts(page.connection, row["finding_id"], row["verdict_id"]):
                count = select(func.count()).where(deliveries.c.letter_id == number)
                return Claim(number, row["claim_no"], read_letter(row), page.connection.execute(count).scalar_one())
            page.add("letter_overtaken", {"letter": number})
            overtaken = update(outbox).where(outbox.c.id == number)
            page.connection.execute(overtaken.values(state=LetterState.OVERTAKEN.value))


def settle(
    store: Store,
    claim: Claim,
    outcome: Sending,
    *,
    status: int | None,
    answer: str,
    again_in_s: int,
    at_utc: str,
    beside: Callable[[Page], None] = lambda _: None,
) -> None:
    """Keep what came of an attempt, and free the letter where it has to be tried again.

    Args:
        store: Open for writing.
        claim: Under which it was sent.
        outcome: What came of it.
        status: HTTP's, where an answer came.
        answer: The receipt, or what went wrong; cut to `ANSWER_CHARS_MAX`.
        again_in_s: After how long the next attempt is due, where one is.
        at_utc: When, in ISO 8601.
        beside: What else is recorded in the same transaction where the letter has arrived; once, whoever says so.

    Raises:
        StoreError: The store cannot be written; then the letter is sent again when the claim has lapsed.
    """
    unsent = [LetterState.PENDING.value, LetterState.WAITS.value, LetterState.WITHDRAWN.value]
    is_ours = _is_held(claim)
    with record(store, at_utc=at_utc) as page:
        has_it = page.connection.execute(select(outbox.c.id).where(is_ours)).first() is not None
        if outcome in {Sending.WAITS, Sending.WITHDRAWN} and not has_it:
            # Somebody else is at work on it, who knows more.
            outcome = Sending.UNKNOWN
        note_delivery(page, claim.number, claim.claim_no, outcome, {"status": status, "answer": answer})
        match outcome:
            case Sending.ACCEPTED:
                has_arrived = update(outbox).where(outbox.c.id == claim.number, outbox.c.state.in_(unsent))
                if page.connection.execute(has_arrived.values(state=LetterState.SENT.value)).rowcount:
                    beside(page)
            case Sending.REFUSED | Sending.WAITS | Sending.WITHDRAWN:
                page.connection.execute(update(outbox).where(is_ours).values(state=_STATES[outcome].value))
            case Sending.FAILED | Sending.UNKNOWN:
                due = {"due_s": sql_now_s() + again_in_s, "lease_until_s": 0}
                page.connection.execute(update(outbox).where(is_ours).values(due))


def note_delivery(page: Page, letter: int, claim_no: int, outcome: Sending, said: Mapping[str, Any]) -> None:
    """Record what came of an attempt: the status of HTTP, and the answer."""
    row = {"letter_id": letter, "claim_no": claim_no, "at_utc": page.at_utc, "outcome": outcome.value}
    row |= {"status": said["status"], "answer": said["answer"][:ANSWER_CHARS_MAX]}
    number, salt = page.commit_to("letter_tried", {"letter": letter, "outcome": outcome.value}, delivery_value(row))
    page.connection.execute(insert(deliveries).values(id=number, salt=salt, **row))


def keep_claim(store: Store, claim: Claim, *, lease_s: int) -> None:
    """Keep a letter in hand for as long again, while what it carries is still under way.

    Raises:
        ClaimLostError: It is in other hands by now.
        StoreError: The store cannot be written.
    """
    with store.write() as connection:
        hold(connection, claim, lease_s=lease_s)


def hold(connection: Connection, claim: Claim, *, lease_s: int) -> None:
    """As `keep_claim`, in a transaction."""
    kept = update(outbox).where(_is_held(claim)).values(lease_until_s=sql_now_s() + lease_s)
    if not connection.execute(kept).rowcount:
        raise ClaimLostError(
            f"letter {claim.number} is in other hands by now", hint="whoever has it goes on; nothing is lost"
        )


def channels_waiting(store: Store, *, kind: str) -> list[str]:
    """By name, the channels on which letters are neither delivered nor put aside, due or not."""
    waiting = outbox.c.kind == kind, outbox.c.state == LetterState.PENDING.value
    with store.read() as connection:
        return list(connection.scalars(select(outbox.c.channel).where(*waiting).distinct().order_by(outbox.c.channel)))


def _claiming(kind: str, channel: str, lease_s: int) -> ReturningUpdate[Any]:
    earlier = outbox.alias()
    has_turn = ~exists().where(
        earlier.c.channel == outbox.c.channel,
        earlier.c.target == outbox.c.target,
        earlier.c.state == LetterState.PENDING.value,
        earlier.c.id < outbox.c.id,
    )
    due: ColumnElement[bool] = and_(
        outbox.c.kind == kind,
        outbox.c.channel == channel,
        outbox.c.state == LetterState.PENDING.value,
        outbox.c.due_s <= sql_now_s(),
        outbox.c.lease_until_s <= sql_now_s(),
    )
    # Whoever comes second passes over what the first is about to take; SQLite has one writer, and no such words.
    first = select(outbox.c.id).where(due, has_turn).order_by(outbox.c.id).limit(1).with_for_update(skip_locked=True)
    taken = {"claim_no": outbox.c.claim_no + 1, "lease_until_s": sql_now_s() + lease_s}
    return update(outbox).where(outbox.c.id == first.scalar_subquery()).values(taken).returning(outbox)


def _is_held(claim: Claim) -> ColumnElement[bool]:
    is_pending = and_(outbox.c.id == claim.number, outbox.c.state == LetterState.PENDING.value)
    return and_(is_pending, outbox.c.claim_no == claim.claim_no)


def _still_counts(connection: Connection, finding_id: str, verdict_id: int) -> bool:
    """Whether the newest verdict, whosever it is, says what the one said on which a letter rests."""
    then = connection.execute(select(verdicts.c.decision).where(verdicts.c.id == verdict_id)).scalar_one()
    verdict = verdicts_of(connection, [finding_id]).get(finding_id)
    return verdict is not None and verdict.is_current and verdict.decision.value == then
