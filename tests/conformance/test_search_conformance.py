"""Every variant of the kernel gives the reference's answers."""

from collections.abc import Iterator

import numpy as np
import pytest
from tests.property.strategies import as_rows, clustered, planted, uniform

from unseen import kernel
from unseen.matching import Index


@pytest.fixture(params=kernel.available())
def _variant(request: pytest.FixtureRequest) -> Iterator[None]:
    before = kernel.in_use()
    kernel.use(request.param)
    yield
    kernel.use(before)


@pytest.mark.usefixtures("_variant")
@pytest.mark.parametrize("threshold_bits", [0, 7, 31, 48, 64])
@pytest.mark.parametrize("count", [1, 3, 4, 9, 517, 8195])
def test_every_variant_and_method_equals_the_reference(count: int, threshold_bits: int) -> None:
    """Scan, filter and verify loops of each instruction set return exactly what plain numpy returns."""
    rng = np.random.default_rng(count)
    codes = clustered(rng, count)
    queries = np.concatenate(
        [uniform(rng, 2), planted(rng, codes[count // 2], [0, threshold_bits, threshold_bits + 1])]
    )
    reference = kernel.ReferenceIndex(threshold_bits)
    reference.append(codes)
    expected = as_rows(reference.search(queries))
    assert as_rows(Index.build(codes, threshold_bits).search(queries)) == expected
    for method, chunks in [(1, 0), (2, 0), (2, 4), (2, 16)]:
        index = kernel.HammingIndex(threshold_bits)
        index.append(codes)
        index.build(method, chunks)
        assert as_rows(index.search(queries)) == expected, (method, chunks)
