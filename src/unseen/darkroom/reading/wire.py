"""What parent and reader say to each other. The parent believes nothing unchecked: what is not exact is `Garbled`.

Reader to parent: one message of the shape below for each event, a member's bytes as a sealed descriptor beside it.
Parent to reader: small orders; the reader trusts its parent.
"""

import re
import struct
from dataclasses import dataclass
from enum import IntEnum

from unseen.darkroom.wire import REASON_CODES, REASONS, Garbled, Inside, pack_places, unpack_places
from unseen.model import Acquisition, Comparison, Reason, State, Times
from unseen.sources.filesystems.extents import Extent
from unseen.sources.layers import PLACED_BYTES_MAX
from unseen.sources.layers.walk import ADDRESS_BYTES_MAX, Announced, Closed, Stated

__all__ = [
    "MESSAGE_BYTES_MAX",
    "ORDER_BYTES_MAX",
    "SECRET_BYTES_MAX",
    "Delivered",
    "Message",
    "Order",
    "Way",
    "pack_announced",
    "pack_closed",
    "pack_delivered",
    "pack_order",
    "pack_size",
    "pack_stated",
    "unpack_message",
    "unpack_order",
    "unpack_size",
]


class Way(IntEnum):
    """How the bytes of a member come."""

    # There are none, for a reason.
    NONE = 0
    # Nobody wanted them.
    UNWANTED = 1
    # As a sealed descriptor.
    MEMORY = 2
    # By ranges; the reader waits to be lent a socket.
    RANGES = 3
    # They lie in the file that is walked, as they are: whoever has it reads them there.
    PLACES = 5
    # By ranges too, but after what lies inside: a large container must not hold back what it holds.
    LATER = 4


class Order(IntEnum):
    """What the parent asks of a reader."""

    SECRET = 0
    # Walk the file whose descriptor goes along; the number is how many containers lie around it.
    WALK = 1
    CARVE_FILE = 2
    # The answer to an announcement; the number is a `Want`.
    ANSWER = 3
    # Serve ranges to the socket that goes along, until it is hung up.
    SERVE = 4
    # A file that continues the one that comes with the order to walk.
    LATER_FILE = 7
    # Walk what is served by ranges on the socket that goes along; the text is its size.
    WALK_LENT = 8
    CARVE_LENT = 9
    GO = 5
    CARVE = 6


@dataclass(frozen=True, slots=True)
class Delivered:
    """The content of the member that was announced last, or of a large container that is about to be closed.

    Attributes:
        reason: Set for `Way.NONE` alone.
        places: Set for `Way.PLACES` alone.
    """

    depth: int
    way: Way
    inside: Inside
    size_bytes: int
    reason: Reason | None
    places: tuple[Extent, ...] = ()


Message = Announced | Delivered | Stated | Closed

_ORDER = struct.Struct("<BB")
_SIZE = struct.Struct("<Q")
# A passphrase; disks take keys of up to a few hundred bytes.
SECRET_BYTES_MAX = 4_096
ORDER_BYTES_MAX = _ORDER.size + SECRET_BYTES_MAX

_ANNOUNCED, _DELIVERED, _CLOSED, _STATED = range(4)
# Kind, depth, state or way or MD5, inside or SHA-1, reason, which times there are, length of the layer, size, four
# times.
_HEAD = struct.Struct("<BHBBBBB Q 4q")
_LAYER_BYTES_MAX = 32
_LAYER = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.:+@-]{0,31}")
MESSAGE_BYTES_MAX = _HEAD.size + _LAYER_BYTES_MAX + ADDRESS_BYTES_MAX

_STATES = tuple(State)
_STATE_CODES = {state: code for code, state in enumerate(_STATES)}
# Position 0: not compared yet.
_COMPARISONS = tuple(Comparison)
_TIMES = ("modified_ns", "accessed_ns", "changed_ns", "born_ns")
_TIME_MAX = (1 << 63) - 1


def pack_order(order: Order, number: int = 0, text: bytes = b"") -> bytes:
    """Write an order."""
    return _ORDER.pack(order, number) + text


def unpack_order(message: bytes) -> tuple[Order, int, bytes]:
    """Read what `pack_order` wrote."""
    order, number = _ORDER.unpack_from(message)
    return Order(order), number, message[_ORDER.size :]


def pack_size(size_bytes: int) -> bytes:
    """Write the text of an order to walk what is lent."""
    return _SIZE.pack(size_bytes)


def unpack_size(text: bytes) -> int:
    """Read what `pack_size` wrote."""
    (size_bytes,) = _SIZE.unpack(text)
    return int(size_bytes)


def pack_announced(event: Announced) -> bytes:
    """Write that there is a member."""
    values = [0] * len(_TIMES)
    mask = 0
    for at, name in enumerate(_TIMES if event.times is not None else ()):
        value = getattr(event.times, name)
        # A time that no clock can show is a damaged field.
        if value is not None and -_TIME_MAX <= value <= _TIME_MAX:
            values[at] = value
            mask |= 1 << at
    layer = event.layer.encode()
    state = _STATE_CODES[event.state]
    head = _HEAD.pack(_ANNOUNCED, event.depth, state, 0, 0, mask, len(layer), 0, *values)
    return head + layer + event.address.encode("utf-8", "surrogateescape")


def pack_delivered(event: Delivered) -> bytes:
    """Write how the bytes of a member come."""
    reason = REASON_CODES[event.reason]
    head = _HEAD.pack(_DELIVERED, event.depth, event.way, event.inside, reason, 0, 0, event.size_bytes, 0, 0, 0, 0)
    return head + pack_places(event.places)


def pack_closed(event: Closed) -> bytes:
    """Write that a container was left."""
    return _HEAD.pack(_CLOSED, event.depth, 0, 0, REASON_CODES[event.reason], 0, 0, 0, 0, 0, 0, 0)


def pack_stated(event: Stated) -> bytes:
    """Write what was said of a container."""
    found = event.acquisition
    codes = (0, 0) if found is None else (1 + _COMPARISONS.index(found.md5), 1 + _COMPARISONS.index(found.sha1))
    size_bytes = min(event.size_bytes, _TIME_MAX)
    return _HEAD.pack(_STATED, event.depth, *codes, 0, 0, 0, size_bytes, 0, 0, 0, 0)


def unpack_message(message: bytes) -> Message:
    """Read and check what a reader sent.

    Raises:
        Garbled: A length, code or text is not what an honest reader sends.
    """
    if not _HEAD.size <= len(message) <= MESSAGE_BYTES_MAX:
        raise Garbled
    kind, depth, code, inside, reason_code, mask, layer_bytes, size_bytes, *times = _HEAD.unpack_from(message)
    if reason_code >= len(REASONS) or mask >= 1 << len(_TIMES):
        raise Garbled
    rest, reason = message[_HEAD.size :], REASONS[reason_code]
    if kind == _ANNOUNCED:
        return _unpack_announced(depth, code, (mask, times), rest[:layer_bytes], rest[layer_bytes:])
    if kind == _DELIVERED and code == Way.PLACES:
        return _unpack_placed(depth, inside, size_bytes, rest)
    if rest or reason in {Reason.NOT_MEDIA, Reason.LOW_QUALITY, Reason.KNOWN_FILE}:
        raise Garbled
    if kind == _CLOSED:
        return Closed(depth, reason)
    if kind == _STATED:
        return Stated(depth, size_bytes, _unpack_acquisition(code, inside))
    if kind != _DELIVERED or code >= len(Way) or inside >= len(Inside) or (code == Way.NONE) != (reason is not None):
        raise Garbled
    return Delivered(depth, Way(code), Inside(inside), size_bytes, reason)


def _unpack_placed(depth: int, inside: int, size_bytes: int, rest: bytes) -> Delivered:
    places = unpack_places(rest)
    is_whole = sum(each.size_bytes for each in places) == size_bytes
    if inside >= len(Inside) or not places or not is_whole or size_bytes > PLACED_BYTES_MAX:
        raise Garbled
    return Delivered(depth, Way.PLACES, Inside(inside), size_bytes, None, places)


def _unpack_acquisition(md5: int, sha1: int) -> Acquisition | None:
    if max(md5, sha1) > len(_COMPARISONS) or bool(md5) != bool(sha1):
        raise Garbled
    return Acquisition(md5=_COMPARISONS[md5 - 1], sha1=_COMPARISONS[sha1 - 1]) if md5 else None


def _unpack_announced(depth: int, code: int, times: tuple[int, list[int]], layer: bytes, address: bytes) -> Announced:
    if code >= len(_STATES) or not _LAYER.fullmatch(layer) or not address or b"\0" in address:
        raise Garbled
    mask, values = times
    given = {name: value for at, (name, value) in enumerate(zip(_TIMES, values, strict=True)) if mask & 1 << at}
    return Announced(
        depth,
        layer.decode(),
        address.decode("utf-8", "surrogateescape"),
        _STATES[code],
        Times(**given) if given else None,
    )
