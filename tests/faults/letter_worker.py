"""One of several workers that deliver letters, for `test_outbox_survives.py`.

    python -m tests.faults.letter_worker STORE SENT LEFT

Claims what is due, notes its number in the file SENT, which stands for the service, and keeps the receipt; until
nothing is due. Killed before statement number LEFT of SQL; never where that is negative.
"""

import os
import signal
import sys

from tests.faults.scanner import count_statements

from unseen.casework.proof.recording import open_recorded
from unseen.store import Sending, Store, claim_next, settle

__all__ = ["LEASE_S", "NOW", "deliver_all"]

NOW = "2026-11-23T12:00:00Z"
LEASE_S = 2


def deliver_all(store: Store, sent: int) -> None:
    """Deliver what is due; `sent` is an open file."""
    while claim := claim_next(store, kind="feedback", channel="known", lease_s=LEASE_S, at_utc=NOW):
        os.write(sent, b"%d\n" % claim.number)
        settle(store, claim, Sending.ACCEPTED, status=200, answer="<ok/>", again_in_s=0, at_utc=NOW)


def main() -> None:
    """Work, and come to grief where told to."""
    location, path, number = sys.argv[1:]
    left = int(number)

    def step(*_: object) -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    sent = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with open_recorded(location, create=False) as store:
        count_statements(store.engine, step)
        deliver_all(store, sent)


if __name__ == "__main__":
    main()
