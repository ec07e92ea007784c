"""Altered copies in videos: some frames, spread over all of it, are looked at as pictures are."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from unseen.darkroom.undoing.aims import NOT_ASKED, Undoing
from unseen.darkroom.undoing.taking import joined, propose, refine
from unseen.darkroom.undoing.wire import PLACINGS_MAX
from unseen.model import QUALITY_MIN, Aim, Altered, AlteredHash, Frame, Proposals

__all__ = ["FRAMES_MAX", "Gallery"]

# Each costs as much as a picture. Eight show what a video that is altered throughout is; sixty are one in each second
# of a minute.
FRAMES_MAX = {Altered.OFF: 0, Altered.FAST: 8, Altered.THOROUGH: 60}

Pixels = npt.NDArray[np.uint8]
# (stream, frame): what names a frame in proposals and aims.
_Name = tuple[int, int]


class Gallery:
    """The frames of a video as they pass by: some are looked at, or those that are aimed at are looked at closely.

    What any of them may hold is proposed as `fast` does it: a systematic family for each would be searched for hours.

    Attributes:
        altered: What was found at the aims.
        is_short: Memory did not suffice for a frame.
    """

    def __init__(self, undoing: Undoing = NOT_ASKED) -> None:
        """Look as a request wants it."""
        self._frames_max = 0 if undoing.aims else FRAMES_MAX[undoing.altered]
        self._aims: dict[_Name | None, list[Aim]] = {}
        for aim in undoing.aims:
            self._aims.setdefault(aim.frame, []).append(aim)
        self._undoing = undoing
        self._looked: list[tuple[_Name, Proposals]] = []
        self._offered = 0
        self._stride = 1
        self.altered: list[AlteredHash] = []
        self.is_short = False

    def offer(self, frame: Frame, develop: Callable[[], Pixels]) -> None:
        """Show a frame, each in the order of the video; what is too plain to be compared is passed over.

        Args:
            frame: Its hash.
            develop: Makes its pixels, uint8[height, width, 3]; asked only of frames that are looked at.
        """
        name = frame.stream, frame.frame
        try:
            if aims := self._aims.pop(name, None):
                self.altered += refine(develop(), aims, frame.time_s)
            if self._frames_max and frame.pdq_quality >= QUALITY_MIN:
                if self._offered % self._stride == 0:
                    self._looked.append((name, propose(develop(), Altered.FAST)))
                self._offered += 1
        except MemoryError:
            self.is_short = True
        if len(self._looked) > 2 * self._frames_max:
            # How long a video is shows at its end: every other frame gives way, and from here on half as many come.
            self._looked = self._looked[::2]
            self._stride *= 2

    def proposals(self) -> Proposals | None:
        """What is searched for: of so many frames as are wanted, spread over all that passed. None where none is."""
        if not self._undoing.is_asked or self._undoing.aims:
            return None
        count = min(len(self._looked), self._frames_max)
        chosen = [self._looked[at * len(self._looked) // count] for at in range(count)]
        return joined(chosen, PLACINGS_MAX)
