"""The darkroom as the rest of the program sees it: items in, hashes out, and no pixel in this process."""

import contextlib
import fcntl
import os
import selectors
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from unseen.darkroom.crew import DEADLINE_S, IN_FLIGHT_MAX, SANDBOX_HINT, Task, Worker
from unseen.darkroom.hashers import installed_signals
from unseen.darkroom.lock import Sandbox
from unseen.darkroom.video.footage import join_frames
from unseen.darkroom.wire import Garbled
from unseen.decoding import LIMITS, Limits
from unseen.errors import SandboxError
from unseen.hashing.known_files import DigestFile
from unseen.model import Item, ItemHashes, Reason, VideoMode

__all__ = ["Darkroom"]

# An item that takes a worker down is tried once more, alone: it may have been the memory of its neighbour.
_DEATHS_MAX = 2

Answer = tuple[Item, ItemHashes]


class Darkroom:
    """A crew of locked workers.

    Use as a context manager, in the thread that started it: the kernel ends the workers with that thread. From the
    first video on, all workers are such as take videos too.

    Attributes:
        comes_near: Whether a video that was looked at by its keyframes alone is worth looking at throughout; None for
            no video.

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
        unsafe_no_sandbox: bool = False,
        deadline_s: float = DEADLINE_S,
        clock_s: Callable[[], float] = time.monotonic,
        video: VideoMode = VideoMode.THOROUGH,
    ) -> None:
        """Prepare a darkroom; nothing is started yet.

        Args:
            workers: Number of processes, at least 1; one for each core is right.
            limits: What one item may ask for.
            unsafe_no_sandbox: Go on where the kernel cannot lock a worker; `sandbox` says what is missing.
            deadline_s: Seconds an item may take to decode; digesting large files has more by their size.
            clock_s: A monotonic clock.
            video: How videos are looked at.
        """
        self.comes_near: Callable[[ItemHashes], bool] | None = None
        self._video = video
        self._takes_videos = False
        self._size = workers
        self._limits = limits
        self._unsafe_no_sandbox = unsafe_no_sandbox
        self._deadline_s = deadline_s
        self._clock_s = clock_s
        self._signals: tuple[str, ...] = ()
        self._selector = selectors.DefaultSelector()
        self._crew: list[Worker] = []
        self._requeued: deque[Task] = deque()
        self._known_files: tuple[DigestFile, ...] = ()
        self._number = 0
        self._is_exhausted = False

    def __enter__(self) -> Self:
        """Start the workers and wait until each is locked.

        Raises:
            SandboxError: The kernel cannot lock a worker, and `unsafe_no_sandbox` was not given.
        """
        self._signals = installed_signals()
        try:
            self.start()
            while any(worker.sandbox is None for worker in self._crew):
                deque(self._collect(), maxlen=0)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the workers without waiting for them, while the caller has something else to do. Entering waits."""
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
        """End every worker, and let go of what they held."""
        for worker in self._crew:
            worker.dismiss()
            for task in worker.tasks:
                task.close()
        self._crew.clear()
        self._selector.close()

    @property
    def sandbox(self) -> Sandbox:
        """The protections that hold in every worker."""
        boxes = [worker.sandbox for worker in self._crew if worker.sandbox is not None]
        return Sandbox(
            seccomp=all(box.seccomp for box in boxes),
            landlock_version=min(box.landlock_version for box in boxes),
            is_single_threaded=all(box.is_single_threaded for box in boxes),
        )

    def develop(self, items: Iterable[Item]) -> Iterator[Answer]:
        """Hash items as they come; memory does not grow with their number.

        Each item is opened here and given to a worker as a descriptor, never as a path, and closed again. A file whose
        size or time changed meanwhile is read once more; if it changes again it is `changed`, with the digests of what
        was read. An item that takes a worker down, or misses its deadline, is tried once more alone; then it is
        `decoder_crashed` or `timed_out`, with its digests where they can be had. Every item is answered exactly once.

        Args:
            items: Read one by one, a few ahead of the answers.

        Yields:
            Each item with its hashes, in the order of completion.

        Raises:
            SandboxError: A worker that had to be replaced could not be locked again.
        """
        source, self._is_exhausted = iter(items), False
        try:
            while True:
                yield from self._feed(source)
                if self._is_exhausted and not self._requeued and not any(worker.tasks for worker in self._crew):
                    return
                yield from self._collect()
        finally:
            self._abandon()

    def _feed(self, source: Iterator[Item]) -> Iterator[Answer]:
        """Fill every worker's hands, first one item each, then the next."""
        for depth in range(IN_FLIGHT_MAX):
            for worker in self._crew:
                while worker.has_room and len(worker.tasks) == depth:
                    task = self._next_task(source, is_alone=depth == 0)
                    if task is None:
                        return
                    if isinstance(task, Task):
                        worker.give(task, self._clock_s(), self._deadline_s)
                    else:
                        yield task

    def _next_task(self, source: Iterator[Item], *, is_alone: bool) -> Task | Answer | None:
        if self._requeued:
            # A suspect waits for a worker with empty hands; nothing overtakes it, so it waits no longer than that.
            return self._requeued.popleft() if is_alone or not self._requeued[0].deaths else None
        if self._is_exhausted:
            return None
        item = next(source, None)
        if item is None:
            self._is_exhausted = True
            return None
        return self._open(item)

    def _open(self, item: Item) -> Task | Answer:
        opened = item.open()
        if isinstance(opened, Reason):
            return item, _unread(opened)
        descriptor = _sealed_memory(opened) if isinstance(opened, bytes) else opened
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            return item, _unread(Reason.UNSUPPORTED)
        self._number += 1
        return Task(item, self._number, descriptor, (found.st_size, found.st_mtime_ns), mode=self._video)

    def _collect(self) -> Iterator[Answer]:
        """Wait until some worker speaks, dies or is late, and take what there is."""
        now_s = self._clock_s()
        due_at_s = min(worker.deadline_at_s for worker in self._crew)
        timeout_s = None if due_at_s == float("inf") else max(0.0, due_at_s - now_s)
        for key, _ in self._selector.select(timeout_s):
            worker: Worker = key.data
            try:
                answer = worker.listen(self._signals, self._clock_s(), self._deadline_s)
            except Garbled:
                yield from self._replace(worker, Reason.DECODER_CRASHED)
                continue
            if answer is not None:
                task, hashes = answer
                if hashes is None:
                    self._call_for_videos(task)
                else:
                    yield from self._finish(task, hashes)
        for worker in [worker for worker in self._crew if worker.is_spent and worker.sandbox is not None]:
            yield from self._replace(worker, Reason.DECODER_CRASHED)
        now_s = self._clock_s()
        for worker in [worker for worker in self._crew if worker.deadline_at_s <= now_s]:
            yield from self._replace(worker, Reason.TIMED_OUT)

    def _finish(self, task: Task, hashes: ItemHashes) -> Iterator[Answer]:
        """Pass an answer on, unless the file changed under it."""
        found = os.fstat(task.descriptor)
        stamp = (found.st_size, found.st_mtime_ns)
        is_changed = stamp != task.stamp or (hashes.sha256 is not None and hashes.size_bytes != found.st_size)
        if is_changed and not task.is_reread:
            task.stamp, task.is_reread = stamp, True
            self._requeued.append(task)
            return
        if not is_changed and self._is_worth_more(task, hashes):
            task.so_far, task.mode = hashes, VideoMode.THOROUGH
            self._requeued.append(task)
            return
        task.close()
        if task.so_far is not None and not is_changed:
            hashes = _joined(task.so_far, hashes)
        if is_changed:
            hashes = ItemHashes(
                size_bytes=hashes.size_bytes,
                sha256=hashes.sha256,
                sha1=hashes.sha1,
                md5=hashes.md5,
                reason=Reason.CHANGED,
            )
        yield task.item, hashes

    def _is_worth_more(self, task: Task, hashes: ItemHashes) -> bool:
        """Whether a video whose keyframes alone were looked at must be looked at throughout."""
        if task.so_far is not None or hashes.video_mode is not VideoMode.FAST or self.comes_near is None:
            return False
        return self.comes_near(hashes)

    def _call_for_videos(self, task: Task) -> None:
        """Put a video back, and workers that take videos in the place of the others as soon as these are free."""
        self._takes_videos = True
        self._requeued.append(task)
        for worker in self._crew:
            if not worker.takes_videos:
                worker.retire()

    def _start(self) -> None:
        worker = Worker(
            self._limits,
            self._clock_s(),
            unsafe_no_sandbox=self._unsafe_no_sandbox,
            takes_videos=self._takes_videos,
        )
        self._crew.append(worker)
        self._tell(worker)
        self._selector.register(worker.socket, selectors.EVENT_READ, worker)

    def _tell(self, worker: Worker) -> None:
        for file in self._known_files:
            worker.know(file)

    def _replace(self, worker: Worker, reason: Reason) -> Iterator[Answer]:
        """Put a new worker in the place of one, and what it held back into the queue, the first item suspected."""
        self._remove(worker)
        if worker.sandbox is None:
            raise SandboxError("a decoding worker did not start in time", hint=SANDBOX_HINT)
        self._start()
        if not worker.tasks:
            return
        suspect = worker.tasks.popleft()
        self._requeued.extendleft(reversed(worker.tasks))
        suspect.deaths += 1
        if suspect.digests_only is not None:
            # Even reading its bytes took a worker down.
            suspect.close()
            yield suspect.item, suspect.so_far or _unread(suspect.digests_only)
            return
        if suspect.deaths >= _DEATHS_MAX:
            suspect.digests_only = reason
        self._requeued.appendleft(suspect)

    def _remove(self, worker: Worker) -> None:
        self._selector.unregister(worker.socket)
        self._crew.remove(worker)
        worker.dismiss()

    def _abandon(self) -> None:
        """Let go of what is unanswered when the caller stops asking, and of the workers that still hold it."""
        while self._requeued:
            self._requeued.popleft().close()
        for worker in [worker for worker in self._crew if worker.tasks]:
            self._remove(worker)
            for task in worker.tasks:
                task.close()
            self._start()


def _joined(by_keyframes: ItemHashes, throughout: ItemHashes) -> ItemHashes:
    """What two looks at one video gave; where the second failed, the first still counts, and the failure is stated."""
    if throughout.video_mode is None:
        return replace(by_keyframes, reason=Reason.TRUNCATED)
    return replace(throughout, vpdq=join_frames(throughout.vpdq or (), by_keyframes.vpdq or ()))


def _unread(reason: Reason) -> ItemHashes:
    return ItemHashes(size_bytes=0, sha256=None, sha1=None, md5=None, reason=reason)


def _sealed_memory(data: bytes) -> int:
    """Bytes as a descriptor that nobody can write to any more."""
    descriptor = os.memfd_create("item", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with contextlib.closing(os.fdopen(os.dup(descriptor), "wb", buffering=0)) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view) :]
    fcntl.fcntl(
        descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
    )
    return descriptor
