"""Checksums of the blocks of a file: native, or the readable reference where that was chosen."""

import numpy as np
import numpy.typing as npt

from unseen.kernel import _native, reference, variant
from unseen.kernel.reference import BLOCK_BYTES

__all__ = ["BLOCK_BYTES", "block_checksums"]


def block_checksums(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """CRC32C of each block of 4,096 bytes of uint8[n]; the last block may be shorter."""
    return reference.block_checksums(data) if variant.is_reference() else _native.block_checksums(data)
