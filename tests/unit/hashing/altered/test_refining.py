"""Refinement: from near an entry to nearest, bounded, always the same; and what the hash that it gives is worth."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.hashing.altered.drawn import drawn_picture, framed

from unseen.hashing import ORIENTATIONS, pdq, pdq_dihedral, pdq_float
from unseen.hashing.altered import CANVASES_MAX, WINDOWS_MAX, refine
from unseen.hashing.altered.orienting import hash_of, oriented
from unseen.hashing.altered.refining import Search
from unseen.hashing.altered.sureness import margins, share_beyond
from unseen.hashing.windows import Canvas, cut_out, shrink
from unseen.model import MARGINS_PER_MEDIAN, Aim, Placing

Pixels = npt.NDArray[np.uint8]
_WHOLE = Placing(window=(0.0, 0.0, 1.0, 1.0))
_PICTURE = drawn_picture(240, 320, seed=3)


def hamming(one: bytes, other: bytes) -> int:
    """Bits that differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def aim(placing: Placing, value: bytes, orientation: str = "original", bits: int = 40) -> Aim:
    """At an entry."""
    return Aim(placing, orientation, value, bits)


def _bordered() -> tuple[Pixels, tuple[float, ...]]:
    return framed(_PICTURE, np.full((300, 400), 20, np.uint8), 30, 50)


def test_a_border_is_undone_from_nearby() -> None:
    """Three in a hundred off on every side at first, a few bits in the end."""
    picture, (x, y, width, height) = _bordered()
    near = Placing(window=(x - 0.02, y + 0.03, width + 0.03, height - 0.02))
    value, _ = pdq(_PICTURE)
    (found,) = refine(picture, [aim(near, value)])
    assert hamming(pdq(cut_out(picture, near))[0], value) > 40
    assert hamming(found.pdq, value) <= 12
    assert found.how.window == pytest.approx((x, y, width, height), abs=0.01)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_turned_copy_is_hashed_as_the_entry_lies(orientation: str) -> None:
    """Whatever quarter turn or flip: the hash is compared with the entry directly."""
    value = pdq_dihedral(_PICTURE)[0][ORIENTATIONS.index(orientation)].tobytes()
    (found,) = refine(_PICTURE, [aim(Placing(window=(0.02, 0.0, 0.98, 0.99)), value, orientation)])
    assert found.how.orientation == orientation
    assert hamming(found.pdq, value) <= 12


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_turned_coefficients_are_those_of_the_turned_picture(orientation: str) -> None:
    """Bit for bit, as the kernel hashes them."""
    expected = pdq_dihedral(_PICTURE)[0][ORIENTATIONS.index(orientation)].tobytes()
    assert hash_of(oriented(pdq_float(_PICTURE)[None], orientation)[0]) == expected


_shares = st.floats(-0.6, 1.6)
_placings = st.builds(
    lambda x, y, width, height, angle_deg, keystone: Placing(
        window=(x, y, width, height), angle_deg=angle_deg, keystone=(keystone, -keystone)
    ),
    *(_shares, _shares, _shares, _shares),
    st.floats(-50, 50) | st.just(float("nan")),
    st.sampled_from([0.0, 0.0, 0.05, 0.2, 9.0]),
)
_pictures = st.builds(
    lambda rows, cols, level, seed: np.random.default_rng(seed).integers(0, level, (rows, cols)).astype(np.uint8),
    st.integers(1, 90),
    st.integers(1, 90),
    st.sampled_from([1, 2, 256]),
    st.integers(0, 99),
)


@settings(max_examples=25, deadline=None)
@given(_pictures, _placings, st.binary(min_size=32, max_size=32), st.sampled_from(ORIENTATIONS))
def test_a_search_is_bounded_and_never_ends_farther(
    picture: Pixels, placing: Placing, value: bytes, orientation: str
) -> None:
    """Flat pictures, those of a few pixels, noise, placings that are none: nothing fails, and nothing runs on."""
    search = Search(Canvas.of(shrink(picture)), aim(placing, value, orientation))
    before = search.bits
    search.run()
    assert search.bits <= before
    assert search.windows_count <= WINDOWS_MAX
    assert search.canvases_count <= CANVASES_MAX
    for found in refine(picture, [aim(placing, value, orientation)]):
        assert (len(found.pdq), len(found.margins), len(found.seen)) == (32, 256, 72)


def test_it_is_always_the_same() -> None:
    """Same picture, same aims, same hashes."""
    picture, _ = _bordered()
    aims = [aim(Placing(window=(0.1, 0.1, 0.8, 0.8)), pdq(_PICTURE)[0]), aim(_WHOLE, pdq(picture)[0])]
    assert refine(picture, aims) == refine(picture, aims)


def test_aims_at_one_entry_give_one_hash() -> None:
    """They share one search, from the nearest of them; what none of them comes near gives none."""
    picture, (x, y, width, height) = _bordered()
    value, _ = pdq(_PICTURE)
    near, nearer = (Placing(window=(x + by, y, width, height)) for by in (0.02, 0.01))
    found = refine(picture, [aim(near, value, bits=50), aim(nearer, value, bits=40), aim(_WHOLE, bytes(32))])
    assert [each.how.candidate_distance_bits for each in found] == [40]


def test_no_aim_costs_nothing() -> None:
    """And gives nothing."""
    assert refine(_PICTURE, []) == ()


def test_margins_follow_the_bits_of_the_hash() -> None:
    """Each says how far its coefficient lies from the median, in parts of how far half of them do."""
    coefficients = pdq_float(_PICTURE)
    apart = coefficients.ravel()[::-1].astype(float) - np.sort(coefficients.ravel())[127]
    expected = np.rint(np.minimum(255, abs(apart) / np.median(abs(apart)) * MARGINS_PER_MEDIAN))
    assert np.array_equal(np.frombuffer(margins(coefficients), np.uint8), expected)
    assert np.array_equal(np.unpackbits(np.frombuffer(hash_of(coefficients), np.uint8)), apart > 0)


def test_a_flat_picture_says_nothing() -> None:
    """Its bits are rounding."""
    assert margins(pdq_float(np.full((80, 80), 9, np.uint8)) * 0) == bytes(256)


def test_shares_beyond_the_frame() -> None:
    """By area: a quarter and none of it, half, all."""
    windows = [(0.2, 0.2, 0.3, 0.3), (-0.5, 0.0, 1.0, 1.0), (-0.5, -0.5, 2.0, 2.0), (1.1, 0.0, 0.3, 1.0)]
    assert share_beyond(np.array(windows)).tolist() == pytest.approx([0, 0.5, 0.75, 1])
