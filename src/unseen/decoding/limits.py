"""How much one item may ask for, each limit with its reason."""

from dataclasses import dataclass

__all__ = ["LIMITS", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What decoding refuses with `too_large`, or does only in part.

    Attributes:
        bytes_max: Largest file that is decoded; larger ones are digested all the same, in constant memory.
        pixels_max: Largest picture that is decoded, in pixels of its first frame.
        frames_max: Most frames or pages that are hashed beside the first.
        frames_pixels_max: Most pixels decoded while walking through the frames of one file.
    """

    # A 200-megapixel phone frame as an uncompressed 16-bit RGB TIFF is 1.2 GB; nobody was seen to ship larger ones,
    # and a worker holds the file and its pixels at once.
    bytes_max: int = 1_300_000_000
    # Covers the largest phone sensors (16320x12240, 200 megapixels) with room to stitch. In RGB it is 768 MB; a PNG
    # of 100 bytes can ask for a billion pixels.
    pixels_max: int = 256_000_000
    # One a second for animations up to half a minute, as vPDQ samples videos; and one answer still fits one message.
    frames_max: int = 30
    # About ten seconds of work. Frame 900 of an animation costs the 899 before it, since each paints over the last.
    frames_pixels_max: int = 1_000_000_000


LIMITS = Limits()
