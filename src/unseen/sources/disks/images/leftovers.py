"""What lies in the file of an image and is no part of its disk: behind its end, between its blocks, freed long ago."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from unseen.model import ByteSource, Reason
from unseen.sources.filesystems.extents import Claims
from unseen.sources.layers import Member, rest_of

__all__ = ["leftovers"]

# Sixteen bytes for each: a disk of a tebibyte in clusters of 64 KiB, none of which lies beside its neighbour.
_EXTENTS_MAX = 16 << 20

Extents = Iterable[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]


def leftovers(source: ByteSource, claimed: Extents, *, layer: str, about_bytes: int = 0) -> Iterator[Member | Reason]:
    """Give every stretch of a file that nothing claims as a member `bytes from N`; zeros are passed over.

    Args:
        source: The file.
        claimed: Places and sizes, in bytes, of all that belongs to the disk or describes it.
        layer: Kind of the step that leads there.
        about_bytes: What is claimed may end so many bytes earlier: they are given with what follows.
    """
    claims = Claims(source.size_bytes)
    for places, sizes in claimed:
        if not claims.add_many(places, sizes, count_max=_EXTENTS_MAX):
            yield Reason.TOO_MANY
            return
    for gap in claims.merged().gaps():
        assert gap.offset is not None
        stop = gap.offset + gap.size_bytes
        if next(rest_of(source, gap.offset, layer, stop=stop), None) is not None:
            # Never from the start: the same image would begin there once more, cut short.
            about = about_bytes if gap.offset > about_bytes else 0
            yield from rest_of(source, gap.offset - about, layer, stop=stop)
