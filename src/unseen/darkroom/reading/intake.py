"""Outermost items on their way in: asked about in groups, opened one by one."""

import os
import stat
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from unseen.darkroom.crew import Task
from unseen.darkroom.develop import nothing_read
from unseen.darkroom.reading.job import Desk
from unseen.darkroom.reading.nodes import Node
from unseen.darkroom.reading.ranges import Lender
from unseen.darkroom.reading.sealing import sealed_memory
from unseen.model import Item, Reason
from unseen.sources.files import times_of
from unseen.sources.layers import Want

__all__ = ["Intake"]

# Outermost items asked about at once. Each may keep its directory open until it is read, so not a thousand.
_LOOK_AHEAD_ITEMS = 64


class Intake:
    """What sources offer, as tasks for workers.

    Attributes:
        is_exhausted: Nothing more will come.
    """

    def __init__(self, items: Iterable[Item], desk: Desk) -> None:
        self._source = iter(items)
        self._desk = desk
        self._offered: deque[tuple[Item, Want]] = deque()
        self._has_ended = False

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing more will come."""
        return self._has_ended and not self._offered

    def next_task(self) -> Task | None:
        """Open the next item that is wanted; None at the end. What cannot be read is answered at once."""
        while True:
            while self._offered:
                task = self._open(*self._offered.popleft())
                if task is not None:
                    return task
            group = [] if self._has_ended else list(islice(self._source, _LOOK_AHEAD_ITEMS))
            if not group:
                self._has_ended = True
                return None
            wanted = self._desk.choose([item.locator for item in group])
            self._offered.extend((item, want) for item, want in zip(group, wanted, strict=True) if want)

    def _open(self, item: Item, want: Want) -> Task | None:
        opened = item.open()
        if isinstance(opened, Reason):
            self._refuse(item, want, opened)
            return None
        if not isinstance(opened, int | bytes):
            return self._serve(item, want, Lender(opened))
        descriptor = sealed_memory(opened) if isinstance(opened, bytes) else opened
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            self._refuse(item, want, Reason.UNSUPPORTED)
            return None
        if item.times is None and not isinstance(opened, bytes):
            item = replace(item, times=times_of(descriptor))
        node = Node(item, is_wanted=want is Want.TAKE, is_delivered=True)
        stamp = (found.st_size, found.st_mtime_ns)
        number, video = self._desk.next_number(), self._desk.video
        is_member = item.is_later or item.alteration > 0
        return Task(node, number, descriptor, stamp, is_member=is_member, mode=video, alteration=item.alteration)

    def _serve(self, item: Item, want: Want, lender: Lender) -> Task:
        node = Node(item, is_wanted=want is Want.TAKE, is_delivered=True)
        stamp = (lender.size_bytes, 0)
        number, video = self._desk.next_number(), self._desk.video
        return Task(node, number, None, stamp, lend=lender.lend, lender=lender, mode=video)

    def _refuse(self, item: Item, want: Want, reason: Reason) -> None:
        if want is Want.TAKE:
            self._desk.answers.append((item, nothing_read(reason)))
