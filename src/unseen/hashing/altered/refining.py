"""From a placing that came near an entry to the nearest one around it, and its hash. Not here: what is a match."""

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from unseen.hashing.altered.orienting import hash_of, oriented
from unseen.hashing.altered.seeing import seen_parts
from unseen.hashing.altered.sureness import log_odds, margins, share_beyond
from unseen.hashing.pdq import pdq, pdq_float
from unseen.hashing.windows import WINDOW_MARGIN, Canvas, cut_out, shrink
from unseen.model import Aim, AlteredHash, How, Placing

__all__ = ["CANVASES_MAX", "WINDOWS_MAX", "Search", "refine"]

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
# Angle in degrees, and keystone.
Turn = tuple[float, float, float]

# From the distance between neighbours in the families of placings down to what changes hardly a bit: by how much edges
# move, as shares of the window; angles in degrees; keystones.
_STEPS = ((0.02, 1.0, 0.06), (0.008, 0.4, 0.025), (0.003, 0.15, 0.0))
_ROUNDS_MAX = 4
# What a step must win to be worth another one.
_GAIN_BITS_MIN = 0.5
_LEAPS = np.array([2.0, 1.0, 0.5, 0.25])
_BEND_BITS_MIN = 1e-6
# A window that lies further beyond the frame was cropped, and a photograph of a screen shows what is around it.
_BEYOND_KEYSTONE_MAX = 0.15
# Nearer than this no perspective is left to undo.
_KEYSTONE_BITS_MIN = 80.0
# Two more numbers fit anything a little better. Only by so much is a picture likely to have been seen aslant.
_KEYSTONE_COST_BITS = 24.0
# A window smaller than this was not proposed, and its hash would be one of a few pixels.
_SIDE_MIN = 0.05
_KEYSTONE_MAX = 0.25
_ANGLE_MAX_DEG = 45.0
# No bound for decisions is so large; what says less than this of an entry is not worth storing.
_KEPT_BITS_MAX = 224.0
# What the steps above can come to, for one entry: tests hold this.
WINDOWS_MAX = 260
CANVASES_MAX = 24


def refine(pixels: Pixels, aims: Iterable[Aim]) -> tuple[AlteredHash, ...]:
    """Move each placing to where the picture says the hash of its entry best, and hash what is there.

    Best is by `log_odds`, on a small copy of the picture: how many bits it takes to write down the entry's hash for
    somebody who sees the window. Aims at the same entry in the same orientation share one search, from the nearest.

    Args:
        pixels: uint8[height, width, 3] (row-major RGB, 0 … 255) or uint8[height, width] (grey).
        aims: What to go for; each costs at most `WINDOWS_MAX` windows on `CANVASES_MAX` canvases.

    Returns:
        One for each different aim that came near enough to be decided on, in the order of the aims; none twice.

    Raises:
        PixelsError: The array is empty or not of such a shape and type.
    """
    nearest: dict[tuple[bytes, str], Aim] = {}
    for aim in aims:
        known = nearest.get((aim.value, aim.orientation))
        if known is None or aim.distance_bits < known.distance_bits:
            nearest[aim.value, aim.orientation] = aim
    if not nearest:
        return ()
    canvas = Canvas.of(shrink(pixels), full_size=(pixels.shape[0], pixels.shape[1]))
    found: dict[tuple[Placing, str], AlteredHash] = {}
    for aim in nearest.values():
        search = Search(canvas, aim)
        search.run()
        key = search.placing, aim.orientation
        if search.bits <= _KEPT_BITS_MAX and key not in found:
            found[key] = _hashed(pixels, search.placing, aim)
    return tuple(found.values())


def _hashed(pixels: Pixels, placing: Placing, aim: Aim) -> AlteredHash:
    part = cut_out(pixels, placing)
    coefficients = oriented(pdq_float(part)[None], aim.orientation)[0]
    how = How(
        orientation=aim.orientation,
        convention="full",
        window=placing.window,
        angle_deg=placing.angle_deg,
        keystone=placing.keystone,
        candidate_distance_bits=aim.distance_bits,
    )
    seen = seen_parts(placing, pixels.shape[:2], aim.orientation)
    return AlteredHash(how, hash_of(coefficients), pdq(part)[1], margins(coefficients), seen)


class Search:
    """A search around one aim: a parabola through three places for every way to move, and the best of all seen.

    Attributes:
        bits: How many it takes to write down the entry's hash for somebody who sees the best window so far, and to say
            that it was seen aslant.
    """

    def __init__(self, canvas: Canvas, aim: Aim) -> None:
        self._straight = canvas
        self._orientation = aim.orientation
        bits = np.unpackbits(np.frombuffer(aim.value, np.uint8))[::-1].reshape(16, 16)
        self._against = np.where(bits, -1.0, 1.0)
        self._canvases: dict[Turn, Canvas] = {}
        self.windows_count = 0
        self._misplaced = 0.0
        self.bits = math.inf
        x, y, width, height = aim.placing.window
        # Middle, width and height: to move and to scale are nearly independent, edges are not.
        self._window = np.array([x + width / 2, y + height / 2, width, height])
        self._turn: Turn = (aim.placing.angle_deg, *aim.placing.keystone)
        self._try(self._window[None], self._turn)

    @property
    def canvases_count(self) -> int:
        """How many were turned."""
        return len(self._canvases)

    @property
    def placing(self) -> Placing:
        """The best so far, rounded to what changes hardly a bit, so that what is stored is what was hashed."""
        x, y, width, height = (round(share, 5) for share in _corners(self._window[None])[0].tolist())
        angle_deg, by_x, by_y = self._turn
        return Placing(
            window=(x, y, width, height), angle_deg=round(angle_deg, 3), keystone=(round(by_x, 4), round(by_y, 4))
        )

    def run(self) -> None:
        """Go to where it is best."""
        if math.isinf(self.bits):
            return
        start = self.bits, self._window, self._turn
        for by_window, by_angle, by_keystone in _STEPS:
            self._see(misplaced=by_window)
            self._move(by_window)
            self._turn_by((by_angle, 0.0, 0.0))
            if by_keystone and self._may_be_keystone():
                self._turn_by((0.0, by_keystone, 0.0))
                self._turn_by((0.0, 0.0, by_keystone))
                self._move(by_window)
        self._see(misplaced=0.0)
        if start[0] < self.bits:
            self.bits, self._window, self._turn = start

    def _see(self, *, misplaced: float) -> None:
        """Count from now on as is right where windows lie that far off."""
        self._misplaced, self.bits = misplaced, math.inf
        self._try(self._window[None], self._turn)

    def _may_be_keystone(self) -> bool:
        beyond = share_beyond(_corners(self._window[None]))[0]
        return self._turn[1:] != (0.0, 0.0) or (beyond < _BEYOND_KEYSTONE_MAX and self.bits > _KEYSTONE_BITS_MIN)

    def _move(self, by: float) -> None:
        for _ in range(_ROUNDS_MAX):
            before, middle = self.bits, self._window
            step = by * middle[[2, 3, 2, 3]]
            ahead, back = self._try(middle + np.concatenate([np.diag(step), -np.diag(step)]), self._turn).reshape(2, 4)
            leap = step * _lowest(back, before, ahead)
            self._try(middle + _LEAPS[:, None] * leap, self._turn)
            if not before - self.bits >= _GAIN_BITS_MIN:
                return

    def _turn_by(self, by: Turn) -> None:
        before, middle = self.bits, self._turn
        window = self._window[None]
        turns = [_added(middle, by, sign) for sign in (1.0, -1.0)]
        ahead, back = (self._try(window, turn) for turn in turns)
        self._try(window, _added(middle, by, float(_lowest(back, before, ahead)[0])))

    def _try(self, windows: Floats, turn: Turn) -> Floats:
        """Bits of each window; the best so far is kept."""
        bits = np.full(len(windows), math.inf)
        corners = _corners(windows)
        is_window = (
            (windows[:, 2:] >= _SIDE_MIN).all(axis=1)
            & (corners[:, :2] >= -WINDOW_MARGIN).all(axis=1)
            & (corners[:, :2] + corners[:, 2:] <= 1 + WINDOW_MARGIN).all(axis=1)
        )
        if is_window.any() and abs(turn[0]) <= _ANGLE_MAX_DEG and abs(turn[1]) + abs(turn[2]) <= _KEYSTONE_MAX:
            bits[is_window] = self._bits(corners[is_window], turn)
            best = int(bits.argmin())
            if bits[best] < self.bits:
                self.bits, self._window, self._turn = float(bits[best]), windows[best], turn
        return bits

    def _bits(self, corners: Floats, turn: Turn) -> Floats:
        self.windows_count += len(corners)
        coefficients = oriented(self._canvas(turn).coefficients(corners), self._orientation)
        odds_against = self._against * log_odds(coefficients, share_beyond(corners), self._misplaced)
        bits = np.logaddexp(0.0, odds_against).sum(axis=(1, 2)) / math.log(2)
        return np.asarray(bits + (_KEYSTONE_COST_BITS if turn[1:] != (0.0, 0.0) else 0.0))

    def _canvas(self, turn: Turn) -> Canvas:
        if turn == (0.0, 0.0, 0.0):
            return self._straight
        if turn not in self._canvases:
            self._canvases[turn] = self._straight.turned(turn[0], turn[1:])
        return self._canvases[turn]


def _corners(windows: Floats) -> Floats:
    """Windows as (x, y, width, height) of those given by their middle."""
    return np.concatenate([windows[:, :2] - windows[:, 2:] / 2, windows[:, 2:]], axis=1)


def _lowest(back: Floats, middle: float, ahead: Floats) -> Floats:
    """Where parabolas through values at -1, 0 and 1 are lowest, at most 2 away; of those that never are, downhill."""
    bend = back + ahead - 2 * middle
    downhill = np.where(np.minimum(back, ahead) < middle, np.where(ahead < back, 1.5, -1.5), 0.0)
    is_valley = np.isfinite(bend) & (bend > _BEND_BITS_MIN)
    slope = np.where(is_valley, back, 0.0) - np.where(is_valley, ahead, 0.0)
    return np.where(is_valley, np.clip(slope / (2 * np.where(is_valley, bend, 1.0)), -2, 2), downhill)


def _added(turn: Turn, by: Turn, times: float) -> Turn:
    angle_deg, by_x, by_y = (one + times * other for one, other in zip(turn, by, strict=True))
    return angle_deg, by_x, by_y
