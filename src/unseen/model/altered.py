"""Altered copies: where in a picture a known one may lie, what is searched for it, and what a search aims at."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "AIMS_MAX",
    "ALTERED_BLUR",
    "ALTERED_FALL",
    "ALTERED_NOISE",
    "MARGINS_PER_MEDIAN",
    "SEEN_SIDE",
    "Aim",
    "Aimed",
    "Altered",
    "Placing",
    "Proposals",
]

# How far a coefficient lies from the median is counted in parts of how far half of them lie from it.
MARGINS_PER_MEDIAN = 32
# How far alterations move the coefficients of what is seen, counted so: alike in all frequencies (compression,
# writing), and by a part of what is usual in its frequency (what is not undone exactly), which falls with this power of
# it from the middle one, 8. Fitted by greatest likelihood to 100 photographs in 12 alterations, with window and angle
# right but for 0.3 % and 0.15 degrees; others cost less than 4 bits of 256 more (benchmarks/altered/fitting.py).
ALTERED_NOISE = 0.156
ALTERED_BLUR = 0.221
ALTERED_FALL = 1.041
# So many parts of a window to a side are noted as seen or not seen.
SEEN_SIDE = 24
# Each aim costs some milliseconds: a picture near thousands of entries stays bounded, and says that it was.
AIMS_MAX = 16


class Altered(StrEnum):
    """How far altered copies of known pictures are looked for. Closed."""

    OFF = "off"
    # What the picture itself proposes: its borders, bars and edges.
    FAST = "fast"
    # That, and a systematic family of windows and angles.
    THOROUGH = "thorough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where in a picture a known one may lie.

    The picture is continued beyond its frame as `hashing.Canvas` says, what was done to it is undone about its own
    centre, and of that, which keeps its size and is continued likewise, the window is cut out. A point of what is
    undone, (u, v) pixels right of and below the centre, lies at (u', v') = (u, v) / (1 + kx u / width + ky v / height),
    and in the picture at (u' cos a + v' sin a, v' cos a - u' sin a).

    Attributes:
        window: (x, y, width, height) as shares of the picture's width and height, from its upper left corner; it may
            reach beyond it. The whole is (0, 0, 1, 1).
        angle_deg: By how much the picture seems to have been turned counter-clockwise, which is undone.
        keystone: (kx, ky): how much smaller it seems to have been made towards the right and the lower side, which is
            undone; (0, 0) where it was looked at straight.
    """

    window: tuple[float, float, float, float]
    angle_deg: float = 0.0
    keystone: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Proposals:
    """Placings in one picture and what is searched for them. They are searched and forgotten: no store keeps them.

    Attributes:
        hashes: 8 x 32 bytes for each placing, in the order of `hashing.ORIENTATIONS`, most significant bit first.
        frames: Of a video, for each placing (stream, frame) of the frame that it is in; none of a picture.
    """

    placings: tuple[Placing, ...]
    hashes: bytes
    frames: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Aim:
    """What a placing is refined towards.

    Attributes:
        orientation: One of `hashing.ORIENTATIONS`: how what was cut out comes near.
        value: 32 bytes, of an entry: they never leave the process and are never printed.
        distance_bits: How near the proposal came.
        frame: (stream, frame) of the frame that it is in; None of a picture.
    """

    placing: Placing
    orientation: str
    value: bytes
    distance_bits: int
    frame: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Aimed:
    """What a closer look at an item goes for.

    Attributes:
        aims: The nearest first.
        dropped_count: How many values of entries came near and are among no aim: so many that the look is not whole.
    """

    aims: tuple[Aim, ...] = ()
    dropped_count: int = 0
