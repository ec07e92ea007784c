"""Exact lookup of digests."""

import hashlib
from typing import Any

import numpy as np
import pytest
from tests.property.strategies import Codes

from unseen.errors import UsageError
from unseen.matching import DigestTable


def _digests(count: int, size: int, seed: int = 1) -> Codes:
    return np.random.default_rng(seed).integers(0, 256, (count, size), dtype=np.uint8)


@pytest.mark.parametrize("size", [16, 20, 32])
@pytest.mark.parametrize("count", [0, 1, 2, 3000])
def test_every_entry_equal_to_a_query_is_found(count: int, size: int) -> None:
    """All duplicates come back, in order; what is not in the list does not."""
    held = _digests(count, size)
    held[count // 2 :] = held[: count - count // 2]
    # Digests that differ in the last byte only, or in the first.
    near = held[:50].copy()
    near[::2, -1] ^= 1
    near[1::2, 0] ^= 0x80
    queries = np.concatenate([held[:50], near, _digests(5, size, 2)])
    by_value: dict[bytes, list[int]] = {}
    for entry, digest in enumerate(held):
        by_value.setdefault(digest.tobytes(), []).append(entry)
    expected = [(q, e) for q, query in enumerate(queries) for e in by_value.get(query.tobytes(), [])]
    table = DigestTable.build(held)
    query_at, entry_at = table.search(queries)
    assert list(zip(query_at.tolist(), entry_at.tolist(), strict=True)) == expected
    assert len(table) == count
    assert table.nbytes == count * (size + 4)


def test_digests_ending_in_zeros_are_not_cut_short() -> None:
    """A trailing zero byte is part of a digest, unlike in numpy's byte strings."""
    held = np.zeros((2, 16), np.uint8)
    held[1, 0] = 1
    table = DigestTable.build(held)
    assert [column.tolist() for column in table.search(held)] == [[0, 1], [0, 1]]
    empty_file = np.frombuffer(hashlib.md5(b"").digest(), np.uint8)[None]
    assert table.search(empty_file)[0].size == 0


def test_digests_of_another_kind_are_refused() -> None:
    """A sha1 is never looked up among md5s, and half a digest is none."""
    table = DigestTable.build(_digests(3, 16))
    wrong: Any
    for wrong in (_digests(1, 20), _digests(1, 16)[0], _digests(1, 16).astype(np.int16)):
        with pytest.raises(UsageError):
            table.search(wrong)
    for wrong in (_digests(1, 15), _digests(1, 16)[0], _digests(1, 16).view(np.int8)):
        with pytest.raises(UsageError):
            DigestTable.build(wrong)
