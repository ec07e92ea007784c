"""One walk through a container as the parent follows it, across the deaths of readers.

Readers are pure functions, so a walk that begins anew meets the same members in the same order. What was dealt with is
passed over by counting; what was open is entered again. Should a second walk differ from the first, that is a reason
and a row, never a silent loss.
"""

import os
import socket
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import partial

from unseen.darkroom.crew import Task
from unseen.darkroom.reading.nodes import Answer, Node, close
from unseen.darkroom.reading.ranges import Lender
from unseen.darkroom.reading.wire import Delivered, Message, Order, Way, pack_size
from unseen.darkroom.wire import Garbled, Inside
from unseen.model import Item, ItemHashes, Locator, Reason, State, VideoMode
from unseen.sources.filesystems.extents import Extent
from unseen.sources.layers import INFLATION_MAX, Announced, Closed, Stated, Want

__all__ = ["Choose", "Desk", "Job", "Teller"]

# The innermost thing that is open when a reader dies is tried once more.
_DEATHS_MAX = 2
# Below one outermost item. Each costs a walk from the start; a disk with more hostile files than this is a trap.
_DEATHS_IN_ALL_MAX = 32

Choose = Callable[[Sequence[Locator]], Sequence[Want]]
Teller = Callable[..., None]


@dataclass(slots=True)
class Desk:
    """What pool and readers share: work for the workers, answers for the caller, and the caller's choice."""

    choose: Choose
    # How videos are looked at.
    video: VideoMode
    tasks: deque[Task] = field(default_factory=deque)
    # Digests of large containers, which wait until somebody has time.
    patient: deque[Task] = field(default_factory=deque)
    answers: deque[Answer] = field(default_factory=deque)
    number: int = 0

    def next_number(self) -> int:
        """A number that no other task has."""
        self.number += 1
        return self.number


class _Stage(Enum):
    # Its content was asked for.
    ASKED = auto()
    # A worker asks for its bytes by ranges, or the reader waits to be told what next.
    SERVED = auto()
    INSIDE = auto()


@dataclass(slots=True, eq=False)
class _Step:
    """Something on the way from the outermost item to where the walk is.

    Attributes:
        index: Which member of what it lies in, counted from 1.
        at: Members announced in this walk.
        seen: Members dealt with in any walk, and a checksum over their announcements.
        owes: Its bytes come when all in it is done.
    """

    node: Node
    index: int
    stage: _Stage
    inside: Inside = Inside.NOTHING
    at: int = 0
    checksum: int = 0
    seen: int = 0
    seen_checksum: int = 0
    owes: bool = False
    deaths: int = 0


class Job:
    """What is to be looked into, and how far that has come.

    Attributes:
        root: The item.
        descriptors: Its bytes, in one file or in several that continue each other; the job's own. None of what is lent.
        size_bytes: Their number.
        work_bytes: How many a reader may have to go through in silence.
        is_disk: Whether a reader that has seen it must see nothing else.
        is_done: Everything is accounted for.
        pending: A member that was announced and waits for room.
    """

    def __init__(
        self,
        root: Node,
        descriptors: Sequence[int],
        size_bytes: int,
        inside: Inside,
        lender: Lender | None = None,
    ) -> None:
        self.root = root
        self.descriptors = tuple(descriptors)
        self._stamps = self._stamps_now()
        self._lender = lender
        self.size_bytes = self.work_bytes = size_bytes
        self.is_disk = inside is Inside.DISK
        self.is_carving = inside is Inside.SIGNS
        self.is_done = False
        self.pending: Announced | None = None
        self._trail = [_Step(root, 0, _Stage.INSIDE, inside)]
        # How many steps of the trail this walk has reached.
        self._level = 1
        self._served: Task | None = None
        self._deaths = 0

    def close(self) -> None:
        """Let go of the bytes."""
        for descriptor in self.descriptors:
            os.close(descriptor)

    @property
    def is_serving(self) -> bool:
        """Whether the reader serves a worker, which has a deadline of its own."""
        return self._served is not None

    def begin(self, tell: Teller) -> None:
        """Have a reader walk, from the start."""
        if self._lender is not None:
            order = Order.CARVE_LENT if self.is_carving else Order.WALK_LENT
            lent = self._lender.lend()
            tell(order, min(self.root.depth, 255), text=pack_size(self.size_bytes), descriptor=lent)
            os.close(lent)
            return
        order = Order.CARVE_FILE if self.is_carving else Order.WALK
        first, *later = self.descriptors
        for descriptor in later:
            tell(Order.LATER_FILE, descriptor=descriptor)
        tell(order, min(self.root.depth, 255), descriptor=first)

    def hear(self, message: Message, packed: bytes, memory: int | None, desk: Desk, tell: Teller) -> None:
        """Take in what the reader said.

        Raises:
            Garbled: It is not what an honest reader says at this point.
        """
        if self.pending is not None or self._served is not None:
            raise Garbled
        match message:
            case Announced():
                self._hear_announced(message, packed)
            case Delivered():
                self._hear_delivered(message, memory, desk, tell)
            case Stated():
                self._hear_stated(message)
            case Closed():
                self._hear_closed(message, desk)

    def answer(self, desk: Desk, tell: Teller) -> None:
        """Say whether the member that was announced is wanted."""
        event, step = self.pending, self._trail[self._level - 1]
        assert event is not None
        self.pending = None
        if step.at > step.seen:
            step.seen, step.seen_checksum = step.at, step.checksum
            want = self._choose(event, step, desk)
        elif step.at == step.seen and step.checksum != step.seen_checksum:
            raise Garbled
        else:
            want = self._resume(step)
        tell(Order.ANSWER, int(want))

    def _finish_served(self, desk: Desk, tell: Teller, hashes: ItemHashes, inside: Inside) -> None:
        """Take in the hashes of what was served by ranges, and have the reader go on."""
        step = self._trail[self._level - 1]
        self._served = None
        step.node.own, step.node.is_delivered = hashes, True
        if step.owes:
            step.owes = False
            tell(Order.GO)
            return
        step.node.is_carved = inside is Inside.SIGNS and not step.node.item.is_later
        self._decide(step, desk, tell)

    def died(self, reason: Reason, desk: Desk) -> None:
        """Account for the death of the reader: what was open innermost is suspected, and in the end barred."""
        if self._served is not None:
            self._served.is_void, self._served = True, None
        suspect = self._trail[self._level - 1]
        suspect.deaths += 1
        self._deaths += 1
        if self._deaths >= _DEATHS_IN_ALL_MAX:
            self._cut(0, reason, desk)
        elif suspect.deaths >= _DEATHS_MAX:
            self._cut(self._level - 1, reason, desk)
        for step in self._trail:
            step.at = step.checksum = 0
        self.pending, self._level = None, 1

    def give_up(self) -> None:
        """Let go of what a caller does not wait for."""
        if self._served is not None:
            self._served.is_void = True
        self.close()

    def _stamps_now(self) -> list[tuple[int, int, int]]:
        """Size, time of change, and time of any change of its description, of every file."""
        return [(found.st_size, found.st_mtime_ns, found.st_ctime_ns) for found in map(os.fstat, self.descriptors)]

    def _is_changed(self) -> bool:
        """Whether a file is not what it was.

        Who sets the first of its times back sets the second forward. It counts for images of disks alone: other files
        get names and owners while they are looked into, and none of that is a change of theirs.
        """
        now, kept = self._stamps_now(), self._stamps
        return now != kept if self.is_disk else [each[:2] for each in now] != [each[:2] for each in kept]

    def _cut(self, level: int, reason: Reason | None, desk: Desk) -> None:
        """Leave everything from here inwards, the innermost first."""
        if level == 0 and self._is_changed():
            # Whatever else was wrong with it, what was found is not known to be what lies there.
            self.root.trouble = Reason.CHANGED
        while len(self._trail) > level:
            close(self._trail.pop().node, reason, desk.answers)
        self.is_done = not self._trail

    def _hear_announced(self, event: Announced, packed: bytes) -> None:
        step = self._trail[self._level - 1]
        if event.depth != self._level or step.stage is not _Stage.INSIDE:
            raise Garbled
        step.at += 1
        step.checksum = zlib.crc32(packed, step.checksum)
        self.pending = event

    def _choose(self, event: Announced, step: _Step, desk: Desk) -> Want:
        locator = step.node.item.locator.inside(event.layer, event.address)
        want = desk.choose([locator])[0]
        if want is not Want.PASS:
            # What lies in a deleted archive is as deleted as the archive.
            state = step.node.item.state if event.state is State.ALLOCATED else event.state
            item = Item(locator, state, _never_opened, times=event.times)
            node = Node(item, step.node, step.node.depth + 1, is_wanted=want is Want.TAKE)
            step.node.outstanding += 1
            self._trail.append(_Step(node, step.at, _Stage.ASKED))
            self._level += 1
        return want

    def _resume(self, step: _Step) -> Want:
        """Pass over what an earlier walk has dealt with; enter again what was open."""
        if self._level == len(self._trail) or self._trail[self._level].index != step.at:
            return Want.PASS
        again = self._trail[self._level]
        again.stage = _Stage.ASKED
        self._level += 1
        return Want.ENTER if again.node.is_delivered or not again.node.is_wanted else Want.TAKE

    def _hear_delivered(self, event: Delivered, memory: int | None, desk: Desk, tell: Teller) -> None:
        step = self._trail[self._level - 1]
        if event.depth != self._level - 1 or event.depth == 0:
            raise Garbled
        if step.owes and step.stage is _Stage.INSIDE and event.way is Way.RANGES:
            self._serve(step, event, desk, tell)
            return
        is_entered = step.node.is_delivered or not step.node.is_wanted
        if step.stage is not _Stage.ASKED or ((event.way is Way.UNWANTED) != is_entered and event.way is not Way.NONE):
            raise Garbled
        if event.inside is Inside.LATER:
            step.node.item = replace(step.node.item, is_later=True)
            event = replace(event, inside=Inside.NOTHING)
        step.inside = event.inside
        self.is_disk |= event.inside is Inside.DISK
        match event.way:
            case Way.NONE:
                self._leave(event.reason, desk)
            case Way.UNWANTED:
                step.stage = _Stage.SERVED
                # Who only enters something looks for what lies in it, whatever it seems to be.
                is_nothing = event.inside is Inside.NOTHING and not step.node.item.is_later
                step.node.is_carved |= is_nothing and not step.node.is_wanted
                self._decide(step, desk, tell, is_asked=event.inside is Inside.NOTHING)
            case Way.MEMORY:
                step.node.is_delivered = True
                self._give(step, Task(step.node, desk.next_number(), memory, _stamp(event, memory)), desk)
                self._decide(step, desk, tell, is_asked=False)
            case Way.PLACES:
                self._check_places(event.places)
                step.node.is_delivered = True
                whole = os.dup(self.descriptors[0])
                task = Task(step.node, desk.next_number(), whole, (event.size_bytes, 0), places=event.places)
                self._give(step, task, desk)
                self._decide(step, desk, tell, is_asked=False)
            case Way.RANGES:
                self._serve(step, event, desk, tell)
            case Way.LATER:
                step.owes, step.stage = True, _Stage.INSIDE
                self._enter(step)

    def _check_places(self, places: Sequence[Extent]) -> None:
        """Make sure that some bytes lie in the one file that the reader has."""
        is_one = len(self.descriptors) == 1
        is_within = all(
            (each.offset or 0) + each.size_bytes <= self.size_bytes for each in places if each.offset is not None
        )
        if not is_one or not is_within:
            raise Garbled

    def _serve(self, step: _Step, event: Delivered, desk: Desk, tell: Teller) -> None:
        """Let a worker ask for the bytes."""
        step.stage = _Stage.SERVED if not step.owes else step.stage
        self._served = Task(
            step.node,
            desk.next_number(),
            None,
            (event.size_bytes, 0),
            lend=partial(_lend, tell),
            finish=partial(self._finish_served, desk, tell),
        )
        self._give(step, self._served, desk)

    def _give(self, step: _Step, task: Task, desk: Desk) -> None:
        task.is_member, task.mode = True, desk.video
        if step.inside in {Inside.CONTAINER, Inside.DISK}:
            task.digests_only = Reason.NOT_MEDIA
        desk.tasks.append(task)

    def _decide(self, step: _Step, desk: Desk, tell: Teller, *, is_asked: bool = True) -> None:
        """Go inside what was delivered, or leave it."""
        is_inside = step.inside is not Inside.NOTHING or step.node.is_carved
        if is_asked:
            tell(Order.CARVE if step.inside is Inside.NOTHING and is_inside else Order.GO)
        if is_inside:
            self._enter(step)
        else:
            self._leave(None, desk)

    def _enter(self, step: _Step) -> None:
        step.stage = _Stage.INSIDE
        step.node.is_open = True

    def _leave(self, reason: Reason | None, desk: Desk) -> None:
        """The walk is done with the innermost step, and with what an earlier one had met in it."""
        self._level -= 1
        self._cut(self._level, reason, desk)

    def _hear_stated(self, event: Stated) -> None:
        step = self._trail[self._level - 1]
        if event.depth != self._level - 1 or step.stage is not _Stage.INSIDE:
            raise Garbled
        step.node.acquisition = event.acquisition or step.node.acquisition
        # What packs well takes longer to go through than its size says; how well anything packs has an end.
        self.work_bytes = max(self.work_bytes, min(event.size_bytes, INFLATION_MAX * max(1 << 20, self.size_bytes)))

    def _hear_closed(self, event: Closed, desk: Desk) -> None:
        step = self._trail[self._level - 1]
        if event.depth != self._level - 1 or step.stage is not _Stage.INSIDE:
            raise Garbled
        is_short = step.owes or step.at < step.seen or len(self._trail) > self._level
        if is_short and event.reason is None:
            # It ended before what it had given in an earlier walk, or kept its bytes back.
            raise Garbled
        self._leave(event.reason, desk)


def _never_opened() -> Reason:
    """Members come from readers, and are opened nowhere else."""
    return Reason.UNREADABLE


def _stamp(event: Delivered, memory: int | None) -> tuple[int, int]:
    assert memory is not None
    return event.size_bytes, os.fstat(memory).st_mtime_ns


def _lend(tell: Teller) -> int:
    """Make a socket pair, have the reader serve one end, and give the other."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        tell(Order.SERVE, descriptor=theirs.fileno())
    return ours.detach()
