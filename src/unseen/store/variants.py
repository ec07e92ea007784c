"""Variants of a picture, or frames of a video, as one packed value, so that a later recheck needs no pixel.

Layout of variants, little-endian: one byte 1 (the version), then for each variant
`orientation u8, convention u8, alpha u8, present u8, quality u8, pdq 32 bytes`, followed by what `present` announces:
bit 0 `time_s f64`, bit 1 `window 4 x f64`, bit 2 `angle_deg f64`, bit 3 `candidate_distance_bits u16`, bit 4
`keystone 2 x f64`.
Orientation, convention and alpha are positions in the tuples below; 0 is None. New words are added at their ends only.

Layout of frames, little-endian: one byte 2, one byte for how the video was looked at (0 `fast`, 1 `thorough`), then for
each frame `number u32, stream u16, quality u8, time_s f64, pdq 32 bytes`.

What hashers of a licensee made is kept by itself: JSON, an object of signals, each with its value in hexadecimal.

Of the image of a medium, which is neither: one byte 3, then `md5 u8, sha1 u8`, what came of each stored digest.

Hashes of what was placed anew, because a known picture may lie there altered, are kept by themselves: one byte 5, then
each as a variant is packed, and behind it 256 bytes of margins and 72 of what was seen. (Before it, 4 stood for hashes
without these.)
"""

import json
import struct
from collections.abc import Sequence
from typing import Any

from unseen.errors import StoreError
from unseen.model import Acquisition, AlteredHash, Comparison, Frame, How, ItemHashes, Variant, VideoMode

__all__ = [
    "ACQUISITION_VERSION",
    "FRAMES_VERSION",
    "FRAME_BYTES",
    "KEYFRAMES",
    "VARIANTS_VERSION",
    "VARIANT_BYTES",
    "pack_altered",
    "pack_frames",
    "pack_hashes",
    "pack_plugged_in",
    "pack_variants",
    "unpack_acquisition",
    "unpack_altered",
    "unpack_frames",
    "unpack_plugged_in",
    "unpack_variants",
]

VARIANTS_VERSION = 1
FRAMES_VERSION = 2
ACQUISITION_VERSION = 3
_ALTERED_VERSION = 5
_ALTERED = struct.Struct("256s72s")
_COMPARISONS = (Comparison.VERIFIED, Comparison.MISMATCH, Comparison.ABSENT, Comparison.UNREAD)
_MODES = (VideoMode.FAST, VideoMode.THOROUGH)
_FRAME = struct.Struct("<IHBd32s")
_ORIENTATIONS = (None, "original", "rotate90", "rotate180", "rotate270", "flipx", "flipy", "plus", "minus")
_CONVENTIONS = (None, "full", "512")
_ALPHAS = (None, "white", "black")
_ORIENTATION_AT, _CONVENTION_AT, _ALPHA_AT = (
    {word: position for position, word in enumerate(words)} for words in (_ORIENTATIONS, _CONVENTIONS, _ALPHAS)
)
# What stands behind a variant, where `present` announces it: its field of `How`, and how it is packed.
_OPTIONAL = tuple(
    (name, struct.Struct(layout))
    for name, layout in (
        ("time_s", "<d"),
        ("window", "<4d"),
        ("angle_deg", "<d"),
        ("candidate_distance_bits", "<H"),
        ("keystone", "<2d"),
    )
)
_HEAD = struct.Struct("<5B32s")
# Of one frame, and of one variant without anything optional.
FRAME_BYTES, VARIANT_BYTES = _FRAME.size, _HEAD.size
# What stands behind the version where keyframes alone were looked at.
KEYFRAMES = bytes((_MODES.index(VideoMode.FAST),))


def pack_hashes(hashes: ItemHashes) -> bytes | None:
    """Pack what an item has besides digests and canonical PDQ; None where there is nothing."""
    if hashes.acquisition is not None:
        codes = (hashes.acquisition.md5, hashes.acquisition.sha1)
        return bytes((ACQUISITION_VERSION, *map(_COMPARISONS.index, codes)))
    if hashes.vpdq:
        return pack_frames(hashes.vpdq, hashes.video_mode or VideoMode.THOROUGH)
    return pack_variants(hashes.variants)


def pack_plugged_in(extra: Sequence[tuple[str, bytes]]) -> str | None:
    """Write what plugged-in hashers made; None where there were none."""
    return json.dumps({signal: value.hex() for signal, value in extra}) if extra else None


def unpack_plugged_in(text: str | None) -> tuple[tuple[str, bytes], ...]:
    """Read what `pack_plugged_in` wrote."""
    return tuple((signal, bytes.fromhex(digits)) for signal, digits in json.loads(text or "{}").items())


def unpack_acquisition(packed: bytes) -> Acquisition:
    """Read what came of the digests stored in an image.

    Raises:
        StoreError: The value is torn.
    """
    try:
        version, md5, sha1 = packed
        if version == ACQUISITION_VERSION:
            return Acquisition(md5=_COMPARISONS[md5], sha1=_COMPARISONS[sha1])
    except (ValueError, IndexError):
        pass
    raise StoreError("a stored comparison is torn", hint="check the medium that holds the store")


def pack_frames(frames: Sequence[Frame], mode: VideoMode) -> bytes:
    """Pack the frames of a video in their order."""
    pieces = [bytes((FRAMES_VERSION, _MODES.index(mode)))]
    pieces += [_FRAME.pack(frame.frame, frame.stream, frame.pdq_quality, frame.time_s, frame.pdq) for frame in frames]
    return b"".join(pieces)


def unpack_frames(packed: bytes | None) -> tuple[tuple[Frame, ...], VideoMode] | None:
    """Read what `pack_frames` wrote; None where no frames are packed.

    Raises:
        StoreError: The value is torn.
    """
    if packed is None or packed[:1] != bytes((FRAMES_VERSION,)):
        return None
    try:
        frames = tuple(
            Frame(number, time_s, pdq, quality, stream)
            for number, stream, quality, time_s, pdq in _FRAME.iter_unpack(packed[2:])
        )
        return frames, _MODES[packed[1]]
    except (struct.error, IndexError):
        raise StoreError("stored frames are torn", hint="check the medium that holds the store") from None


def pack_variants(variants: tuple[Variant, ...]) -> bytes | None:
    """Pack variants in their order; None where there are none."""
    if not variants:
        return None
    return bytes((VARIANTS_VERSION,)) + b"".join(map(_pack_variant, variants))


def unpack_variants(packed: bytes | None) -> tuple[Variant, ...]:
    """Read what `pack_variants` wrote; none where something else is packed.

    Raises:
        StoreError: The value is torn, or was written by a newer version.
    """
    if packed is None or (len(packed) > 1 and packed[0] in {FRAMES_VERSION, ACQUISITION_VERSION}):
        return ()
    variants, at = [], 1
    try:
        if packed[0] != VARIANTS_VERSION:
            raise StoreError(f"stored variants have version {packed[0]}, this version knows {VARIANTS_VERSION}")
        while at < len(packed):
            variant, at = _unpack_variant(packed, at)
            variants.append(variant)
    except (struct.error, IndexError):
        raise StoreError("stored variants are torn", hint="check the medium that holds the store") from None
    return tuple(variants)


def pack_altered(altered: Sequence[AlteredHash]) -> bytes | None:
    """Pack hashes of what was placed anew, in their order; None where there are none."""
    if not altered:
        return None
    pieces = [bytes((_ALTERED_VERSION,))]
    for one in altered:
        pieces += [_pack_variant(Variant(one.how, one.pdq, one.pdq_quality)), _ALTERED.pack(one.margins, one.seen)]
    return b"".join(pieces)


def unpack_altered(packed: bytes | None) -> tuple[AlteredHash, ...]:
    """Read what `pack_altered` wrote.

    Raises:
        StoreError: The value is torn, or was written by a newer version.
    """
    if packed is None:
        return ()
    found, at = [], 1
    try:
        if packed[0] != _ALTERED_VERSION:
            raise StoreError(
                f"stored hashes of altered copies have version {packed[0]}, this version knows {_ALTERED_VERSION}",
                hint="scan the files again",
            )
        while at < len(packed):
            variant, at = _unpack_variant(packed, at)
            found.append(AlteredHash(variant.how, variant.pdq, variant.pdq_quality, *_ALTERED.unpack_from(packed, at)))
            at += _ALTERED.size
    except (struct.error, IndexError):
        at = -1
    if at != len(packed):
        raise StoreError("stored hashes of altered copies are torn", hint="check the medium that holds the store")
    return tuple(found)


def _pack_variant(variant: Variant) -> bytes:
    how = variant.how
    present, optional = 0, b""
    for bit, (name, layout) in enumerate(_OPTIONAL):
        value = getattr(how, name)
        if value is not None:
            present |= 1 << bit
            optional += layout.pack(*value) if isinstance(value, tuple) else layout.pack(value)
    orientation, convention = _ORIENTATION_AT[how.orientation], _CONVENTION_AT[how.convention]
    head = _HEAD.pack(orientation, convention, _ALPHA_AT[how.alpha], present, variant.pdq_quality, variant.pdq)
    return head + optional


def _unpack_variant(packed: bytes, at: int) -> tuple[Variant, int]:
    """One variant, and where the next begins."""
    orientation, convention, alpha, present, quality, pdq = _HEAD.unpack_from(packed, at)
    at += _HEAD.size
    optional: dict[str, Any] = {}
    for bit, (name, layout) in enumerate(_OPTIONAL):
        if present & 1 << bit:
            values = layout.unpack_from(packed, at)
            optional[name] = values if len(values) > 1 else values[0]
            at += layout.size
    optional |= {"convention": _CONVENTIONS[convention], "alpha": _ALPHAS[alpha]}
    return Variant(How(orientation=_ORIENTATIONS[orientation], **optional), pdq, quality), at
