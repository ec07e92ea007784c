"""What is decided of a window: at its bound and not beyond, for its kind, of pictures that say enough."""

import numpy as np
import pytest

from unseen.matching.altered import BOUND_BITS, FALSE_MATCH_BOUND, Kind, decide, kind_of, soft_distance
from unseen.model import PDQ_BITS, QUALITY_MIN, AlteredHash, How

_VALUE = np.random.default_rng(7).bytes(32)


def _differing(count: int, how: How, quality: int = 100) -> AlteredHash:
    """A window of which so many bits, all equally sure, differ from the entry."""
    bits = np.unpackbits(np.frombuffer(_VALUE, np.uint8))
    bits[:count] ^= 1
    return AlteredHash(how, np.packbits(bits).tobytes(), quality, bytes([60]) * 256, bytes([255]) * 72)


@pytest.mark.parametrize(
    ("window", "keystone", "kind"),
    [
        (None, None, Kind.INSIDE),
        ((0.0, 0.0, 1.0, 1.0), (0.0, 0.0), Kind.INSIDE),
        ((0.2, 0.1, 0.5, 0.9), None, Kind.INSIDE),
        ((-0.2, 0.1, 0.5, 0.5), None, Kind.BEYOND),
        ((0.2, 0.1, 0.5, 0.95), None, Kind.BEYOND),
        ((0.2, 0.1, 0.5, 0.5), (0.0, 0.1), Kind.KEYSTONE),
    ],
)
def test_kinds_of_placings(
    window: tuple[float, float, float, float] | None, keystone: tuple[float, float] | None, kind: Kind
) -> None:
    """A window that reaches beyond the frame was partly invented; perspective leaves more ways to come near."""
    assert kind_of(How(window=window, keystone=keystone)) is kind


@pytest.mark.parametrize("how", [How(), How(window=(-0.1, 0, 1.1, 1)), How(keystone=(0.1, 0.0))])
def test_what_lies_at_the_bound_counts_and_nothing_beyond(how: How) -> None:
    """One bit more that differs makes a window worse by a known step; the last within the bound is a match."""
    bound_bits = BOUND_BITS[kind_of(how)]
    for count in range(PDQ_BITS):
        altered_hash = _differing(count, how)
        bits = soft_distance(altered_hash, _VALUE)
        decision = decide(altered_hash, _VALUE)
        assert (decision is not None) == (bits <= bound_bits)
        if decision is not None:
            assert (decision.soft_distance_bits, decision.bound_bits) == (bits, bound_bits)
            assert decision.false_match_bound == FALSE_MATCH_BOUND[decision.kind]


def test_a_window_that_shows_too_little_matches_nothing() -> None:
    """As everywhere: a PDQ of such a quality is never compared."""
    assert decide(_differing(0, How(), QUALITY_MIN), _VALUE) is not None
    assert decide(_differing(0, How(), QUALITY_MIN - 1), _VALUE) is None


def test_every_kind_has_its_bound() -> None:
    """And says how often it is wrong: at least something, less than certainly, with fewer bits than none at all."""
    assert set(BOUND_BITS) == set(FALSE_MATCH_BOUND) == set(Kind)
    assert all(0 < BOUND_BITS[kind] < PDQ_BITS and 0 < FALSE_MATCH_BOUND[kind] < 1 for kind in Kind)
