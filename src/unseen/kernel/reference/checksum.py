"""CRC32C (Castagnoli) of the blocks of a file, as plain as it can be said: what native code must equal."""

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCK_BYTES", "block_checksums"]

BLOCK_BYTES: Final = 4096
_POLYNOMIAL = 0x82F63B78  # bit-reversed; RFC 3720, appendix B.4
_ALL_ONES = np.uint32(0xFFFFFFFF)


def block_checksums(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """One checksum for each block of 4,096 bytes; the last block may be shorter. All blocks go in step."""
    whole = len(data) // BLOCK_BYTES * BLOCK_BYTES
    parts = [_checksums(data[:whole].reshape(-1, BLOCK_BYTES))]
    if whole < len(data):
        parts.append(_checksums(data[None, whole:]))
    return np.concatenate(parts)


def _checksums(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    rest: npt.NDArray[np.uint32] = np.full(len(rows), _ALL_ONES)
    for column in rows.T:
        rest = np.bitwise_xor(rest >> np.uint32(8), _TABLE[(rest ^ column) & 0xFF], dtype=np.uint32)
    return rest ^ _ALL_ONES


def _make_table() -> npt.NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> np.uint32(1) ^ np.uint32(_POLYNOMIAL), table >> np.uint32(1))
    return table


_TABLE = _make_table()
