"""How often an item is looked at: a video throughout where its keyframes come near, a picture closely where it aims."""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto

from unseen.darkroom.crew import Task
from unseen.darkroom.undoing.aiming import Aiming, Search
from unseen.darkroom.undoing.aims import AIMS_MAX
from unseen.darkroom.undoing.taking import unfinished
from unseen.darkroom.video.footage import join_looks
from unseen.darkroom.wire import Inside
from unseen.model import Aimed, Altered, ItemHashes, Reason, VideoMode

__all__ = ["Looks", "Next"]


class Next(Enum):
    """What comes after an answer about an item. Closed."""

    DONE = auto()
    # It is given to a worker once more.
    AGAIN = auto()
    # What was proposed is searched first.
    SEARCHED = auto()


class Looks:
    """What becomes of an answer about an item that may be looked at again.

    Attributes:
        altered: How far altered copies are looked for.
        comes_near: Whether a video that was looked at by its keyframes alone is worth looking at throughout; None for
            no video.
        aim: What a closer look at each item goes for, by its proposals; None where altered copies are not looked for.
        aiming: Items whose proposals are being searched.
    """

    def __init__(self, altered: Altered, threads: int) -> None:
        """Prepare for looks of this kind."""
        self.altered = altered
        self.comes_near: Callable[[ItemHashes], bool] | None = None
        self.aim: Search | None = None
        self.aiming = Aiming(threads)

    def use(self, comes_near: Callable[[ItemHashes], bool], aim: Search | None) -> None:
        """Say by what items are looked at again: see the attributes."""
        self.comes_near, self.aim = comes_near, aim

    def next_after(self, task: Task, hashes: ItemHashes, inside: Inside) -> Next:
        """Say what comes after an answer about an item, and make its task ready for that."""
        if task.aims:
            return Next.DONE
        is_first = task.so_far is None and hashes.video_mode is VideoMode.FAST
        if is_first and self.comes_near is not None and self.comes_near(hashes):
            task.so_far, task.mode = replace(hashes, proposals=None), VideoMode.THOROUGH
            return Next.AGAIN
        if hashes.proposals is None or not hashes.proposals.placings:
            return Next.DONE
        assert self.aim is not None, "whoever looks for altered copies says what is aimed at"
        task.so_far, task.inside = replace(join_looks(task.so_far, hashes), proposals=None), inside
        self.aiming.add(task, hashes)
        return Next.SEARCHED

    def begin_searches(self) -> None:
        """Have searched what waits, as far as there is room."""
        if self.aim is not None:
            self.aiming.begin(self.aim)

    def aim_at(self, task: Task, aimed: Aimed) -> bool:
        """Have a task look closely; says whether there is anything to look at."""
        task.aims, task.deaths = aimed.aims[:AIMS_MAX], 0
        if len(aimed.aims) > AIMS_MAX or aimed.dropped_count:
            # More came near than a look goes for: what it finds counts, and that it was not all is stated.
            assert task.so_far is not None
            task.so_far = unfinished(task.so_far)
        return bool(task.aims)

    def settled(self, task: Task, hashes: ItemHashes, inside: Inside) -> tuple[ItemHashes, Inside]:
        """What all looks at an item say together, by the answer to the last.

        Where the closer look failed, or met other bytes, the first one still counts, and the failure is stated.
        """
        if task.aims:
            assert task.so_far is not None
            is_same = hashes.sha256 is not None and hashes.sha256 == task.so_far.sha256 and hashes.is_decoded
            if not is_same or hashes.reason is Reason.ALTERED_UNFINISHED:
                return unfinished(task.so_far), task.inside
            return replace(task.so_far, altered=hashes.altered), task.inside
        hashes = join_looks(task.so_far, hashes)
        if self.altered is Altered.OFF or not hashes.is_decoded:
            return hashes, inside
        # After a worker died of it, it was looked at as it lies, and no further.
        return (unfinished(hashes) if hashes.proposals is None else replace(hashes, proposals=None)), inside
