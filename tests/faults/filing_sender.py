"""A worker that sends filings and is killed before a chosen statement, for `test_filing_survives.py`.

    python filing_sender.py STORE SETTINGS ADDRESS LEFT

Sends what is due to a desk at an address, and is killed before statement number LEFT of SQL, from 0 on; sending and
receiving count too. Prints `done` where it came to its end.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from tests.unit.casework.filing.filings import held

from unseen.casework.filing.sending.working import Working, send
from unseen.exchanges import Service

left = int(sys.argv[4])


def step(*_: object) -> None:
    """Count what is about to be done."""
    global left  # noqa: PLW0603  # one number for the whole process
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1


def counted(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call that counts before and after."""

    def counting(*arguments: Any, **others: Any) -> Any:
        step()
        answer = call(*arguments, **others)
        step()
        return answer

    return counting


if __name__ == "__main__":
    store, settings, address, _ = sys.argv[1:]
    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, step)
    Service.send = counted(Service.send)  # type: ignore[method-assign]  # the test stands between the lines
    # What a killed worker has in hand lapses at once: nobody waits for that here.
    list(send(store, Working(settings=settings, is_production=True, address=address, kept=held(), lease_s=-1)))
    print("done")
