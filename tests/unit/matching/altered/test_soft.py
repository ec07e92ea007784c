"""The soft distance: equal to its definition, and to nothing but what is seen and known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.errors import UsageError
from unseen.matching.altered import soft_distance
from unseen.matching.altered.drawn import bits_drawn
from unseen.matching.altered.lengths import PARTS
from unseen.matching.altered.plainness import bits_alone, bits_crossed, bits_foretold
from unseen.matching.altered.soft import may_be_within
from unseen.matching.altered.telling import SURPRISES
from unseen.model import ALTERED_BLUR, ALTERED_FALL, ALTERED_NOISE, MARGINS_PER_MEDIAN, AlteredHash, How

_HASHES = st.binary(min_size=32, max_size=32)
_MARGINS = st.binary(min_size=256, max_size=256)
# Bits of this one were drawn: no neighbour foretells them.
_RICH = np.random.default_rng(7).bytes(32)
_FAR = bytes([255]) * 256
_ALL = bytes([255]) * 72


def seen(pdq: bytes, margins: bytes = _FAR) -> AlteredHash:
    """A window that shows this hash, and all of it in the picture."""
    return AlteredHash(How(), pdq, 100, margins, _ALL)


def _bits(value: bytes) -> list[int]:
    return [int(digit) for digit in f"{int.from_bytes(value, 'big'):0256b}"]


@settings(max_examples=50, deadline=None)
@given(_HASHES, _MARGINS, _HASHES)
def test_it_equals_its_definition(pdq: bytes, margins: bytes, value: bytes) -> None:
    """What a hash costs whoever sees the window, in bits of probability, less what it costs whoever does not."""
    chances = []
    for surprise in SURPRISES:
        chance = 1.0
        for at, (shown, known, margin) in enumerate(zip(_bits(pdq), _bits(value), margins, strict=True)):
            frequency = math.hypot((255 - at) // 16 + 1, (255 - at) % 16 + 1) / 8
            moved = math.hypot(ALTERED_NOISE, ALTERED_BLUR * frequency**-ALTERED_FALL)
            far = margin / MARGINS_PER_MEDIAN / moved * (1 if shown == known else -1)
            chance *= surprise / 2 + (1 - surprise) * math.erfc(-far / math.sqrt(2)) / 2
        chances.append(chance)
    expected = 256 - math.log2(sum(chances) / 2) - bits_alone(value) / PARTS
    assert expected - 0.01 <= soft_distance(seen(pdq, margins), value) <= expected + 1.01


@settings(max_examples=50, deadline=None)
@given(_HASHES, _MARGINS, st.integers(0, 400))
def test_what_may_not_be_within_is_not(pdq: bytes, margins: bytes, bound_bits: int) -> None:
    """Where all was seen the quick look never says no where the whole one says yes."""
    value = bytes(24) + pdq[24:]
    if soft_distance(seen(pdq, margins), value) <= bound_bits:
        assert may_be_within(seen(pdq, margins), value, bound_bits)


def test_the_same_hash_is_next_to_nothing_away_where_all_bits_are_sure() -> None:
    """No bit is beyond all doubt, so three bits remain."""
    assert soft_distance(seen(_RICH), _RICH) == 3


@given(_HASHES, _HASHES)
def test_who_is_sure_of_nothing_is_far_from_everything(pdq: bytes, value: bytes) -> None:
    """A bit on the median speaks neither for nor against an entry."""
    assert soft_distance(seen(pdq, bytes(256)), value) >= 256


@settings(max_examples=50, deadline=None)
@given(_HASHES, _MARGINS, st.integers(0, 255), st.integers(1, 255))
def test_a_sure_bit_that_differs_costs_more(pdq: bytes, margins: bytes, at: int, more: int) -> None:
    """And one that agrees costs less: never the other way round."""
    surer = bytearray(margins)
    surer[at] = min(255, surer[at] + more)
    other = bytearray(pdq)
    other[at // 8] ^= 128 >> at % 8
    assert soft_distance(seen(pdq, bytes(surer)), pdq) <= soft_distance(seen(pdq, margins), pdq)
    assert soft_distance(seen(bytes(other), bytes(surer)), pdq) >= soft_distance(seen(bytes(other), margins), pdq)


@settings(max_examples=50, deadline=None)
@given(_HASHES)
def test_a_hash_says_at_most_its_bits(value: bytes) -> None:
    """And never less than nothing."""
    assert 0 < bits_alone(value) <= 256 * PARTS


def test_hashes_of_plain_pictures_say_little() -> None:
    """Stripes, squares and a single change are foretold; drawn bits are not."""
    stripes, columns, checkered = b"\xff\xff\x00\x00" * 8, b"\xf0" * 32, b"\xaa\xaa\x55\x55" * 8
    assert [bits_alone(value) < 50 * PARTS for value in (bytes(32), stripes, columns, checkered)] == [True] * 4
    assert bits_alone(_RICH) == 256 * PARTS


def test_the_same_plain_hash_is_no_evidence() -> None:
    """Whoever sees stripes has not seen one of a million pictures of stripes."""
    stripes = b"\xff\xff\x00\x00" * 8
    assert soft_distance(seen(stripes), stripes) > 200


@settings(max_examples=30, deadline=None)
@given(_HASHES)
def test_what_is_foretold_of_a_hash_equals_its_definition(value: bytes) -> None:
    """Bit for bit, each by how often its neighbours were followed so before, of five choices of neighbours the best."""
    bits = np.array(_bits(value)[::-1]).reshape(16, 16)
    ways = ([(1, 0), (0, 1), (1, 1)], [(1, 0)], [(0, 1)], [(2, 0), (0, 2)], [(1, 0), (0, 1), (1, 1), (2, 0), (0, 2)])
    costs = []
    for neighbours in ways:
        counts: dict[tuple[int, ...], list[int]] = {}
        cost = math.log2(5)
        for row in range(16):
            for col in range(16):
                around = tuple(int(row >= r and col >= c and bits[row - r, col - c]) for r, c in neighbours)
                zeros_ones = counts.setdefault(around, [0, 0])
                cost -= math.log2((zeros_ones[bits[row, col]] + 0.5) / (sum(zeros_ones) + 1))
                zeros_ones[bits[row, col]] += 1
        costs.append(cost)
    assert bits_foretold(value) / PARTS == pytest.approx(min(costs), abs=2)
    others = bits_crossed(value), bits_drawn(value)
    assert bits_alone(value) == min(256 * PARTS, bits_foretold(value), *others)


def test_what_is_one_row_times_one_column_says_little() -> None:
    """Two things that are both an upright rectangle are no evidence for each other; drawn bits cross nowhere."""
    rng = np.random.default_rng(3)
    row, col, errors = rng.integers(0, 2, 16), rng.integers(0, 2, 16), rng.random((16, 16)) < 0.1
    crossed = np.packbits(row ^ col[:, None] ^ errors).tobytes()
    assert bits_crossed(crossed) < 170 * PARTS < bits_foretold(crossed)
    assert bits_crossed(_RICH) > 256 * PARTS
    assert bits_crossed(bytes(32)) < 40 * PARTS


@pytest.mark.parametrize("sizes", [(31, 256, 72, 32), (32, 255, 72, 32), (32, 256, 71, 32), (32, 256, 72, 33)])
def test_what_is_no_hash_is_refused(sizes: tuple[int, int, int, int]) -> None:
    """A stored hash that was cut says nothing, instead of something else."""
    pdq, margins, parts, value = (bytes(size) for size in sizes)
    with pytest.raises(UsageError):
        soft_distance(AlteredHash(How(), pdq, 100, margins, parts), value)
