"""Clusters of near-duplicates, against every pair compared by hand."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.casework.auditing.clusters import NearDuplicates
from unseen.model import Frame, How, ItemHashes, Reason, Variant, VideoMode

Code = npt.NDArray[np.uint8]


def picture(own: Code, others: list[Code] | None = None, *, quality: int = 100) -> ItemHashes:
    """A picture with these hashes."""
    variants = tuple(Variant(How(orientation="flipx"), other.tobytes(), quality) for other in others or [])
    return ItemHashes(
        size_bytes=1, sha256=bytes(32), sha1=bytes(20), md5=bytes(16), pdq=own.tobytes(), pdq_quality=quality,
        variants=variants,
    )  # fmt: skip


def video(*codes: Code) -> ItemHashes:
    """A video with these frames."""
    frames = tuple(Frame(number, float(number), code.tobytes(), 90) for number, code in enumerate(codes))
    return ItemHashes(
        size_bytes=1, sha256=bytes(32), sha1=bytes(20), md5=bytes(16), vpdq=frames, video_mode=VideoMode.THOROUGH
    )


def flip(code: Code, bits: int, rng: np.random.Generator) -> Code:
    """The code with so many bits changed."""
    mask = np.zeros(256, np.uint8)
    mask[rng.choice(256, bits, replace=False)] = 1
    return code ^ np.packbits(mask)


def clusters_of(files: list[ItemHashes], within_bits: int) -> list[int]:
    """What the shipped code says."""
    near = NearDuplicates(within_bits=within_bits)
    for number, hashes in enumerate(files):
        assert near.add(hashes) == number
    return list(near.clusters().tolist())


def clusters_by_hand(files: list[tuple[list[Code], list[Code]]], within_bits: int) -> list[int]:
    """Every pair compared; labels spread along links until none changes."""

    def distance(one: Code, other: Code) -> int:
        return int(np.bitwise_count(one ^ other).sum())

    labels = list(range(len(files)))
    links = [
        (a, b)
        for a, (own_a, others_a) in enumerate(files)
        for b, (own_b, _) in enumerate(files)
        if any(distance(x, y) <= within_bits for x in [*own_a, *others_a] for y in own_b)
    ]
    changed = True
    while changed:
        changed = False
        for a, b in links:
            low = min(labels[a], labels[b])
            changed |= labels[a] != low or labels[b] != low
            labels[a] = labels[b] = low
    return labels


@given(seed=st.integers(0, 2**32), count=st.integers(0, 24), within_bits=st.sampled_from([0, 8, 31, 64]))
@settings(max_examples=60, deadline=None)
def test_clusters_agree_with_every_pair_compared(seed: int, count: int, within_bits: int) -> None:
    """Chains of near-duplicates, exact copies, mirrored ones and videos fall into the clusters of single linkage."""
    rng = np.random.default_rng(seed)
    pool = [rng.integers(0, 256, 32, dtype=np.uint8) for _ in range(4)]
    codes: list[tuple[list[Code], list[Code]]] = []
    for _ in range(count):
        pool.append(flip(pool[rng.integers(len(pool))], int(rng.integers(0, within_bits + 6)), rng))
        own = [pool[rng.integers(len(pool))] for _ in range(int(rng.integers(1, 4)))]
        is_video = bool(rng.integers(2))
        others = [] if is_video else [pool[rng.integers(len(pool))]]
        codes.append((own if is_video else own[:1], others))
    files = [picture(own[0], others) if others else video(*own) for own, others in codes]
    assert clusters_of(files, within_bits) == clusters_by_hand(codes, within_bits)


@pytest.mark.parametrize(("bits", "count"), [(31, 1), (32, 2)])
def test_the_distance_of_near_duplicates_is_inclusive(bits: int, count: int) -> None:
    """Two pictures at the stated distance are one cluster; one bit further, two."""
    rng = np.random.default_rng(1)
    code = rng.integers(0, 256, 32, dtype=np.uint8)
    assert len(set(clusters_of([picture(code), picture(flip(code, bits, rng))], 31))) == count


def test_flat_pictures_link_nothing() -> None:
    """A hash of low quality says nothing about its picture, and makes no two of them one."""
    code = np.zeros(32, np.uint8)
    assert clusters_of([picture(code, quality=49), picture(code, quality=49)], 31) == [0, 1]


def test_a_picture_that_only_shows_over_white_has_a_code_all_the_same() -> None:
    """Where the canonical hash is flat, the first variant that is not stands for the file."""
    rng = np.random.default_rng(2)
    code = rng.integers(0, 256, 32, dtype=np.uint8)
    flat = ItemHashes(
        size_bytes=1, sha256=None, sha1=None, md5=None, pdq=bytes(32), pdq_quality=0,
        variants=(Variant(How(alpha="white"), code.tobytes(), 80),), reason=Reason.TRUNCATED,
    )  # fmt: skip
    assert clusters_of([flat, picture(code)], 31) == [0, 0]


def test_a_crowd_of_copies_is_one_cluster() -> None:
    """Ten thousand copies of one picture are one cluster, beside one of another picture."""
    rng = np.random.default_rng(3)
    one, other = (rng.integers(0, 256, 32, dtype=np.uint8) for _ in range(2))
    assert set(clusters_of([picture(one)] * 10_000 + [picture(other)], 31)) == {0, 10_000}
