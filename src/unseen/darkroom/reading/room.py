"""The readers of a darkroom, and what waits for them."""

import os
import selectors
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from unseen.darkroom.crew import DIGEST_BYTES_PER_S, Task
from unseen.darkroom.reading.job import Desk, Job
from unseen.darkroom.reading.nodes import Node
from unseen.darkroom.reading.process import Heard, Reader
from unseen.darkroom.reading.ranges import Lender
from unseen.darkroom.wire import Garbled, Inside
from unseen.errors import SandboxError
from unseen.model import Reason, UnreadError
from unseen.sources.layers import LayerLimits, Secrets

__all__ = ["ReadingRoom", "ReadingRules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRules:
    """How readers work.

    Attributes:
        readers_max: Processes at once.
        limits: Where looking into containers ends.
        secrets: What opens encrypted ones.
        deadline_s: Seconds that a reader may be silent; more for large files.
    """

    readers_max: int
    limits: LayerLimits
    secrets: Secrets
    deadline_s: float
    unsafe_no_sandbox: bool


class ReadingRoom:
    """Starts readers when the first container turns up, and follows what they say."""

    def __init__(self, rules: ReadingRules, selector: selectors.BaseSelector, clock_s: Callable[[], float]) -> None:
        self._rules = rules
        self._selector = selector
        self._clock_s = clock_s
        self._waiting: deque[Job] = deque()
        self._jobs: dict[Reader, Job | None] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being looked into, nor waits for it."""
        return not self._waiting and not any(self._jobs.values())

    @property
    def is_full(self) -> bool:
        """Whether enough containers wait."""
        return len(self._waiting) >= 2 * self._rules.readers_max

    @property
    def deadline_at_s(self) -> float:
        """When the first reader must have spoken."""
        return min((reader.deadline_at_s for reader in self._jobs), default=float("inf"))

    def look_inside(self, task: Task, inside: Inside) -> None:
        """Have everything in an item walked through. The descriptor stays the task's.

        An image that its maker cut into files is opened whole.
        """
        node = task.node
        try:
            own = task.own_file()
        except UnreadError as error:
            node.trouble = node.trouble or error.reason
            return
        node.is_open = True
        node.is_carved = inside is Inside.SIGNS
        later = node.item.open_later() if inside in {Inside.CONTAINER, Inside.DISK} else ()
        size_bytes = sum(os.fstat(one).st_size for one in (own, *later))
        self._waiting.append(Job(node, (own, *later), size_bytes, inside))

    def look_inside_lent(self, node: Node, lender: Lender, inside: Inside) -> None:
        """Have everything in an item walked through that lies in no file."""
        node.is_open = True
        node.is_carved = inside is Inside.SIGNS
        self._waiting.append(Job(node, (), lender.size_bytes, inside, lender))

    def feed(self, desk: Desk, *, has_room: bool) -> None:
        """Give waiting containers to readers, and let readers go on where there is room for what they bring."""
        while self._waiting and (reader := self._free_reader()) is not None:
            job = self._waiting.popleft()
            self._jobs[reader] = job
            reader.is_spent |= job.is_disk
            job.begin(reader.tell)
            self._restart_clock(reader, job)
        if has_room:
            for reader, followed in list(self._jobs.items()):
                if followed is not None and followed.pending is not None:
                    self._answer(reader, followed, desk)

    def _answer(self, reader: Reader, job: Job, desk: Desk) -> None:
        try:
            job.answer(desk, reader.tell)
        except Garbled:
            self._bury(reader, Reason.READER_CRASHED, desk)
        else:
            self._restart_clock(reader, job)

    def listen(self, reader: Reader, desk: Desk) -> None:
        """Take in what a reader said."""
        if reader not in self._jobs:
            # It was replaced a moment ago.
            return
        try:
            heard = reader.listen()
        except Garbled:
            self._bury(reader, Reason.READER_CRASHED, desk)
            return
        if heard is not None:
            self._take_in(reader, heard, desk)

    def _take_in(self, reader: Reader, heard: Heard, desk: Desk) -> None:
        message, packed, memory = heard
        job = self._jobs[reader]
        try:
            if job is not None:
                job.hear(message, packed, memory, desk, reader.tell)
        except Garbled:
            job = None
        if job is None:
            # It lies, or speaks out of turn.
            if memory is not None:
                os.close(memory)
            self._bury(reader, Reason.READER_CRASHED, desk)
            return
        reader.is_spent |= job.is_disk
        self._restart_clock(reader, job)
        if job.is_done:
            self._finish(reader, job)

    def expire(self, now_s: float, desk: Desk) -> None:
        """Replace readers that are late."""
        for reader in [reader for reader in self._jobs if reader.deadline_at_s <= now_s]:
            if not reader.is_locked:
                raise SandboxError("a reader did not start in time")
            self._bury(reader, Reason.TIMED_OUT, desk)

    def close(self) -> None:
        """End every reader, and let go of what they held."""
        self.abandon()
        for reader in list(self._jobs):
            self._dismiss(reader)

    def abandon(self) -> None:
        """Let go of what nobody waits for any more, and of the readers that hold it."""
        for reader, job in list(self._jobs.items()):
            if job is not None:
                self._dismiss(reader)
                job.give_up()
        while self._waiting:
            self._waiting.popleft().give_up()

    def _free_reader(self) -> Reader | None:
        idle = [reader for reader, job in self._jobs.items() if job is None]
        free = next((reader for reader in idle if reader.is_locked), None)
        # The others are starting, each for one of the containers that wait; this is asked again and again meanwhile.
        if free is None and len(idle) < len(self._waiting) and len(self._jobs) < self._rules.readers_max:
            rules = self._rules
            reader = Reader(rules.limits, rules.secrets, self._clock_s(), unsafe_no_sandbox=rules.unsafe_no_sandbox)
            self._jobs[reader] = None
            self._selector.register(reader.socket, selectors.EVENT_READ, reader)
        return free

    def _bury(self, reader: Reader, reason: Reason, desk: Desk) -> None:
        """Do without a reader that died, lied or was late."""
        job = self._jobs[reader]
        self._dismiss(reader)
        if job is None:
            return
        job.died(reason, desk)
        if job.is_done:
            job.close()
        else:
            self._waiting.appendleft(job)

    def _finish(self, reader: Reader, job: Job) -> None:
        job.close()
        self._jobs[reader] = None
        reader.deadline_at_s = float("inf")
        if reader.is_spent:
            self._dismiss(reader)

    def _dismiss(self, reader: Reader) -> None:
        del self._jobs[reader]
        self._selector.unregister(reader.socket)
        reader.dismiss()

    def _restart_clock(self, reader: Reader, job: Job) -> None:
        if job.is_serving or job.pending is not None:
            # It waits for us, or for a worker that has a deadline of its own.
            reader.deadline_at_s = float("inf")
        else:
            size_s = job.work_bytes / DIGEST_BYTES_PER_S
            reader.deadline_at_s = self._clock_s() + self._rules.deadline_s + size_s
