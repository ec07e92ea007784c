"""One entrance for every kind of picture: bytes in, canonical pixels and what else may be hashed of them out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from unseen.decoding.limits import LIMITS, Limits
from unseen.decoding.sniff import SNIFF_BYTES, Kind, Sniffed, sniff
from unseen.model import How, Reason

if TYPE_CHECKING:
    from unseen.decoding.raster import Raster

__all__ = ["Picture", "decode"]

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture.

    Attributes:
        pixels: uint8[h, w, 3] (row-major RGB, 0 … 255) or uint8[h, w] (grey, the same as that plane three times): full
            resolution, stored orientation, colour profile ignored, alpha dropped, first frame.
        is_partial: The file is damaged or holds more than was decoded; `pixels` show what could be had.
        raster: What gives the further pictures of `others`; None for JPEG, which has none.
    """

    pixels: Pixels
    is_partial: bool
    raster: "Raster | None" = None

    def others(self) -> Iterator[tuple[How, Pixels]]:
        """Further pictures in the same file, decoded one at a time: over white, over black, then sampled frames."""
        if self.raster is not None:
            yield from self.raster.others()

    @property
    def is_cut_short(self) -> bool:
        """Whether `others`, walked to its end, met damage or left frames undecoded."""
        return self.raster is not None and self.raster.is_cut_short


def decode(data: bytes | memoryview, limits: Limits = LIMITS, *, scratch: Pixels | None = None) -> Picture | Reason:
    """Decode the first picture of a file, by what it holds and never by its name.

    Raises nothing, whatever the bytes are.

    Args:
        data: The whole file.
        limits: What is refused with `too_large`.
        scratch: uint8[n], memory to decode into where it is large enough; the picture lasts until its next use.

    Returns:
        The picture; or `not_media` (ordinary data, the empty file), `unsupported` (recognised, but no picture
        that is decoded here), `too_large`, or `unreadable` (a picture of which nothing can be decoded).
    """
    sniffed = sniff(bytes(data[:SNIFF_BYTES]))
    if sniffed.kind is Kind.NOT_MEDIA:
        return Reason.NOT_MEDIA
    if sniffed.kind in {Kind.UNSUPPORTED, Kind.VIDEO}:
        return Reason.UNSUPPORTED
    if len(data) > limits.bytes_max:
        return Reason.TOO_LARGE
    try:
        picture = _decode_picture(data, sniffed, limits, scratch)
    except MemoryError:
        # The darkroom bounds its workers' memory: what does not fit is too large, whatever its header said.
        return Reason.TOO_LARGE
    if picture is Reason.UNREADABLE and sniffed.is_weak:
        return Reason.NOT_MEDIA
    return picture


def _decode_picture(
    data: bytes | memoryview, sniffed: Sniffed, limits: Limits, scratch: Pixels | None
) -> Picture | Reason:
    # Here and not above: the parent of the darkroom, which imports this room, never loads a decoder.
    from unseen.decoding.jpeg import decode_jpeg
    from unseen.decoding.raster import open_raster

    if sniffed.kind is Kind.JPEG:
        decoded = decode_jpeg(data, limits, scratch)
        if isinstance(decoded, Reason):
            return decoded
        if decoded is not None:
            pixels, is_partial = decoded
            return Picture(pixels, is_partial)
    raster = open_raster(data, sniffed.formats, limits)
    if isinstance(raster, Reason):
        return raster
    return Picture(raster.pixels, raster.is_partial, raster)
