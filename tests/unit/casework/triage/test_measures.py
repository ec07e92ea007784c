"""What an instrument tells apart, against definitions and published figures."""

from itertools import pairwise, product
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.casework.auditing.triage.auditing import TriageSettings, audit_triage
from unseen.casework.auditing.triage.measures import area_under, compare, cut_of, share
from unseen.casework.auditing.triage.missing import hidden_below, missed_at
from unseen.casework.auditing.triage.waiting import Backlog, simulate
from unseen.errors import UsageError
from unseen.reports.audits.triage_values import Band, Instrument

bands = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=6).map(
    lambda counts: tuple(Band(f"{at}", *two) for at, two in enumerate(counts))
)


@given(bands)
def test_the_area_is_the_share_of_pairs_in_order(some: tuple[Band, ...]) -> None:
    """By definition: of all pairs, those where whoever harmed stands above, and half of those beside each other."""
    pairs = [
        (1.0 if at > other_at else 0.5 if at == other_at else 0.0)
        for (at, band), (other_at, other) in product(enumerate(some), enumerate(some))
        for _ in range(band.harmed * other.others)
    ]
    area = area_under(some)
    assert (area is None) == (not pairs)
    if area is not None:
        assert area.value == pytest.approx(fmean(pairs))
        assert area.low_95 <= area.value <= area.high_95


@given(bands, st.integers(0, 6))
def test_a_line_counts_everybody_once(some: tuple[Band, ...], low: int) -> None:
    """Found and missed are all who harmed, and each share is of those that it says."""
    cut = cut_of(Instrument("x", some, min(low, len(some))))
    harmed, others = sum(band.harmed for band in some), sum(band.others for band in some)
    assert cut.found.count + cut.missed.count == cut.found.of == harmed
    assert cut.right.count == cut.found.count + cut.spared.count
    assert cut.right.of == harmed + others
    assert cut.right_above.of + cut.right_below.of == harmed + others


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(4, 170, 0.0092, 0.0589), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_intervals_are_wilsons(count: int, of: int, low: float, high: float) -> None:
    """Published values of the method (the last from R. G. Newcombe, Statistics in Medicine 17 (1998) 857) come out."""
    one = share(count, of)
    assert one.low_95 == pytest.approx(low, abs=1e-4)
    assert one.high_95 == pytest.approx(high, abs=1e-4)


@given(st.integers(0, 300), st.integers(0, 300))
def test_an_interval_holds_what_was_counted(count: int, more: int) -> None:
    """The share lies in its interval, and the interval between 0 and 1; nothing counted says nothing."""
    one = share(count, count + more)
    assert 0 <= one.low_95 <= (one.rate or 0) <= one.high_95 <= 1
    if not count + more:
        assert (one.low_95, one.high_95) == (0, 1)


def test_what_is_no_share_is_refused() -> None:
    """More than all, or fewer than none, is no share."""
    for count, of in ((2, 1), (-1, 1)):
        with pytest.raises(UsageError):
            share(count, of)


def test_the_published_example_comes_out() -> None:
    """The rates of the abstract, and what follows from them: not the accuracy that is quoted."""
    audit = audit_triage(TriageSettings(cuts={}, example="kirat-2"))
    (cut,) = audit.cuts
    assert cut.found.rate == pytest.approx(0.976, abs=5e-4)
    assert cut.spared.rate == pytest.approx(0.623, abs=5e-4)
    assert cut.right.rate == pytest.approx(0.783, abs=5e-4)
    by_share = {one.prevalence: one for one in audit.missed[0]}
    low, point, high = by_share[0.12].low_95, by_share[0.12].expected, by_share[0.12].high_95
    assert (round(low, 1), round(point, 1), round(high, 1)) == (1.1, 2.8, 7.1)
    assert round(audit.hidden[0].below) == 268
    assert any("83.7" in note and "78.3" in note for note in audit.notes)


@given(bands, st.floats(0, 1))
def test_missed_people_are_a_part_of_those_who_harm(some: tuple[Band, ...], prevalence: float) -> None:
    """Of a thousand, no more stand below the line than there are who harm; the rates of the line add up to all."""
    cut = cut_of(Instrument("x", some, 1))
    (one,) = missed_at(cut, [prevalence])
    assert 0 <= one.low_95 <= one.expected <= one.high_95 <= 1_000 * prevalence + 1e-9
    assert 0 <= hidden_below(cut, prevalence).below <= 1_000 * prevalence + 1e-9


def test_two_instruments_are_compared_on_the_same_people() -> None:
    """An instrument does not differ from itself; a random one is worse than a true one by more than chance."""
    chance = Random(7)
    rows = []
    for _ in range(400):
        harmed = chance.random() < 0.4
        rows.append((int(harmed if chance.random() < 0.9 else not harmed), chance.randrange(2), harmed))
    first = _instrument("true", [(one, harmed) for one, _, harmed in rows])
    second = _instrument("coin", [(two, harmed) for _, two, harmed in rows])
    same = compare(first, first, [(one, one, harmed) for one, _, harmed in rows])
    assert (same.difference, same.low_95, same.high_95) == (0, 0, 0)
    assert same.only_first_misses == same.only_second_misses == 0
    both = compare(first, second, rows)
    area, other = area_under(first.bands), area_under(second.bands)
    assert area is not None
    assert other is not None
    assert both.difference == pytest.approx(area.value - other.value)
    assert 0 < both.low_95 < both.difference < both.high_95
    missed = [(one < 1, two < 1) for one, two, harmed in rows if harmed]
    assert both.only_first_misses == missed.count((True, False))
    assert both.both_miss == missed.count((True, True))


def _instrument(name: str, placed: list[tuple[int, bool]]) -> Instrument:
    counts = [[sum(one == at and harmed is has for one, harmed in placed) for has in (True, False)] for at in range(2)]
    return Instrument(name, tuple(Band(f"{at}", *two) for at, two in enumerate(counts)), 1)


def test_a_difference_keeps_its_promise() -> None:
    """Of intervals of 95 % for two instruments that are equally good, some 95 in 100 hold zero."""
    chance, held = Random(11), 0
    for _ in range(200):
        rows = []
        for _ in range(120):
            harmed = chance.random() < 0.5
            values = [int(4 * chance.random() + 2 * harmed * chance.random()) for _ in range(2)]
            rows.append((min(values[0], 5), min(values[1], 5), harmed))
        pair = [_of_six([(row[at], row[2]) for row in rows]) for at in (0, 1)]
        one = compare(pair[0], pair[1], rows)
        held += one.low_95 <= 0 <= one.high_95
    assert 180 <= held <= 199


def _of_six(placed: list[tuple[int, bool]]) -> Instrument:
    counts = [[sum(one == at and harmed is has for one, harmed in placed) for has in (True, False)] for at in range(6)]
    return Instrument("x", tuple(Band(f"{at}", *two) for at, two in enumerate(counts)), 3)


def test_nobody_waits_where_there_is_room_and_the_lowest_band_where_there_is_not() -> None:
    """With room to spare nearly nobody waits; with too little, highest first lets the lowest band wait for ever."""
    instrument = Instrument("x", (Band("low", 10, 40), Band("high", 40, 10)), 1)
    ample = simulate(instrument, Backlog(arrivals=20, capacity=60, weeks=30))
    assert all(band.waiting[0] == 0 for band in (*ample.by_band, *ample.by_age))
    scarce = simulate(instrument, Backlog(arrivals=40, capacity=20, weeks=30))
    high, low = scarce.by_band
    assert (high.name, low.name) == ("high", "low")
    assert low.waiting[0] > 10 * max(1.0, high.waiting[0])
    assert low.longest_weeks[0] > 25
    aged_high, aged_low = scarce.by_age
    assert abs(aged_high.longest_weeks[0] - aged_low.longest_weeks[0]) <= 2
    total = [sum(band.waiting[0] for band in rule) for rule in (scarce.by_band, scarce.by_age)]
    assert total[0] == pytest.approx(total[1], rel=0.1)
    assert all(one[0] <= two[0] + 60 for one, two in pairwise(scarce.weekly))


def test_a_simulation_is_repeatable() -> None:
    """The same question has the same answer, and another seed another."""
    instrument = Instrument("x", (Band("low", 1, 4), Band("high", 4, 1)), 1)
    flow = Backlog(arrivals=8, capacity=6, weeks=10)
    assert simulate(instrument, flow) == simulate(instrument, flow)
    assert simulate(instrument, flow) != simulate(instrument, Backlog(arrivals=8, capacity=6, weeks=10, seed=900))
