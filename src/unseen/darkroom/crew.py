"""One worker as its parent sees it: started, fed, listened to, and replaced."""

import contextlib
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from unseen.darkroom.lock import Sandbox
from unseen.darkroom.reading.nodes import Node
from unseen.darkroom.reading.ranges import Lender
from unseen.darkroom.reading.sealing import sealed_content
from unseen.darkroom.undoing.aims import Undoing
from unseen.darkroom.undoing.wire import CLOSER_BYTES, PROPOSALS_BYTES, Gathering
from unseen.darkroom.video.reel import DEFERRAL, FRAMES_MAX, REEL_BYTES, unpack_deferral, unpack_reel
from unseen.darkroom.wire import (
    ANSWER_BYTES,
    GREETING,
    Garbled,
    Inside,
    Request,
    pack_digest_file,
    pack_request,
    unpack_answer,
    unpack_greeting,
)
from unseen.decoding import Limits
from unseen.errors import SandboxError
from unseen.hashing import kernel_in_use
from unseen.hashing.known_files import DigestFile
from unseen.model import Aim, Altered, Frame, ItemHashes, Reason, VideoMode
from unseen.sources.filesystems.extents import Extent, Scattered
from unseen.sources.layers import FileRange

__all__ = [
    "DEADLINE_S",
    "DIGEST_BYTES_PER_S",
    "IN_FLIGHT_MIN",
    "LONG_BYTES",
    "SANDBOX_HINT",
    "START_S",
    "Heard",
    "Task",
    "Worker",
    "read_greeting",
    "spawn",
]

SANDBOX_HINT = "see `unseen doctor`; --unsafe-no-sandbox decodes without a lock, for files you trust"

# One being decoded and one waiting, so that no worker idles while its parent opens files.
IN_FLIGHT_MIN = 2
# And as many more as keep a worker busy while its parent stores a batch, some 50 ms: of small ones, since the bytes of
# members wait in memory, and not more among all workers than a process may have open files.
_IN_FLIGHT_MAX, _IN_FLIGHT_BYTES_MAX, _IN_FLIGHT_IN_ALL = 16, 4 << 20, 256
# What a decoder leaks, it leaks this often at most; a start costs as much as a hundred pictures.
_ANSWERS_MAX = 20_000
# The slowest picture within the limits (JPEG 2000 of 256 megapixels) takes half a minute of a core.
DEADLINE_S = 120.0
# A start takes half a second of a core; this bears a machine that is a hundred times slower or busier.
START_S = 60.0
# Digesting an ordinary file keeps up with the slowest disks that still work.
DIGEST_BYTES_PER_S = 10_000_000
# What `unseen.decoding.video` allows itself; that room imports PyAV, and this process never does.
_VIDEO_S, _VIDEO_BYTES_PER_S = 600.0, 200_000
# Taking the digests of more holds a worker for longer than anybody wants to wait for results.
LONG_BYTES = 64 << 20
# `-P`: a module lying in the folder of evidence must not be imported in the place of Python's own.
WORKER_COMMAND = (sys.executable, "-P", "-m", "unseen.darkroom.worker")
# Numerical libraries would start a thread for each core; the crew has a worker for each already.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


# All messages but the greeting, which comes first, are of one of these sizes.
_MESSAGE_BYTES_MAX = max(ANSWER_BYTES, REEL_BYTES, PROPOSALS_BYTES, CLOSER_BYTES)

# What a worker said of a task.
Heard = tuple["Task", ItemHashes | None, Inside]


@dataclass(slots=True, eq=False)
class Task:
    """An item on its way to a worker.

    Attributes:
        number: Position in the order of reading; answers must name it.
        descriptor: Open for reading; None for what is served by ranges.
        places: Where in it the item's bytes lie; none for all of it.
        stamp: Size and time of change when it was opened.
        lender: What serves the bytes of an outermost item that lies in no file.
        lend: Of an item served by ranges: gives the socket on which a worker may ask for them.
        finish: Of a member that a reader serves: told the answer, in the place of the caller.
        deaths: Workers that died of it.
        digests_only: The reason to give, and only digests are wanted: of a container, or once decoding was given up.
        is_member: What lies inside is known already.
        is_reread: It changed while it was read and is being read again.
        is_void: Nobody waits for the answer any more.
        mode: How it is looked at if it is a video.
        so_far: What the first look gave, while it is being looked at further: at all of a video, or at `aims`.
        inside: What lies in it, by that look.
        aims: Where a known picture may lie in it altered, which is being looked at closely.
        alteration: Of which altered copy the hashes are wanted; 0 for none.
    """

    node: Node
    number: int
    descriptor: int | None
    stamp: tuple[int, int]
    places: tuple[Extent, ...] = ()
    lend: Callable[[], int] | None = None
    finish: Callable[[ItemHashes, Inside], None] | None = None
    lender: Lender | None = None
    deaths: int = 0
    digests_only: Reason | None = None
    is_member: bool = False
    is_reread: bool = False
    is_void: bool = False
    mode: VideoMode = VideoMode.THOROUGH
    so_far: ItemHashes | None = None
    inside: Inside = Inside.NOTHING
    aims: tuple[Aim, ...] = ()
    alteration: int = 0

    def undoing(self, altered: Altered) -> Undoing:
        """What is wanted of altered copies in it: nothing, once a worker died of it, so that its own hashes are had."""
        if self.aims:
            return Undoing(aims=self.aims)
        return Undoing(Altered.OFF if self.deaths or self.digests_only is not None else altered)

    @property
    def is_long(self) -> bool:
        """Whether it keeps a worker busy for so long that nothing may wait behind it."""
        return self.stamp[0] > LONG_BYTES and (self.digests_only is not None or self.lend is not None)

    def begin_anew(self, stamp: tuple[int, int], mode: VideoMode) -> None:
        """Forget what was said of bytes that are others now."""
        self.stamp, self.mode, self.is_reread = stamp, mode, True
        self.so_far, self.aims, self.inside = None, (), Inside.NOTHING

    def stamp_now(self) -> tuple[int, int]:
        """Size and time of change as they are now; of what lies within a file, whoever walks through that says so."""
        if self.places:
            return self.stamp
        assert self.descriptor is not None
        found = os.fstat(self.descriptor)
        return found.st_size, found.st_mtime_ns

    def own_file(self) -> int:
        """Its bytes as an open file that holds nothing else; the caller closes it.

        Raises:
            UnreadError: It would have to be copied for that, and cannot be read.
        """
        assert self.descriptor is not None
        if not self.places:
            return os.dup(self.descriptor)
        return sealed_content(Scattered(FileRange(self.descriptor), self.places))

    def close(self) -> None:
        """Close the descriptor."""
        if self.descriptor is not None:
            os.close(self.descriptor)


def spawn(command: Sequence[str], arguments: Sequence[object]) -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """Start a process that is to lock itself, and give the parent's end of the socket between them.

    Raises:
        SandboxError: It cannot be started.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        process = subprocess.Popen(
            [*command, *map(str, (theirs.fileno(), os.getpid(), *arguments))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            # Ctrl-C is for the parent, which then takes the crew down.
            process_group=0,
            env={**os.environ, **_ENVIRONMENT},
        )
    except OSError as error:
        ours.close()
        raise SandboxError(f"a locked process cannot be started: {error}") from error
    finally:
        theirs.close()
    return ours, process


class Worker:
    """A worker process and what it has been given.

    Attributes:
        tasks: In flight, the one being decoded first.
        deadline_at_s: When the first must be answered, on the parent's monotonic clock.
        sandbox: None until the worker said that it is locked.
        takes_videos: Whether it loaded what decodes them, which costs a start as much as all the rest.
    """

    def __init__(
        self,
        limits: Limits,
        now_s: float,
        *,
        unsafe_no_sandbox: bool,
        takes_videos: bool,
        altering_seed: int | None = None,
        has_hashers: bool = False,
        crew_size: int = 1,
        altered: Altered = Altered.OFF,
    ) -> None:
        self._in_flight_max = max(IN_FLIGHT_MIN, min(_IN_FLIGHT_MAX, _IN_FLIGHT_IN_ALL // crew_size))
        self.tasks: deque[Task] = deque()
        self.deadline_at_s = now_s + START_S
        self.sandbox: Sandbox | None = None
        self.takes_videos = takes_videos
        self._in_hand_bytes = self._in_hand_alone = 0
        self._answered = 0
        self._frames: list[Frame] = []
        self._altered = altered
        self._undoing: deque[Undoing] = deque()
        self._gathering = Gathering()
        self._patience_ends_s = float("inf")
        bounds = (limits.bytes_max, limits.pixels_max, limits.frames_max, limits.frames_pixels_max)
        seed = -1 if altering_seed is None else altering_seed
        flags = (int(unsafe_no_sandbox), int(takes_videos), seed, int(has_hashers), int(altered is not Altered.OFF))
        arguments = (*flags, *bounds, kernel_in_use())
        self.socket, self._process = spawn(WORKER_COMMAND, arguments)

    @property
    def has_room(self) -> bool:
        """Whether it may be given another item; one that somebody died of travels alone."""
        count = len(self.tasks)
        if self.sandbox is None or count >= self._in_flight_max or self._answered >= _ANSWERS_MAX:
            return False
        # Asked several times for each item: what is in hand was counted as it came, and does not change meanwhile.
        if count >= IN_FLIGHT_MIN and self._in_hand_bytes > _IN_FLIGHT_BYTES_MAX:
            return False
        return not self._in_hand_alone

    @property
    def is_spent(self) -> bool:
        """Whether it did its share and may go."""
        return self._answered >= _ANSWERS_MAX and not self.tasks

    def give(self, task: Task, now_s: float, deadline_s: float) -> None:
        """Hand over an item with its descriptor; if the worker is gone, its death is noticed on listening."""
        self.tasks.append(task)
        self._count(task, 1)
        if len(self.tasks) == 1:
            self._restart_clock(now_s, deadline_s)
        ranges_bytes = None if task.lend is None else task.stamp[0]
        self._undoing.append(task.undoing(self._altered))
        request = pack_request(
            Request(
                task.number,
                task.digests_only,
                task.is_member,
                ranges_bytes,
                task.mode,
                task.alteration,
                task.places,
                self._undoing[-1],
            )
        )
        descriptor = task.descriptor if task.lend is None else task.lend()
        assert descriptor is not None
        with contextlib.suppress(OSError):
            socket.send_fds(self.socket, [request], [descriptor])
        if task.lend is not None:
            os.close(descriptor)

    def know(self, file: DigestFile) -> None:
        """Hand over a file of digests of commonplace files, before any item; at any time after the start."""
        # If it is gone, that is noticed on listening.
        with contextlib.suppress(OSError):
            socket.send_fds(self.socket, [pack_digest_file(file)], [file.descriptor])

    def retire(self) -> None:
        """Give it nothing more: another kind of worker is wanted."""
        self._answered = _ANSWERS_MAX

    def listen(self, signals: Sequence[str], now_s: float, deadline_s: float) -> Heard | None:
        """Take what the worker sent.

        Returns:
            Its first item with the answer, or without hashes: it is a video, and this worker takes none. None for its
            greeting, and for a part of an answer.

        Raises:
            Garbled: It died, or sent what no honest worker sends.
            SandboxError: It could not lock itself.
        """
        try:
            message = self.socket.recv(_MESSAGE_BYTES_MAX + 1)
        except OSError as error:
            raise Garbled from error
        if self.sandbox is None:
            self.sandbox = read_greeting(message)
            self.deadline_at_s = float("inf")
            return None
        if not message or not self.tasks:
            raise Garbled
        number = self.tasks[0].number
        if len(message) == REEL_BYTES:
            self._frames += unpack_reel(message, number)
            if len(self._frames) > FRAMES_MAX:
                raise Garbled
            self.deadline_at_s = min(now_s + deadline_s, self._patience_ends_s)
            return None
        if len(message) == PROPOSALS_BYTES:
            self._gathering.add_proposals(message, number)
            return None
        if len(message) == CLOSER_BYTES:
            self._gathering.add_closer(message, number, self._undoing[0])
            return None
        hashes, inside = None, Inside.NOTHING
        if len(message) == DEFERRAL.size and not self.takes_videos:
            unpack_deferral(message, number)
        else:
            hashes, inside = unpack_answer(message, number, tuple(signals))
            hashes = self._gathering.put_to(self._with_frames(hashes), self._undoing[0])
        task = self.tasks.popleft()
        self._undoing.popleft()
        self._count(task, -1)
        self._answered += 1
        self._restart_clock(now_s, deadline_s)
        return task, hashes, inside

    def _with_frames(self, hashes: ItemHashes) -> ItemHashes:
        """An answer with the frames that came ahead of it."""
        frames, self._frames = tuple(self._frames), []
        if bool(frames) != (hashes.video_mode is not None):
            raise Garbled
        return replace(hashes, vpdq=frames) if frames else hashes

    def _count(self, task: Task, sign: int) -> None:
        self._in_hand_bytes += sign * task.stamp[0]
        self._in_hand_alone += sign * bool(task.deaths or task.is_long)

    def dismiss(self) -> None:
        """End the process, at once and for certain."""
        self._process.kill()
        self._process.wait()
        self.socket.close()

    def _restart_clock(self, now_s: float, deadline_s: float) -> None:
        if not self.tasks:
            self.deadline_at_s = self._patience_ends_s = float("inf")
            return
        size_bytes = self.tasks[0].stamp[0]
        self.deadline_at_s = now_s + deadline_s + size_bytes / DIGEST_BYTES_PER_S
        # A worker that shows signs of life has longer, and still not for ever.
        self._patience_ends_s = self.deadline_at_s + 2 * (_VIDEO_S + size_bytes / _VIDEO_BYTES_PER_S)


def read_greeting(message: bytes) -> Sandbox:
    """Read how a process has locked itself.

    Raises:
        SandboxError: It died before that, or could not.
    """
    try:
        greeting = unpack_greeting(message[: GREETING.size + 1])
    except Garbled as error:
        raise SandboxError("a decoding worker died before it was locked", hint=SANDBOX_HINT) from error
    if isinstance(greeting, int):
        cause = os.strerror(greeting) if greeting > 0 else "a plugged-in hasher was refused"
        raise SandboxError(f"the kernel cannot lock a decoding worker: {cause}", hint=SANDBOX_HINT)
    return greeting
