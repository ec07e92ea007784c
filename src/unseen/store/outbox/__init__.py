"""What shall leave, kept in the transaction of its record; who has it in hand; and what came of each attempt."""

from unseen.store.outbox.delivering import Claim, channels_waiting, claim_next, keep_claim, settle
from unseen.store.outbox.letters import Delivery, Letter, LetterState, Queued, Sending
from unseen.store.outbox.queueing import list_letters, queue, queue_letters

__all__ = [
    "Claim",
    "Delivery",
    "Letter",
    "LetterState",
    "Queued",
    "Sending",
    "channels_waiting",
    "claim_next",
    "keep_claim",
    "list_letters",
    "queue",
    "queue_letters",
    "settle",
]
