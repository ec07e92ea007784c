"""What parent and worker say to each other: structs of fixed size, and nothing is believed unchecked.

A worker whose decoder was taken over may send anything; whatever is not exactly an answer is `Garbled`. Nothing here
runs, imports or allocates by what a message says.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from unseen.darkroom.lock import Sandbox
from unseen.darkroom.undoing.aims import AIM_BYTES, AIMS_MAX, NOT_ASKED, Undoing, pack_aims, unpack_aims
from unseen.decoding import LIMITS
from unseen.hashing import CONVENTIONS, ORIENTATIONS
from unseen.hashing.known_files import DigestFile
from unseen.hashing.plugin import HASHER_BYTES_MAX, HASHERS_MAX
from unseen.model import Altered, How, ItemHashes, Reason, Variant, VideoMode
from unseen.sources.filesystems.extents import Extent
from unseen.sources.layers import PLACES_MAX

__all__ = [
    "ANSWER_BYTES",
    "DIGEST_FILE",
    "GREETING",
    "PLACES_BYTES_MAX",
    "REASONS",
    "REASON_CODES",
    "REQUEST_BYTES_MAX",
    "Garbled",
    "Inside",
    "Request",
    "pack_answer",
    "pack_digest_file",
    "pack_greeting",
    "pack_places",
    "pack_request",
    "unpack_answer",
    "unpack_digest_file",
    "unpack_greeting",
    "unpack_places",
    "unpack_request",
]


class Garbled(Exception):  # noqa: N818  # never leaves the darkroom; the worker is replaced
    """A message that an honest worker does not send."""


class Inside(IntEnum):
    """What lies in an item beside its own bytes."""

    NOTHING = 0
    CONTAINER = 1
    # A container whose reader is given no other file.
    DISK = 2
    # Hashed as a picture; something lies beside its pixels.
    PARTS = 3
    # Bytes of no known kind in which a picture seems to begin.
    SIGNS = 4
    # Another member has these bytes as its continuation: by themselves they are no container.
    LATER = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a worker about the item whose descriptor goes along.

    Attributes:
        digests_only: A reason to give without decoding.
        is_member: A reader has said already what lies inside.
        ranges_bytes: The descriptor is a socket on which so many bytes are served by ranges; None for a file.
        mode: How it is looked at if it is a video.
        alteration: Of which altered copy the hashes are wanted, by number in the catalogue; 0 for none.
        places: Where in the file its bytes lie; none for all of the file.
        undoing: What is wanted of altered copies.
    """

    number: int
    digests_only: Reason | None = None
    is_member: bool = False
    ranges_bytes: int | None = None
    mode: VideoMode = VideoMode.THOROUGH
    alteration: int = 0
    places: tuple[Extent, ...] = ()
    undoing: Undoing = NOT_ASKED


# Number of the item, the code of a reason to give without decoding (0: decode), is a member, is served by ranges, how
# to look at a video, alteration, how far altered copies are looked for, how many aims follow, size. Places may follow.
_REQUEST = struct.Struct("<QBBBBHBBQ")
# Offset (-1: zeros), size.
_PLACE = struct.Struct("<qQ")
PLACES_BYTES_MAX = PLACES_MAX * _PLACE.size
REQUEST_BYTES_MAX = _REQUEST.size + AIMS_MAX * AIM_BYTES + PLACES_BYTES_MAX
# Of a file of digests whose descriptor goes along: offset, count, size of each. Of another size than any request.
DIGEST_FILE = struct.Struct("<QQBx")
# Magic, whether the worker is locked, its single thread, version of Landlock, error number, then the signals.
GREETING = struct.Struct("<4sBBBxi")
_GREETING_MAGIC = b"DARK"

# Number, size, has digests, quality (255: no PDQ), reason, variants, extras, what is inside, video mode,
# digests, PDQ.
_HEAD = struct.Struct("<QQBBBBBBBx32s20s16s32s")
# Orientation, convention, alpha, has time, quality, time in seconds, PDQ.
_VARIANT = struct.Struct("<BBBBB3xd32s")
_EXTRA = struct.Struct(f"<BxH{HASHER_BYTES_MAX}s")

# Seven turns, eight of the other convention, two backgrounds, and the frames.
_VARIANTS_MAX = 7 + 8 + 2 + LIMITS.frames_max
_VARIANTS_AT = _HEAD.size
_EXTRAS_AT = _VARIANTS_AT + _VARIANTS_MAX * _VARIANT.size
ANSWER_BYTES = _EXTRAS_AT + HASHERS_MAX * _EXTRA.size

_NO_QUALITY = 255
_QUALITY_MAX = 100
# Codes on every wire of the darkroom; position 0 is None.
REASONS = (None, *Reason)
REASON_CODES = {reason: code for code, reason in enumerate(REASONS)}
_ALPHAS = (None, "white", "black")
# 0: no video.
_MODES = (None, *VideoMode)
_MODE_CODES = {mode: code for code, mode in enumerate(_MODES)}
_ALTERED = tuple(Altered)
_ORIENTATION_CODES = {name: code for code, name in enumerate(ORIENTATIONS)}
_CONVENTION_CODES: dict[str, int] = {name: code for code, name in enumerate(CONVENTIONS)}
_ALPHA_CODES = {name: code for code, name in enumerate(_ALPHAS)}
# Nearly every variant was taken in one of these few ways, and values are frozen: one of each is enough.
_HOWS = {
    (orientation, convention, alpha): How(
        orientation=ORIENTATIONS[orientation], convention=CONVENTIONS[convention], alpha=_ALPHAS[alpha]
    )
    for orientation in range(len(ORIENTATIONS))
    for convention in range(len(CONVENTIONS))
    for alpha in range(len(_ALPHAS))
}


def pack_request(request: Request) -> bytes:
    """Ask for the item whose descriptor goes along."""
    by_ranges = request.ranges_bytes is not None
    code = REASON_CODES[request.digests_only]
    mode, size_bytes, undoing = _MODE_CODES[request.mode], request.ranges_bytes or 0, request.undoing
    head = _REQUEST.pack(
        *(request.number, code, request.is_member, by_ranges, mode, request.alteration),
        *(_ALTERED.index(undoing.altered), len(undoing.aims), size_bytes),
    )
    return head + pack_aims(undoing.aims) + pack_places(request.places)


def unpack_request(message: bytes) -> Request:
    """Read what `pack_request` wrote."""
    number, code, is_member, by_ranges, mode, alteration, altered, aims, size_bytes = _REQUEST.unpack_from(message)
    places_at = _REQUEST.size + aims * AIM_BYTES
    return Request(
        number,
        REASONS[code],
        bool(is_member),
        size_bytes if by_ranges else None,
        _MODES[mode] or VideoMode.THOROUGH,
        alteration,
        unpack_places(message[places_at:]),
        Undoing(_ALTERED[altered], unpack_aims(message[_REQUEST.size : places_at])),
    )


def pack_places(places: Sequence[Extent]) -> bytes:
    """Write where the bytes of an item lie."""
    return b"".join(_PLACE.pack(-1 if each.offset is None else each.offset, each.size_bytes) for each in places)


def unpack_places(message: bytes) -> tuple[Extent, ...]:
    """Read and check what `pack_places` wrote.

    Raises:
        Garbled: There are too many, a part of one, or one that is nowhere.
    """
    if len(message) > PLACES_BYTES_MAX or len(message) % _PLACE.size:
        raise Garbled
    places = tuple(Extent(None if at == -1 else at, size) for at, size in _PLACE.iter_unpack(message))
    if any((each.offset is not None and each.offset < 0) or each.size_bytes <= 0 for each in places):
        raise Garbled
    return places


def pack_digest_file(file: DigestFile) -> bytes:
    """Say where the digests of commonplace files lie in the file whose descriptor goes along."""
    return DIGEST_FILE.pack(file.offset, file.count, file.digest_bytes)


def unpack_digest_file(message: bytes, descriptor: int) -> DigestFile:
    """Read what `pack_digest_file` wrote."""
    return DigestFile(descriptor, *DIGEST_FILE.unpack(message))


def pack_greeting(sandbox: Sandbox | None, error_number: int) -> bytes:
    """Say that the worker is ready, or why it is not."""
    if sandbox is None:
        return GREETING.pack(_GREETING_MAGIC, 0, 0, 0, error_number or -1)
    return GREETING.pack(
        _GREETING_MAGIC, sandbox.seccomp, sandbox.is_single_threaded, min(sandbox.landlock_version, 255), 0
    )


def unpack_greeting(message: bytes) -> Sandbox | int:
    """Read what `pack_greeting` wrote: the protections, or the error number of the step that failed.

    Raises:
        Garbled: It is no greeting.
    """
    if len(message) != GREETING.size:
        raise Garbled
    magic, seccomp, single, landlock_version, error_number = GREETING.unpack(message)
    if magic != _GREETING_MAGIC or seccomp > 1 or single > 1:
        raise Garbled
    return int(error_number) if error_number else Sandbox(bool(seccomp), landlock_version, bool(single))


def pack_answer(number: int, hashes: ItemHashes, signals: tuple[str, ...], inside: Inside = Inside.NOTHING) -> bytes:
    """Put all hashes of an item into one message, but for the frames of a video, which go ahead of it.

    Args:
        number: Of the request.
        hashes: What was found.
        inside: What lies in it besides.
        signals: Names of the hashers that were plugged in, in the order of both sides.
    """
    message = bytearray(ANSWER_BYTES)
    _HEAD.pack_into(
        message,
        0,
        number,
        hashes.size_bytes,
        hashes.sha256 is not None,
        _NO_QUALITY if hashes.pdq_quality is None else hashes.pdq_quality,
        REASON_CODES[hashes.reason],
        len(hashes.variants),
        len(hashes.extra),
        inside,
        _MODE_CODES[hashes.video_mode],
        hashes.sha256 or b"",
        hashes.sha1 or b"",
        hashes.md5 or b"",
        hashes.pdq or b"",
    )
    at = _VARIANTS_AT
    for variant in hashes.variants:
        how = variant.how
        _VARIANT.pack_into(
            message,
            at,
            _ORIENTATION_CODES[how.orientation or ORIENTATIONS[0]],
            _CONVENTION_CODES[how.convention or CONVENTIONS[0]],
            _ALPHA_CODES[how.alpha],
            how.time_s is not None,
            variant.pdq_quality,
            how.time_s or 0.0,
            variant.pdq,
        )
        at += _VARIANT.size
    at = _EXTRAS_AT
    for signal, value in hashes.extra:
        _EXTRA.pack_into(message, at, signals.index(signal), len(value), value)
        at += _EXTRA.size
    return bytes(message)


def unpack_answer(message: bytes, number: int, signals: tuple[str, ...]) -> tuple[ItemHashes, Inside]:
    """Read and check an answer. Of a video, `vpdq` is empty: its frames came ahead.

    Args:
        message: As it came.
        number: Of the item that must be answered now.
        signals: As for `pack_answer`.

    Raises:
        Garbled: A length, count, code or number is not what an honest worker sends.
    """
    if len(message) != ANSWER_BYTES:
        raise Garbled
    echoed, size_bytes, has_digests, quality, code, variant_count, extra_count, inside, mode, *digests, pdq = (
        _HEAD.unpack_from(message)
    )
    if (
        echoed != number
        or has_digests > 1
        or code >= len(REASONS)
        or variant_count > _VARIANTS_MAX
        or extra_count > len(signals)
        or inside >= len(Inside)
        or mode >= len(_MODES)
        or not (quality <= _QUALITY_MAX or quality == _NO_QUALITY)
    ):
        raise Garbled
    has_pdq = quality != _NO_QUALITY
    reason = REASONS[code]
    is_sound = reason in {None, Reason.LOW_QUALITY, Reason.TRUNCATED, Reason.ALTERED_UNFINISHED}
    # A damaged picture may have left nothing that a hash could speak of.
    is_expected = (has_pdq or mode > 0) == is_sound or reason is Reason.TRUNCATED
    is_both = has_pdq and mode > 0
    if not is_expected or is_both or (not is_sound and mode > 0) or (variant_count and not has_pdq):
        raise Garbled
    if (has_pdq or mode > 0) and not has_digests:
        raise Garbled
    sha256, sha1, md5 = digests if has_digests else (None, None, None)
    hashes = ItemHashes(
        size_bytes=size_bytes,
        sha256=sha256,
        sha1=sha1,
        md5=md5,
        pdq=pdq if has_pdq else None,
        pdq_quality=quality if has_pdq else None,
        variants=_unpack_variants(message, variant_count) if variant_count else (),
        extra=_unpack_extras(message, extra_count, signals) if extra_count else (),
        vpdq=() if mode else None,
        video_mode=_MODES[mode],
        reason=reason,
    )
    return hashes, Inside(inside)


def _unpack_variants(message: bytes, count: int) -> tuple[Variant, ...]:
    variants = []
    view = memoryview(message)[_VARIANTS_AT : _VARIANTS_AT + count * _VARIANT.size]
    for orientation, convention, alpha, has_time, quality, time_s, pdq in _VARIANT.iter_unpack(view):
        how = _HOWS.get((orientation, convention, alpha))
        if how is None or has_time > 1 or quality > _QUALITY_MAX or not (math.isfinite(time_s) and time_s >= 0.0):
            raise Garbled
        if has_time:
            how = How(orientation=how.orientation, convention=how.convention, alpha=how.alpha, time_s=time_s)
        variants.append(Variant(how, pdq, quality))
    return tuple(variants)


def _unpack_extras(message: bytes, count: int, signals: tuple[str, ...]) -> tuple[tuple[str, bytes], ...]:
    extras = []
    for index in range(count):
        signal, size_bytes, value = _EXTRA.unpack_from(message, _EXTRAS_AT + index * _EXTRA.size)
        if signal >= len(signals) or not 0 < size_bytes <= HASHER_BYTES_MAX:
            raise Garbled
        extras.append((signals[signal], value[:size_bytes]))
    return tuple(extras)
