"""The face of the package: four names, found when they are asked for."""

import numpy as np
import pytest

import unseen


def test_the_face_offers_what_it_names() -> None:
    """Every name in `__all__` is there, comes from its room, and is listed by `dir`."""
    from unseen.darkroom import hash_file
    from unseen.hashing import pdq, pdq_dihedral
    from unseen.matching import Index

    found = {name: getattr(unseen, name) for name in unseen.__all__}
    assert found == {"Index": Index, "hash_file": hash_file, "pdq": pdq, "pdq_dihedral": pdq_dihedral}
    assert dir(unseen) == sorted(unseen.__all__)


def test_the_face_offers_nothing_else() -> None:
    """A mistyped name is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="module 'unseen' has no attribute 'phash'"):
        _ = unseen.phash


def test_the_example_of_the_face_works() -> None:
    """A picture is found again by its own hash, at distance 0."""
    pixels = np.random.default_rng(1).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    code, quality = unseen.pdq(pixels)
    index = unseen.Index.build(np.frombuffer(code, np.uint8)[None], threshold_bits=31)
    query_at, entry_at, distance_bits = index.search(unseen.pdq_dihedral(pixels)[0])
    assert 0 <= quality <= 100
    assert (int(query_at[0]), int(entry_at[0]), int(distance_bits[0])) == (0, 0, 0)
