"""Law: the matcher finds what comparing everything with everything finds, no more and no less."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.matching import Matcher
from unseen.model import Codes, Ground, How, ItemHashes, ListClass, Match, Variant

# Few distinct values a few bits apart, so that matches, ties and duplicates are common.
near = st.integers(0, 255).map(lambda low: bytes([low]) * 2 + bytes(30))
columns = st.lists(st.tuples(st.sampled_from("ab"), st.lists(near, min_size=1, max_size=5)), max_size=3)
variants = st.lists(st.tuples(near, st.sampled_from([49, 50, 100])), min_size=1, max_size=4)


def brute_force(lists: Sequence[Codes], item: ItemHashes, threshold_bits: int) -> tuple[Match, ...]:
    """Every pair compared, in the plainest way."""
    best: dict[tuple[str, str], tuple[int, int, How]] = {}
    offered = [(How(orientation="original", convention="full"), item.pdq or b"", item.pdq_quality or 0)]
    offered += [(variant.how, variant.pdq, variant.pdq_quality) for variant in item.variants]
    for codes in lists:
        for value, row in zip(codes.values, codes.rows.tolist(), strict=True):
            for order, (how, pdq, quality) in enumerate(offered):
                distance = (int.from_bytes(pdq) ^ int.from_bytes(value.tobytes())).bit_count()
                key = (codes.list, f"e{row}")
                if quality >= 50 and distance <= threshold_bits:
                    best[key] = min(best.get(key, (999, 0, how)), (distance, order, how), key=lambda found: found[:2])
    ordered = sorted(best.items(), key=lambda pair: (pair[1][0], *pair[0]))
    # Of one list each, or of two that nobody says are from one hand: what that means is tested elsewhere.
    ground = Ground.NEAR_CORROBORATED if len({name for name, _ in best}) > 1 else Ground.NEAR
    return tuple(
        Match(name, entry, "pdq", distance, how, ground=ground) for (name, entry), (distance, _, how) in ordered
    )


@settings(max_examples=150, deadline=None)
@given(columns, st.lists(variants, max_size=4), st.integers(0, 16))
def test_matcher_agrees_with_brute_force(
    given_lists: list[tuple[str, list[bytes]]], given_items: list[list[tuple[bytes, int]]], threshold_bits: int
) -> None:
    """Same matches, same order, same way of matching."""
    lists, first = [], 0
    for name, values in given_lists:
        matrix = np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32)
        lists.append(Codes(name, ListClass.CSAM, "pdq", matrix, np.arange(first, first + len(values))))
        first += len(values)
    items = [
        ItemHashes(
            size_bytes=1,
            sha256=bytes(32),
            sha1=bytes(20),
            md5=bytes(16),
            pdq=hashes[0][0],
            pdq_quality=hashes[0][1],
            variants=tuple(
                Variant(How(orientation=f"v{at}"), pdq, quality) for at, (pdq, quality) in enumerate(hashes[1:])
            ),
        )
        for hashes in given_items
    ]
    matcher = Matcher(lists, threshold_bits=threshold_bits, name_entries=lambda rows: {row: f"e{row}" for row in rows})
    assert matcher.match(items) == [brute_force(lists, item, threshold_bits) for item in items]
