"""What a worker says of a video before its answer: frames, signs of life, or that it cannot look at videos.

Messages of one fixed size each, checked as answers are (see `unseen.darkroom.wire`).
"""

import math
import struct
from collections.abc import Iterator, Sequence

from unseen.darkroom.wire import Garbled
from unseen.model import Frame

__all__ = ["DEFERRAL", "FRAMES_MAX", "REEL_BYTES", "pack_deferral", "pack_reels", "unpack_deferral", "unpack_reel"]

# Number of the item, and how many frames follow; none is a sign of life.
_HEAD = struct.Struct("<4sIQ")
_MAGIC = b"REEL"
# Number, stream, quality, time in seconds, PDQ.
_FRAME = struct.Struct("<IHBxd32s")
# A video of a minute fits one message; one of a day needs a thousand.
_FRAMES_PER_REEL = 100
REEL_BYTES = _HEAD.size + _FRAMES_PER_REEL * _FRAME.size
# Twice what a worker hashes in one walk, since it may walk twice.
FRAMES_MAX = 200_000
DEFERRAL = struct.Struct("<4s4xQ")
_DEFERRAL_MAGIC = b"FILM"


def pack_reels(number: int, frames: Sequence[Frame]) -> Iterator[bytes]:
    """Put frames into messages; no frames make one sign of life.

    Args:
        number: Of the request.
        frames: Any number.
    """
    for at in range(0, max(1, len(frames)), _FRAMES_PER_REEL):
        some = frames[at : at + _FRAMES_PER_REEL]
        message = bytearray(REEL_BYTES)
        _HEAD.pack_into(message, 0, _MAGIC, len(some), number)
        for index, frame in enumerate(some):
            place = _HEAD.size + index * _FRAME.size
            _FRAME.pack_into(message, place, frame.frame, frame.stream, frame.pdq_quality, frame.time_s, frame.pdq)
        yield bytes(message)


def unpack_reel(message: bytes, number: int) -> list[Frame]:
    """Read and check frames.

    Raises:
        Garbled: It is not what an honest worker sends of this item.
    """
    magic, count, echoed = _HEAD.unpack_from(message)
    if len(message) != REEL_BYTES or magic != _MAGIC or echoed != number or count > _FRAMES_PER_REEL:
        raise Garbled
    frames = []
    for frame, stream, quality, time_s, pdq in _FRAME.iter_unpack(
        message[_HEAD.size : _HEAD.size + count * _FRAME.size]
    ):
        if quality > 100 or not (math.isfinite(time_s) and time_s >= 0.0):
            raise Garbled
        frames.append(Frame(frame, time_s, pdq, quality, stream))
    return frames


def pack_deferral(number: int) -> bytes:
    """Say that the item is a video, and that this worker takes pictures only."""
    return DEFERRAL.pack(_DEFERRAL_MAGIC, number)


def unpack_deferral(message: bytes, number: int) -> None:
    """Check what `pack_deferral` wrote.

    Raises:
        Garbled: It is not that, or of another item.
    """
    if DEFERRAL.unpack(message) != (_DEFERRAL_MAGIC, number):
        raise Garbled
