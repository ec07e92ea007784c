"""Variants of a picture, or frames of a video, as one packed value, so that a later recheck needs no pixel.

Layout of variants, little-endian: one byte 1 (the version), then for each variant
`orientation u8, convention u8, alpha u8, present u8, quality u8, pdq 32 bytes`, followed by what `present` announces:
bit 0 `time_s f64`, bit 1 `window 4 x f64`, bit 2 `angle_deg f64`, bit 3 `candidate_distance_bits u16`.
Orientation, convention and alpha are positions in the tuples below; 0 is None. New words are added at their ends only.

Layout of frames, little-endian: one byte 2, one byte for how the video was looked at (0 `fast`, 1 `thorough`), then for
each frame `number u32, stream u16, quality u8, time_s f64, pdq 32 bytes`.

What hashers of a licensee made is kept by itself: JSON, an object of signals, each with its value in hexadecimal.

Of the image of a medium, which is neither: one byte 3, then `md5 u8, sha1 u8`, what came of each stored digest.
"""

import json
import struct
from collections.abc import Sequence

from unseen.errors import StoreError
from unseen.model import Acquisition, Comparison, Frame, How, ItemHashes, Variant, VideoMode

__all__ = [
    "ACQUISITION_VERSION",
    "FRAMES_VERSION",
    "FRAME_BYTES",
    "KEYFRAMES",
    "VARIANTS_VERSION",
    "VARIANT_BYTES",
    "pack_frames",
    "pack_hashes",
    "pack_plugged_in",
    "pack_variants",
    "unpack_acquisition",
    "unpack_frames",
    "unpack_plugged_in",
    "unpack_variants",
]

VARIANTS_VERSION = 1
FRAMES_VERSION = 2
ACQUISITION_VERSION = 3
_COMPARISONS = (Comparison.VERIFIED, Comparison.MISMATCH, Comparison.ABSENT, Comparison.UNREAD)
_MODES = (VideoMode.FAST, VideoMode.THOROUGH)
_FRAME = struct.Struct("<IHBd32s")
_ORIENTATIONS = (None, "original", "rotate90", "rotate180", "rotate270", "flipx", "flipy", "plus", "minus")
_CONVENTIONS = (None, "full", "512")
_ALPHAS = (None, "white", "black")
_ORIENTATION_AT, _CONVENTION_AT, _ALPHA_AT = (
    {word: position for position, word in enumerate(words)} for words in (_ORIENTATIONS, _CONVENTIONS, _ALPHAS)
)
_NOTHING = (None, None, None, None)
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
    pieces = [bytes((VARIANTS_VERSION,))]
    for variant in variants:
        how = variant.how
        present, optional = _pack_optional(how)
        orientation, convention = _ORIENTATION_AT[how.orientation], _CONVENTION_AT[how.convention]
        quality, pdq = variant.pdq_quality, variant.pdq
        pieces.append(_HEAD.pack(orientation, convention, _ALPHA_AT[how.alpha], present, quality, pdq))
        pieces.append(optional)
    return b"".join(pieces)


def unpack_variants(packed: bytes | None) -> tuple[Variant, ...]:
    """Read what `pack_variants` wrote; none where something else is packed.

    Raises:
        StoreError: The value is torn, or was written by a newer version.
    """
    if packed is None or (len(packed) > 1 and packed[0] in {FRAMES_VERSION, ACQUISITION_VERSION}):
        return ()
    try:
        return _unpack(packed)
    except (struct.error, IndexError):
        raise StoreError("stored variants are torn", hint="check the medium that holds the store") from None


def _pack_optional(how: How) -> tuple[int, bytes]:
    if (how.time_s, how.window, how.angle_deg, how.candidate_distance_bits) == _NOTHING:
        return 0, b""
    present = 0
    optional = b""
    if how.time_s is not None:
        present |= 1
        optional += struct.pack("<d", how.time_s)
    if how.window is not None:
        present |= 2
        optional += struct.pack("<4d", *how.window)
    if how.angle_deg is not None:
        present |= 4
        optional += struct.pack("<d", how.angle_deg)
    if how.candidate_distance_bits is not None:
        present |= 8
        optional += struct.pack("<H", how.candidate_distance_bits)
    return present, optional


def _unpack(packed: bytes) -> tuple[Variant, ...]:
    if packed[0] != VARIANTS_VERSION:
        raise StoreError(f"stored variants have version {packed[0]}, this version knows {VARIANTS_VERSION}")
    variants = []
    offset = 1
    while offset < len(packed):
        orientation, convention, alpha, present, quality, pdq = _HEAD.unpack_from(packed, offset)
        offset += _HEAD.size
        values: list[tuple[float, ...] | None] = []
        for bit, layout in ((1, "<d"), (2, "<4d"), (4, "<d"), (8, "<H")):
            values.append(struct.unpack_from(layout, packed, offset) if present & bit else None)
            offset += struct.calcsize(layout) if present & bit else 0
        time_s, window, angle_deg, candidate = values
        how = How(
            orientation=_ORIENTATIONS[orientation],
            convention=_CONVENTIONS[convention],
            alpha=_ALPHAS[alpha],
            time_s=time_s[0] if time_s else None,
            window=(window[0], window[1], window[2], window[3]) if window else None,
            angle_deg=angle_deg[0] if angle_deg else None,
            candidate_distance_bits=int(candidate[0]) if candidate else None,
        )
        variants.append(Variant(how, pdq, quality))
    return tuple(variants)
