"""Checksums of blocks: the published ones, whichever variant computes them."""

from collections.abc import Iterator

import numpy as np
import pytest

from unseen import kernel


@pytest.fixture(params=kernel.available())
def _variant(request: pytest.FixtureRequest) -> Iterator[None]:
    kernel.use(request.param)
    yield
    kernel.use("auto")


@pytest.mark.usefixtures("_variant")
def test_published_checksums_are_met() -> None:
    """The check value of the catalogue of CRCs, and the examples of RFC 3720, appendix B.4."""
    cases = {b"123456789": 0xE3069283, bytes(32): 0x8A9136AA, b"\xff" * 32: 0x62A8AB43, bytes(range(32)): 0x46DD794E}
    for data, expected in cases.items():
        assert kernel.block_checksums(np.frombuffer(data, np.uint8)).tolist() == [expected]
    assert kernel.block_checksums(np.empty(0, np.uint8)).tolist() == []


@pytest.mark.usefixtures("_variant")
@pytest.mark.parametrize("size", [1, 7, 4095, 4096, 4097, 16384, 5 * 4096 + 13, 12 * 4096])
def test_every_variant_equals_the_reference(size: int) -> None:
    """Blocks of awkward number and size have one checksum each, the same everywhere."""
    data = np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8)
    checksums = kernel.block_checksums(data)
    kernel.use("reference")
    assert checksums.tolist() == kernel.block_checksums(data).tolist()
    assert len(checksums) == -(-size // kernel.BLOCK_BYTES)
