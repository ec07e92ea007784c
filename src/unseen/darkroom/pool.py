"""The darkroom as the rest of the program sees it: items in, hashes out, and no pixel in this process."""

import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from unseen.darkroom.crew import DEADLINE_S, IN_FLIGHT_MIN, SANDBOX_HINT, Task, Worker
from unseen.darkroom.develop import nothing_read
from unseen.darkroom.hashers import installed_signals
from unseen.darkroom.lock import Sandbox
from unseen.darkroom.reading.intake import Intake
from unseen.darkroom.reading.job import Choose, Desk
from unseen.darkroom.reading.nodes import Answer, changed, settle
from unseen.darkroom.reading.process import Reader
from unseen.darkroom.reading.room import ReadingRoom, ReadingRules
from unseen.darkroom.undoing.aiming import Aiming
from unseen.darkroom.undoing.looks import Looks, Next
from unseen.darkroom.wire import Garbled, Inside
from unseen.decoding import LIMITS, Limits
from unseen.errors import SandboxError
from unseen.hashing.known_files import DigestFile
from unseen.model import Altered, Item, ItemHashes, Locator, Reason, VideoMode
from unseen.sources.layers import LAYER_LIMITS, NO_SECRETS, LayerLimits, Secrets, Want

__all__ = ["Darkroom"]

# An item that takes a worker down is tried once more, alone: it may have been the memory of its neighbour.
_DEATHS_MAX = 2


class Darkroom:
    """A crew of locked workers.

    Use as a context manager, in the thread that started it: the kernel ends the workers with that thread. From the
    first video on, all workers are such as take videos too.

    Attributes:
        looks: Says what is looked at again, and by what: see there.

    Example:
        with Darkroom(workers=2) as darkroom:
            for item, hashes in darkroom.develop(items):
                ...
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        limits: Limits = LIMITS,
        layer_limits: LayerLimits = LAYER_LIMITS,
        secrets: Secrets = NO_SECRETS,
        unsafe_no_sandbox: bool = False,
        deadline_s: float = DEADLINE_S,
        clock_s: Callable[[], float] = time.monotonic,
        video: VideoMode = VideoMode.THOROUGH,
        altering_seed: int | None = None,
        altered: Altered = Altered.OFF,
    ) -> None:
        """Prepare a darkroom; nothing is started yet.

        Args:
            workers: Number of processes that decode, at least 1; one for each core is right. As many at most look into
                containers.
            limits: What one item may ask for.
            layer_limits: Where looking into containers ends.
            secrets: What opens encrypted containers; sent to readers over their sockets, never on a command line.
            unsafe_no_sandbox: Go on where the kernel cannot lock a worker; `sandbox` says what is missing.
            deadline_s: Seconds an item may take to decode, and a reader to the next member; large files have more.
            clock_s: A monotonic clock.
            video: How videos are looked at.
            altering_seed: For items that ask for an altered copy: of what is drawn at random. None where none does.
            altered: How far altered copies of known pictures are looked for; `looks.aim` then says what comes near.
        """
        self.looks = Looks(altered, workers)
        self._takes_videos = False
        self._size = workers
        self._limits = limits
        self._unsafe_no_sandbox = unsafe_no_sandbox
        self._altering_seed = altering_seed
        self._deadline_s = deadline_s
        self._clock_s = clock_s
        self._signals: tuple[str, ...] = ()
        self._selector = selectors.DefaultSelector()
        self._crew: list[Worker] = []
        self._requeued: deque[Task] = deque()
        self._known_files: tuple[DigestFile, ...] = ()
        self._video = video
        self._desk = Desk(_take_all, video)
        rules = ReadingRules(
            readers_max=workers,
            limits=layer_limits,
            secrets=secrets,
            deadline_s=deadline_s,
            unsafe_no_sandbox=unsafe_no_sandbox,
        )
        self._readers = ReadingRoom(rules, self._selector, clock_s)

    def __enter__(self) -> Self:
        """Start the workers and wait until each is locked.

        Raises:
            SandboxError: The kernel cannot lock a worker, and `unsafe_no_sandbox` was not given.
        """
        try:
            self.start()
            while any(worker.sandbox is None for worker in self._crew):
                self._collect()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the workers without waiting for them, as entering does; it raises the same."""
        self._signals = installed_signals()
        if self.looks.altered is not Altered.OFF and not self._crew:
            self._selector.register(self.looks.aiming.open(), selectors.EVENT_READ, self.looks.aiming)
        for _ in range(self._size - len(self._crew)):
            self._start()

    def know(self, files: Sequence[DigestFile]) -> None:
        """From now on digest commonplace files and do not decode them; before any item, and once.

        Args:
            files: Where their digests lie; the descriptors stay open, and the caller's, until `close`.
        """
        self._known_files = tuple(files)
        for worker in self._crew:
            self._tell(worker)

    def close(self) -> None:
        """End every process, and let go of what they held."""
        self._readers.close()
        for worker in self._crew:
            worker.dismiss()
            for task in worker.tasks:
                task.close()
        self._crew.clear()
        self._selector.close()
        self.looks.aiming.close()

    @property
    def sandbox(self) -> Sandbox:
        """The protections that hold in every worker."""
        boxes = [worker.sandbox for worker in self._crew if worker.sandbox is not None]
        return Sandbox(
            seccomp=all(box.seccomp for box in boxes),
            landlock_version=min(box.landlock_version for box in boxes),
            is_single_threaded=all(box.is_single_threaded for box in boxes),
        )

    def develop(self, items: Iterable[Item], *, choose: Choose | None = None) -> Iterator[Answer]:
        """Hash items as they come, and all that lies in them; memory does not grow with their number.

        Each item is opened here and given to a worker as a descriptor, never as a path, and closed again. A file whose
        size or time changed meanwhile is read once more; if it changes again it is `changed`, with the digests of what
        was read. An item that takes a worker down, or misses its deadline, is tried once more alone; then it is
        `decoder_crashed` or `timed_out`, with its digests where they can be had. Every item is answered exactly once.

        What lies in a container is an item like any other. A container is answered after all that lies in it, with
        the reason where not all of it could be looked into.

        Args:
            items: Read a few ahead of the answers.
            choose: Says of some locators what is to be done with each: an outermost item before it is opened, a member
                before it is read. None to take all. What is passed over is not looked into either.

        Yields:
            Each item with its hashes, in the order of completion.

        Raises:
            SandboxError: A process that had to be replaced could not be locked again.
        """
        desk = self._desk = Desk(choose or _take_all, self._video)
        intake = Intake(items, desk)
        try:
            while True:
                self._feed(intake)
                while desk.answers:
                    yield desk.answers.popleft()
                if intake.is_exhausted and self._is_idle():
                    return
                self._collect()
        finally:
            self._abandon()

    def _is_idle(self) -> bool:
        """Whether all that came in is answered."""
        is_waiting = self._requeued or self._desk.tasks or self._desk.patient or self._desk.answers
        is_busy = any(worker.tasks for worker in self._crew) or not self.looks.aiming.is_idle
        return not (is_waiting or is_busy or not self._readers.is_idle)

    def _feed(self, intake: Intake) -> None:
        """Fill every worker's hands, first one item each, then the next; and have readers go on where there is room."""
        while ready := [worker for worker in self._crew if worker.has_room]:
            worker = min(ready, key=lambda one: len(one.tasks))
            task = self._next_task(intake, is_alone=not worker.tasks)
            if task is None:
                break
            worker.give(task, self._clock_s(), self._deadline_s)
        is_full = len(self._desk.tasks) >= IN_FLIGHT_MIN * self._size or self.looks.aiming.is_full
        self._readers.feed(self._desk, has_room=not is_full)
        self.looks.begin_searches()

    def _next_task(self, intake: Intake, *, is_alone: bool) -> Task | None:
        if self._requeued:
            # A suspect waits for a worker with empty hands; nothing overtakes it, so it waits no longer than that.
            return self._requeued.popleft() if is_alone or not self._requeued[0].deaths else None
        tasks = self._desk.tasks
        while tasks and tasks[0].is_void:
            tasks.popleft().close()
        if tasks:
            return tasks.popleft() if is_alone or not tasks[0].is_long else None
        if is_alone and self._desk.patient and self._may_be_patient():
            return self._desk.patient.popleft()
        return None if self._readers.is_full or self.looks.aiming.is_full else intake.next_task()

    def _may_be_patient(self) -> bool:
        """Whether a large container's digests may be taken now, or only when nothing is left to be found in it."""
        busy = sum(any(task.is_long for task in worker.tasks) for worker in self._crew)
        return busy < len(self._crew) - 1 or not self._desk.patient[0].node.is_open

    def _collect(self) -> None:
        """Wait until some process speaks, dies or is late, and take what there is."""
        now_s = self._clock_s()
        due_at_s = min(self._readers.deadline_at_s, *(worker.deadline_at_s for worker in self._crew))
        timeout_s = None if due_at_s == float("inf") else max(0.0, due_at_s - now_s)
        for key, _ in self._selector.select(timeout_s):
            if isinstance(key.data, Reader):
                self._readers.listen(key.data, self._desk)
            elif isinstance(key.data, Aiming):
                self._take_aimed()
            else:
                self._listen(key.data)
        for worker in [worker for worker in self._crew if worker.is_spent and worker.sandbox is not None]:
            self._replace(worker, Reason.DECODER_CRASHED)
        now_s = self._clock_s()
        for worker in [worker for worker in self._crew if worker.deadline_at_s <= now_s]:
            self._replace(worker, Reason.TIMED_OUT)
        self._readers.expire(now_s, self._desk)

    def _listen(self, worker: Worker) -> None:
        try:
            heard = worker.listen(self._signals, self._clock_s(), self._deadline_s)
        except Garbled:
            self._replace(worker, Reason.DECODER_CRASHED)
            return
        if heard is None or heard[0].is_void:
            return
        task, hashes, inside = heard
        if hashes is None:
            self._call_for_videos(task)
        else:
            self._finish(task, hashes, inside)

    def _finish(self, task: Task, hashes: ItemHashes, inside: Inside) -> None:
        """Take an answer, unless the file changed under it, or more is to be asked."""
        is_changed = False
        if task.finish is None and task.lender is None:
            stamp = task.stamp_now()
            is_changed = stamp != task.stamp or (hashes.sha256 is not None and hashes.size_bytes != stamp[0])
            if is_changed and not task.is_reread:
                task.begin_anew(stamp, self._desk.video)
                self._requeued.append(task)
                return
        if is_changed:
            self._conclude(task, changed(hashes), Inside.NOTHING)
            return
        match self.looks.next_after(task, hashes, inside):
            case Next.DONE:
                self._conclude(task, *self.looks.settled(task, hashes, inside))
            case Next.AGAIN:
                self._requeued.append(task)
            case Next.SEARCHED:
                pass

    def _conclude(self, task: Task, hashes: ItemHashes, inside: Inside) -> None:
        """Answer an item about which nothing more is asked, or have it looked into."""
        if task.finish is not None:
            task.finish(hashes, inside)
            return
        is_recognised = inside in {Inside.CONTAINER, Inside.DISK}
        if task.lender is not None:
            is_recognised = is_recognised and not task.node.item.is_folder
        elif task.node.item.is_later:
            # What it holds is looked into with the file that it continues.
            inside = Inside.NOTHING
            hashes = replace(hashes, reason=Reason.NOT_MEDIA) if hashes.reason is Reason.UNSUPPORTED else hashes
        if inside is not Inside.NOTHING and not task.node.is_open:
            if task.lender is not None:
                self._readers.look_inside_lent(task.node, task.lender, inside)
            else:
                self._readers.look_inside(task, inside)
            if is_recognised and task.node.is_wanted:
                self._take_digests(task)
                return
        task.node.own = hashes
        task.close()
        settle(task.node, self._desk.answers)

    def _take_aimed(self) -> None:
        """Have those items looked at closely in which a search has found something to aim at; the others are done."""
        for task, aimed in self.looks.aiming.take():
            if task.is_void:
                task.close()
            elif self.looks.aim_at(task, aimed):
                self._requeued.append(task)
            else:
                assert task.so_far is not None
                self._conclude(task, task.so_far, task.inside)

    def _call_for_videos(self, task: Task) -> None:
        """Put a video back, and workers that take videos in the place of the others as soon as these are free."""
        self._takes_videos = True
        self._requeued.append(task)
        for worker in self._crew:
            if not worker.takes_videos:
                worker.retire()

    def _take_digests(self, task: Task) -> None:
        """Have the digests of a container taken, while somebody else looks into it."""
        task.digests_only, task.is_member = Reason.NOT_MEDIA, True
        (self._desk.patient if task.is_long else self._desk.tasks).append(task)

    def _start(self) -> None:
        worker = Worker(
            self._limits,
            self._clock_s(),
            unsafe_no_sandbox=self._unsafe_no_sandbox,
            takes_videos=self._takes_videos,
            altering_seed=self._altering_seed,
            has_hashers=bool(self._signals),
            crew_size=self._size,
            altered=self.looks.altered,
        )
        self._crew.append(worker)
        self._tell(worker)
        self._selector.register(worker.socket, selectors.EVENT_READ, worker)

    def _tell(self, worker: Worker) -> None:
        for file in self._known_files:
            worker.know(file)

    def _replace(self, worker: Worker, reason: Reason) -> None:
        """Put a new worker in the place of one, and what it held back into the queue, the first item suspected."""
        self._remove(worker)
        if worker.sandbox is None:
            raise SandboxError("a decoding worker did not start in time", hint=SANDBOX_HINT)
        self._start()
        if not worker.tasks:
            return
        suspect = worker.tasks.popleft()
        self._requeued.extendleft(reversed([task for task in worker.tasks if not task.is_void]))
        if suspect.is_void:
            return
        suspect.deaths += 1
        if suspect.deaths > _DEATHS_MAX or (suspect.aims and suspect.deaths == _DEATHS_MAX):
            # Even reading its bytes took a worker down.
            self._give_up(suspect, suspect.digests_only or reason)
            return
        if suspect.deaths == _DEATHS_MAX:
            suspect.digests_only = reason
        self._requeued.appendleft(suspect)

    def _give_up(self, task: Task, reason: Reason) -> None:
        """Answer an item without its hashes, or with those that the first look gave."""
        self._conclude(task, *self.looks.settled(task, nothing_read(reason), Inside.NOTHING))

    def _remove(self, worker: Worker) -> None:
        self._selector.unregister(worker.socket)
        self._crew.remove(worker)
        worker.dismiss()

    def _abandon(self) -> None:
        """Let go of what is unanswered when the caller stops asking, and of the processes that still hold it."""
        self._readers.abandon()
        for queue in (self._requeued, self._desk.tasks, self._desk.patient):
            while queue:
                queue.popleft().close()
        self.looks.aiming.abandon()
        for worker in [worker for worker in self._crew if worker.tasks]:
            self._remove(worker)
            for task in worker.tasks:
                task.close()
            self._start()


def _take_all(locators: Sequence[Locator]) -> list[Want]:
    return [Want.TAKE] * len(locators)
