"""What a worker says of altered copies before its answer: placings with their hashes, or what it found at the aims.

Messages of one fixed size each, sent only when asked for, and checked as answers are (see `unseen.darkroom.wire`).
"""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from unseen.darkroom.undoing.aims import AIMS_MAX, Undoing
from unseen.darkroom.wire import Garbled
from unseen.hashing import ORIENTATIONS
from unseen.model import AlteredHash, How, ItemHashes, Placing, Proposals

__all__ = ["CLOSER_BYTES", "PLACINGS_MAX", "PROPOSALS_BYTES", "Gathering", "pack_closer", "pack_proposals"]

# Magic, how many follow, number of the item.
_HEAD = struct.Struct("<4sIQ")
_PROPOSALS_MAGIC, _CLOSER_MAGIC = b"PLAC", b"NEAR"
# Window, angle, keystone, stream, frame, whether it is of a frame; hashes in eight orientations.
_PLACING = struct.Struct("<7dHIB256s")
_PLACINGS_PER_MESSAGE = 64
PROPOSALS_BYTES = _HEAD.size + _PLACINGS_PER_MESSAGE * _PLACING.size
# Twice the systematic family of one picture, and what sixty frames of a video propose: half a megabyte.
PLACINGS_MAX = 4_096
# Window, angle, keystone, time, whether there is one, orientation, quality, candidate distance, PDQ, margins, seen.
_CLOSER = struct.Struct("<8dBBBH32s256s72s")
CLOSER_BYTES = _HEAD.size + AIMS_MAX * _CLOSER.size
# No honest placing reaches farther than some widths beyond its picture.
_SHARE_MAX = 64.0
_ANGLE_MAX = 360.0
_DISTANCE_MAX = 256
_ORIENTATION_CODES = {name: code for code, name in enumerate(ORIENTATIONS)}
_HASHES_BYTES = 256


def pack_proposals(number: int, proposals: Proposals) -> Iterator[bytes]:
    """Put placings and their hashes into messages, one at least: that there are none is said too.

    Args:
        number: Of the request.
        proposals: At most `PLACINGS_MAX` placings.
    """
    count = len(proposals.placings)
    hashes = memoryview(proposals.hashes)
    for at in range(0, max(1, count), _PLACINGS_PER_MESSAGE):
        end = min(at + _PLACINGS_PER_MESSAGE, count)
        message = bytearray(PROPOSALS_BYTES)
        _HEAD.pack_into(message, 0, _PROPOSALS_MAGIC, end - at, number)
        for index in range(at, end):
            one = proposals.placings[index]
            frame = proposals.frames[index] if proposals.frames else (0, 0)
            place = _HEAD.size + (index - at) * _PLACING.size
            values = (*one.window, one.angle_deg, *one.keystone, *frame, bool(proposals.frames))
            _PLACING.pack_into(
                message, place, *values, hashes[index * _HASHES_BYTES : (index + 1) * _HASHES_BYTES].tobytes()
            )
        yield bytes(message)


def pack_closer(number: int, altered: Sequence[AlteredHash]) -> bytes:
    """Put what was found at the aims of a request into one message.

    Args:
        number: Of the request.
        altered: At most one for each aim; of each placing all values.
    """
    message = bytearray(CLOSER_BYTES)
    _HEAD.pack_into(message, 0, _CLOSER_MAGIC, len(altered), number)
    for index, one in enumerate(altered):
        how = one.how
        _CLOSER.pack_into(
            message,
            _HEAD.size + index * _CLOSER.size,
            *(*(how.window or (0.0, 0.0, 1.0, 1.0)), how.angle_deg or 0.0, *(how.keystone or (0.0, 0.0))),
            how.time_s or 0.0,
            how.time_s is not None,
            _ORIENTATION_CODES[how.orientation or ORIENTATIONS[0]],
            one.pdq_quality,
            how.candidate_distance_bits or 0,
            one.pdq,
            one.margins,
            one.seen,
        )
    return bytes(message)


@dataclass(slots=True)
class Gathering:
    """What one worker has said of altered copies in the item that it must answer now."""

    _placings: list[Placing] = field(default_factory=list)
    _frames: list[tuple[int, int]] = field(default_factory=list)
    _hashes: list[bytes] = field(default_factory=list)
    _altered: tuple[AlteredHash, ...] | None = None
    _is_proposed: bool = False

    def add_proposals(self, message: bytes, number: int) -> None:
        """Read and check placings.

        Raises:
            Garbled: It is not what an honest worker sends of this item.
        """
        count = _read_head(message, _PROPOSALS_MAGIC, number)
        if count > _PLACINGS_PER_MESSAGE or len(self._placings) + count > PLACINGS_MAX:
            raise Garbled
        self._is_proposed = True
        body = message[_HEAD.size : _HEAD.size + count * _PLACING.size]
        for *shares, stream, frame, is_framed, hashes in _PLACING.iter_unpack(body):
            self._placings.append(_placing(shares))
            if is_framed:
                self._frames.append((stream, frame))
            self._hashes.append(hashes)
        if len(self._frames) not in {0, len(self._placings)}:
            raise Garbled

    def add_closer(self, message: bytes, number: int, undoing: Undoing) -> None:
        """Read and check what was found at aims.

        Raises:
            Garbled: It is not what an honest worker sends of this item.
        """
        count = _read_head(message, _CLOSER_MAGIC, number)
        if count > len(undoing.aims) or self._altered is not None:
            raise Garbled
        body = message[_HEAD.size : _HEAD.size + count * _CLOSER.size]
        self._altered = tuple(_altered(*fields) for fields in _CLOSER.iter_unpack(body))

    def put_to(self, hashes: ItemHashes, undoing: Undoing) -> ItemHashes:
        """Give an answer with what came ahead of it, and forget that.

        Raises:
            Garbled: Something came that was not asked for, or of an item that has no pixels.
        """
        proposals = Proposals(tuple(self._placings), b"".join(self._hashes), tuple(self._frames))
        altered, is_proposed, is_video = self._altered, self._is_proposed, bool(self._frames)
        self._placings, self._frames, self._hashes = [], [], []
        self._altered, self._is_proposed = None, False
        if altered is None and not is_proposed:
            return hashes
        is_asked = bool(undoing.aims) if altered is not None else undoing.is_asked and not undoing.aims
        if not is_asked or (altered is not None and is_proposed) or not hashes.is_decoded:
            raise Garbled
        if is_video and hashes.video_mode is None:
            raise Garbled
        return replace(hashes, proposals=proposals if is_proposed else None, altered=altered or ())


def _read_head(message: bytes, magic: bytes, number: int) -> int:
    found, count, echoed = _HEAD.unpack_from(message)
    if (found, echoed) != (magic, number):
        raise Garbled
    return int(count)


def _placing(shares: Sequence[float]) -> Placing:
    x, y, width, height, angle_deg, kx, ky = shares
    is_sound = all(math.isfinite(share) and abs(share) <= _SHARE_MAX for share in (x, y, width, height, kx, ky))
    if not is_sound or width <= 0 or height <= 0 or not abs(angle_deg) <= _ANGLE_MAX:
        raise Garbled
    return Placing(window=(x, y, width, height), angle_deg=angle_deg, keystone=(kx, ky))


def _altered(*fields: Any) -> AlteredHash:  # as the layout says
    *shares, time_s, has_time, orientation, quality, candidate_bits, pdq, margins, seen = fields
    placing = _placing(shares)
    is_sound = orientation < len(ORIENTATIONS) and quality <= 100 and candidate_bits <= _DISTANCE_MAX and has_time <= 1
    if not is_sound or not (math.isfinite(time_s) and time_s >= 0.0):
        raise Garbled
    how = How(
        orientation=ORIENTATIONS[orientation],
        convention="full",
        time_s=time_s if has_time else None,
        window=placing.window,
        angle_deg=placing.angle_deg or None,
        keystone=placing.keystone if any(placing.keystone) else None,
        candidate_distance_bits=candidate_bits,
    )
    return AlteredHash(how, pdq, quality, margins, seen)
