"""What a window tells of an entry where a part of it was lost: the integral over all that may have been there."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.matching.altered import telling
from unseen.matching.altered.lost import UNSEEN, lost_ways
from unseen.matching.altered.telling import bits_told, bits_told_apart
from unseen.model import SEEN_SIDE, AlteredHash, How

Floats = npt.NDArray[np.float64]

_ORDERS, _MIDDLES = np.arange(1, 17)[:, None], (np.arange(SEEN_SIDE) + 0.5) / SEEN_SIDE
_COSINES = math.sqrt(2) / SEEN_SIDE * np.cos(np.pi * _ORDERS * _MIDDLES)


def _parts(rows: slice, cols: slice) -> bytes:
    """What is seen where all of these is."""
    seen = np.zeros((SEEN_SIDE, SEEN_SIDE), bool)
    seen[rows, cols] = True
    return np.packbits(seen).tobytes()


def _apart(far: Floats, surprise: float) -> Floats:
    below = np.array([math.erfc(-one / math.sqrt(2)) / 2 for one in far.ravel()]).reshape(far.shape)
    return surprise / 2 + (1 - surprise) * below


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.01, 0.1]), st.sampled_from([0.2, 1.0, 3.0]))
def test_it_equals_the_integral_over_one_unknown(seed: int, surprise: float, size: float) -> None:
    """Summed up in ten thousand steps; to half a bit, of some hundreds."""
    rng = np.random.default_rng(seed)
    way = size * rng.normal(size=(256, 1)) * (rng.random((256, 1)) < 0.4)
    right = 3 * np.abs(rng.normal(size=256)) - way[:, 0] * rng.normal()
    unknown = np.linspace(-8, 8, 2_001)
    far = (right + unknown[:, None] * way[:, 0]) / np.sqrt(telling._MOVED_SQUARE)
    logarithms = np.log(_apart(far, surprise)).sum(axis=1) - unknown**2 / 2 - math.log(2 * math.pi) / 2
    whole = logarithms.max() + math.log(np.exp(logarithms - logarithms.max()).sum() * (unknown[1] - unknown[0]))
    assert telling._integrated(right, way, surprise) == pytest.approx(-whole / math.log(2), abs=0.5)


def test_it_equals_what_drawing_at_random_gives() -> None:
    """A strip of a window was lost; of 40,000 drawings of it those that give the bits are counted."""
    rng = np.random.default_rng(5)
    ways = lost_ways(_parts(slice(1, None), slice(None)))
    truth = rng.normal(size=(256,)) * 4
    right = np.where(np.abs(truth) < 1, 6.0, np.abs(truth))
    shares = []
    for _ in range(8):
        moved = right + rng.normal(size=(5_000, ways.shape[1])) @ ways.T
        shares.append(np.exp(np.log(_apart(moved / np.sqrt(telling._MOVED_SQUARE), 0.01)).sum(axis=1)).mean())
    assert telling._integrated(right, ways, 0.01) == pytest.approx(-math.log2(np.mean(shares)), abs=0.3)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(0, 12))
def test_more_rounds_change_nothing(seed: int, rows: int, cols: int) -> None:
    """It has come to rest, or to a hundredth of a bit of it."""
    rng = np.random.default_rng(seed)
    ways = lost_ways(_parts(slice(rows, None), slice(cols, None)))
    right = 2 * np.abs(rng.normal(size=256)) + ways @ rng.normal(size=ways.shape[1])
    short = telling._integrated(right, ways, 0.01)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "_ROUNDS", 60)
        assert telling._integrated(right, ways, 0.01) == pytest.approx(short, abs=0.05)


@settings(max_examples=40, deadline=None)
@given(*(st.binary(min_size=size, max_size=size) for size in (32, 256, 72, 32)))
def test_no_stored_value_breaks_it(pdq: bytes, margins: bytes, parts: bytes, value: bytes) -> None:
    """No sum overflows and nothing is divided by nothing, whatever margins and parts somebody wrote into a store."""
    with np.errstate(divide="raise", invalid="raise", over="raise"):
        assert 0 <= bits_told(AlteredHash(How(), pdq, 100, margins, parts), value) < 4_000


@pytest.mark.parametrize("margins", [bytes(256), bytes([255]) * 256, bytes(range(256))])
@pytest.mark.parametrize("parts", [bytes(72), bytes([1]) * 72, _parts(slice(0, 1), slice(0, 1)), bytes([255]) * 72])
def test_whatever_is_stored_tells_something(margins: bytes, parts: bytes) -> None:
    """Any margins with any parts seen, of the hash itself and of its opposite: finite, and never below nothing."""
    for value in (bytes(32), bytes([255]) * 32, bytes(range(32))):
        one = AlteredHash(How(), bytes(range(32)), 100, margins, parts)
        for bits in (bits_told(one, value), bits_told_apart(one, value)):
            assert 0 <= bits < 4_000


@pytest.mark.parametrize("parts", [bytes(72), _parts(slice(5, 20), slice(2, None)), _parts(slice(None), slice(3, 4))])
def test_what_was_lost_is_what_a_known_field_leaves_unknown(parts: bytes) -> None:
    """Of a random field of the power that photographs have, where some parts are known."""
    seen = np.unpackbits(np.frombuffer(parts, np.uint8)).astype(bool)
    at = np.arange(SEEN_SIDE * SEEN_SIDE).reshape(SEEN_SIDE, SEEN_SIDE)
    stiff = np.eye(len(seen)) / (0.22 * SEEN_SIDE) ** 2
    beside = np.concatenate(
        [np.stack([at[1:], at[:-1]]).reshape(2, -1), np.stack([at[:, 1:], at[:, :-1]]).reshape(2, -1)], 1
    )
    for one, other in beside.T:
        stiff[[one, other], [one, other]] += 1
        stiff[[one, other], [other, one]] -= 1
    field = np.linalg.inv(stiff)
    if seen.any():
        known = field[:, seen]
        field = field - known @ np.linalg.solve(field[np.ix_(seen, seen)], known.T)
    cosines = np.einsum("ra,cb->rcab", _COSINES, _COSINES).reshape(256, -1)[::-1]
    expected = (UNSEEN * 8 * math.pi) ** 2 * cosines @ field @ cosines.T
    ways = lost_ways(parts)
    assert np.abs(ways @ ways.T - expected).max() <= 0.01 * np.diag(expected).max()


def test_where_all_was_seen_nothing_was_lost() -> None:
    """And bits are then moved each by itself."""
    assert lost_ways(bytes([255]) * 72).shape == (256, 0)
    one = AlteredHash(How(), bytes(range(32)), 100, bytes(range(256)), bytes([255]) * 72)
    assert bits_told(one, bytes(32)) == pytest.approx(bits_told_apart(one, bytes(32)))


def test_what_one_loss_explains_is_no_chance() -> None:
    """Bits that one field, lost beyond the frame, has moved together say more for an entry than as many at random."""
    rng = np.random.default_rng(11)
    parts = _parts(slice(5, None), slice(None))
    ways = lost_ways(parts)
    truth = rng.normal(size=256) * 1.5
    moved = truth + ways @ rng.normal(size=ways.shape[1])
    by_chance = truth + rng.normal(size=256) * np.sqrt(np.square(ways).sum(axis=1))
    told = []
    for entry in (moved, by_chance):
        pdq, value = (np.packbits(each > 0).tobytes() for each in (truth, entry))
        margins = np.minimum(255, np.rint(np.abs(truth) * 32)).astype(np.uint8).tobytes()
        told.append(bits_told(AlteredHash(How(), pdq, 100, margins, parts), value))
    assert told[0] + 20 < told[1]
