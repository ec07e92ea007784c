"""A filter in front of an exact comparison: native, or the readable reference where that was chosen."""

import numpy as np
import numpy.typing as npt

from unseen.kernel import _native, reference, variant

__all__ = ["likely_places"]


def likely_places(data: bytes | memoryview, tables: npt.NDArray[np.uint8]) -> list[int]:
    """Find where something may begin.

    Args:
        data: Where to look.
        tables: uint8[3, 256]: for each value of the first, second and third byte, a bit for each of up to eight groups
            of beginnings that have this byte there.

    Returns:
        Every place, ascending, at which three bytes in a row have a group in common; at the last two bytes is none.
    """
    find = reference.likely_places if variant.is_reference() else _native.likely_places
    return find(data, tables)
