"""Where three bytes in a row may be the beginning of something, as plain as it can be said."""

import numpy as np
import numpy.typing as npt

__all__ = ["likely_places"]


def likely_places(data: bytes | memoryview, tables: npt.NDArray[np.uint8]) -> list[int]:
    """Every place at which the groups of three bytes in a row, each from the table of its position, meet."""
    content = np.frombuffer(data, np.uint8)
    first, second, third = tables
    groups = first[content[:-2]] & second[content[1:-1]] & third[content[2:]]
    places: list[int] = np.flatnonzero(groups).tolist()
    return places
