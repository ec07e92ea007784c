"""What a request says of altered copies: how far they are looked for, and at what a closer look aims."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unseen.hashing import ORIENTATIONS
from unseen.model import AIMS_MAX, Aim, Altered, Placing

__all__ = ["AIMS_MAX", "AIM_BYTES", "NOT_ASKED", "Undoing", "pack_aims", "unpack_aims"]

# Window, angle, keystone, value, distance, stream, frame, whether it is of a frame, orientation.
_AIM = struct.Struct("<7d32sHHIBB")
AIM_BYTES = _AIM.size
_ORIENTATION_CODES = {name: code for code, name in enumerate(ORIENTATIONS)}


@dataclass(frozen=True, slots=True)
class Undoing:
    """What is wanted of one item.

    Attributes:
        altered: How far altered copies are looked for.
        aims: What the closer look goes for; none at the first.
    """

    altered: Altered = Altered.OFF
    aims: tuple[Aim, ...] = ()

    @property
    def is_asked(self) -> bool:
        """Whether anything is wanted."""
        return bool(self.aims) or self.altered is not Altered.OFF


NOT_ASKED = Undoing()


def pack_aims(aims: Sequence[Aim]) -> bytes:
    """Write what a closer look goes for."""
    return b"".join(
        _AIM.pack(
            *(*aim.placing.window, aim.placing.angle_deg, *aim.placing.keystone),
            aim.value,
            aim.distance_bits,
            *(aim.frame or (0, 0)),
            aim.frame is not None,
            _ORIENTATION_CODES[aim.orientation],
        )
        for aim in aims
    )


def unpack_aims(packed: bytes) -> tuple[Aim, ...]:
    """Read what `pack_aims` wrote."""
    return tuple(_aim(*fields) for fields in _AIM.iter_unpack(packed))


def _aim(*fields: Any) -> Aim:  # as the layout says
    *shares, value, distance_bits, stream, frame, is_framed, orientation = fields
    x, y, width, height, angle_deg, kx, ky = shares
    placing = Placing(window=(x, y, width, height), angle_deg=angle_deg, keystone=(kx, ky))
    return Aim(placing, ORIENTATIONS[orientation], value, distance_bits, (stream, frame) if is_framed else None)
