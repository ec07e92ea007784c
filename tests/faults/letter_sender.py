"""A sender of feedback that is killed before a chosen statement, for `test_feedback_survives.py`.

    python letter_sender.py STORE give|send LEFT

Gives feedback on every finding, or sends what is due, and is killed before statement number LEFT of SQL, from 0 on;
sending and receiving count too. Prints `done` where it came to its end.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from unseen.casework.feedback import deliver, give_feedback
from unseen.exchanges import Service
from unseen.store import list_findings, open_store

left = int(sys.argv[3])


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
    location, what, _ = sys.argv[1:]
    with open_store(location, read_only=True) as opened:
        ids = [finding.id for finding in list_findings(opened)]
    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, step)
    Service.send = counted(Service.send)  # type: ignore[method-assign]  # the test stands between the lines
    if what == "give":
        give_feedback(location, ids, by="D. Okafor")
    else:
        # What a killed sender has in hand lapses at once: nobody waits for that here.
        list(deliver(location, lease_s=-1))
    print("done")
