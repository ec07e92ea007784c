"""A darkroom that gives out the bytes of an item in place of its hashes.

Whatever lies around the item is walked through by the same locked readers as in a scan; the bytes themselves are passed
on unseen.
"""

import os
import socket
import struct
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager

from unseen.darkroom.crew import Task
from unseen.darkroom.develop import nothing_read
from unseen.darkroom.pool import Darkroom
from unseen.darkroom.reading.intake import Intake
from unseen.darkroom.reading.job import Choose
from unseen.darkroom.reading.ranges import RemoteRange
from unseen.model import ByteSource, Item, Reason, UnreadError
from unseen.sources.filesystems.extents import Scattered
from unseen.sources.layers import FileRange

__all__ = ["LendingDarkroom"]

# A reader that unpacks a large member from its beginning takes its time for one range; one that hangs is given up.
_SILENCE_S = 600
# Stands for the hashes that nobody takes.
_NOTHING = nothing_read(Reason.UNREADABLE)


class LendingDarkroom(Darkroom):
    """Finds one item, and lends its bytes for as long as they are wanted."""

    _taken: Task | None = None

    @contextmanager
    def lend(self, items: Iterable[Item], choose: Choose) -> Iterator[ByteSource]:
        """Give the bytes of the first item that is wanted.

        Args:
            items: As for `develop`.
            choose: Wants one item, and to enter what lies around it.

        Raises:
            UnreadError: There is no such item any more, or it cannot be had.
            SandboxError: A process could not be locked.
        """
        self._taken = None
        reason = Reason.UNREADABLE
        with closing(self._answers(items, choose)) as answers:
            for found in answers:
                if isinstance(found, Task):
                    try:
                        with _bytes_of(found) as source:
                            yield source
                    finally:
                        found.close()
                    return
                reason = found or reason
        raise UnreadError(reason)

    def _answers(self, items: Iterable[Item], choose: Choose) -> Generator[Task | Reason | None, None, None]:
        answers = self.develop(items, choose=choose)
        try:
            for _, hashes in answers:
                taken, self._taken = self._taken, None
                yield hashes.reason if taken is None else taken
        finally:
            answers.close()  # type: ignore[attr-defined]  # a generator, which lets go of what nobody waits for

    def _next_task(self, intake: Intake, *, is_alone: bool) -> Task | None:
        """Keep back the task that would hash what is wanted; whatever lies around it is worked on."""
        task = super()._next_task(intake, is_alone=is_alone)
        if task is None or not task.node.is_wanted or self._taken is not None:
            return task
        self._taken = task
        self._desk.answers.append((task.node.item, _NOTHING))
        return None


@contextmanager
def _bytes_of(task: Task) -> Iterator[ByteSource]:
    if task.lender is not None:
        yield task.lender
        return
    if task.lend is None:
        assert task.descriptor is not None
        whole = FileRange(task.descriptor)
        yield Scattered(whole, task.places) if task.places else whole
        return
    descriptor = task.lend()
    try:
        with socket.socket(fileno=os.dup(descriptor)) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", _SILENCE_S, 0))
        yield RemoteRange(descriptor, task.stamp[0])
    finally:
        os.close(descriptor)
