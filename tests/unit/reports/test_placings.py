"""Where a known picture lies, in words that somebody understands who never heard of a window."""

import pytest

from unseen.model import AlteredMatch, How
from unseen.reports.placings import placing_words, sureness_words


def how(*window: float, angle_deg: float | None = None, keystone: tuple[float, float] | None = None) -> How:
    """How a match came about."""
    x, y, width, height = window
    return How(orientation="original", window=(x, y, width, height), angle_deg=angle_deg, keystone=keystone)


@pytest.mark.parametrize(
    ("placed", "words"),
    [
        (how(0.09, 0.09, 0.82, 0.82), "found after undoing a border of 9 %"),
        (how(0.0, 0.0, 1.0, 0.82), "found after undoing a bar of 18 % below"),
        (how(0.1, 0.0, 0.9, 1.0), "found after undoing a bar of 10 % at the left"),
        (how(0.0, 0.0, 1.0, 1.0, angle_deg=-2.0), "found after undoing a tilt of 2.0\u00b0"),
        (
            how(0.09, 0.09, 0.82, 0.82, angle_deg=2.0, keystone=(0.1, 0.0)),
            "found after undoing a border of 9 %, a tilt of 2.0\u00b0 and a slanted view",
        ),
        (how(0.0, 0.0, 0.5, 0.5), "found in the upper left quarter of a larger picture"),
        (how(0.5, 0.5, 0.5, 0.5), "found in the lower right quarter of a larger picture"),
        (how(0.5, 0.0, 0.5, 1.0), "found in the right half of a larger picture"),
        (how(0.0, 0.5, 1.0, 0.5), "found in the lower half of a larger picture"),
        (how(0.4, 0.4, 0.2, 0.2), "found in the middle of a larger picture"),
        (how(0.7, 0.4, 0.2, 0.2), "found in the right part of a larger picture"),
        (how(-0.055, -0.055, 1.11, 1.11), "shows 81 % of the known picture"),
        (how(0.0, 0.0, 1.25, 1.0), "shows 80 % of the known picture"),
        (
            how(0.0, 0.0, 0.5, 0.5, angle_deg=3.0),
            "found after undoing a tilt of 3.0\u00b0, in the upper left quarter of a larger picture",
        ),
        (how(0.0, 0.0, 1.0, 1.0), "found by a closer look at the whole"),
        (How(orientation="rotate90"), ""),
    ],
)
def test_a_placing_is_told_in_words(placed: How, words: str) -> None:
    """What was undone first, then where it lies, then how much of the known picture is shown."""
    assert placing_words(placed) == words


def test_how_sure_a_match_is_is_told_with_its_bound() -> None:
    """A distance alone says nothing to whoever does not know how many false matches it lets through."""
    one = AlteredMatch("inside", 61, 90, 4.2e-5)
    assert (
        sureness_words(one)
        == "soft distance 61 of at most 90 bits (at most 4e-05 false matches a picture among 1,000,000 entries)"
    )
    assert sureness_words(AlteredMatch("inside", 61, 90, 4.2e-5, frames=6)).endswith(", in 6 frames")
