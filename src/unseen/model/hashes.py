"""Signals, hashes, and the set of hashes that one item carries."""

from dataclasses import dataclass
from enum import StrEnum

from unseen.errors import UsageError
from unseen.model.acquisition import Acquisition
from unseen.model.altered import Proposals
from unseen.model.outcomes import Reason

__all__ = [
    "ORIENTATIONS",
    "PDQ_BITS",
    "QUALITY_MIN",
    "AlteredHash",
    "Frame",
    "Hash",
    "How",
    "ItemHashes",
    "Signal",
    "Variant",
    "VideoMode",
]

PDQ_BITS = 256
# In the order in which they are hashed together: by quarter turns, then mirrored.
ORIENTATIONS = ("original", "rotate90", "rotate180", "rotate270", "flipx", "flipy", "plus", "minus")
# Below this quality a PDQ says too little about its picture to accuse anybody: it is printed and stored, never matched.
# The bound is that of the reference (facebook/ThreatExchange, pdq/README.md: "discard quality <= 49").
QUALITY_MIN = 50


class Signal(StrEnum):
    """A kind of hash that this program computes itself. Lists may hold others, which are kept but not searched."""

    PDQ = "pdq"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    # One frame of a known video; all that bear the same identifier in a list make the video.
    VPDQ = "vpdq"

    @property
    def size_bytes(self) -> int:
        """Length of a value."""
        return _SIZE_BYTES[self]


_SIZE_BYTES = {Signal.PDQ: 32, Signal.MD5: 16, Signal.SHA1: 20, Signal.SHA256: 32, Signal.VPDQ: 32}


@dataclass(frozen=True, slots=True)
class Hash:
    """A value of a signal; its text is `signal:hex`."""

    signal: Signal
    value: bytes

    @classmethod
    def parse(cls, text: str) -> "Hash":
        """Read `signal:hex`, in either case of digits.

        Raises:
            UsageError: The signal is unknown, a digit is not hexadecimal, or the length is not the signal's.
        """
        name, colon, digits = text.strip().partition(":")
        if not colon:
            raise UsageError(
                f"hash {text.strip()[:80]!r} does not name its signal",
                hint="write pdq:HEX, md5:HEX, sha1:HEX or sha256:HEX: PDQ and SHA-256 look alike",
            )
        try:
            signal = Signal(name.lower())
        except ValueError:
            raise UsageError(
                f"unknown signal {name[:40]!r}", hint=f"known signals: {', '.join(sorted(Signal))}"
            ) from None
        return cls(signal, cls.parse_digits(signal, digits))

    @staticmethod
    def parse_digits(signal: Signal, digits: str) -> bytes:
        """Read the hexadecimal digits of a value of `signal`.

        Raises:
            UsageError: A digit is not hexadecimal, or the length is not the signal's.
        """
        digits_needed = 2 * signal.size_bytes
        if len(digits) != digits_needed:
            raise UsageError(
                f"hash has {len(digits)} hex digits, {signal} needs {digits_needed}",
                hint="was the column cut by a spreadsheet?",
            )
        # bytes.fromhex alone would let blanks through.
        if not digits.isascii() or not digits.isalnum():
            raise UsageError(f"hash of signal {signal} has a character that is not a hex digit")
        try:
            return bytes.fromhex(digits)
        except ValueError:
            raise UsageError(f"hash of signal {signal} has a character that is not a hex digit") from None

    def __str__(self) -> str:
        return f"{self.signal}:{self.value.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """In which way a hash was taken from its item; what is unused is None.

    Attributes:
        orientation: `original rotate90 rotate180 rotate270 flipx flipy plus minus`.
        convention: `full` (all pixels) or `512` (stretched to 512x512 first, as Meta's C++ tool does).
        alpha: `white` or `black`: laid over that colour; None where alpha was dropped or there is none.
        time_s: Start of the frame in an animated picture or video, in seconds.
        window: Part of the picture (x, y, width, height as shares of it), for altered copies.
        angle_deg: Tilt undone, in degrees, for altered copies.
        candidate_distance_bits: Distance before refinement, for altered copies.
        keystone: Perspective undone, as `Placing` has it, for altered copies.
    """

    orientation: str | None = None
    convention: str | None = None
    alpha: str | None = None
    time_s: float | None = None
    window: tuple[float, float, float, float] | None = None
    angle_deg: float | None = None
    candidate_distance_bits: int | None = None
    keystone: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """A further hash of the same picture that may match too."""

    how: How
    pdq: bytes
    pdq_quality: int


@dataclass(frozen=True, slots=True)
class AlteredHash:
    """Hash of a part of a picture that was placed anew, because a known picture may lie there.

    Attributes:
        how: Orientation, window, angle, keystone and candidate distance; of a frame also its time.
        pdq: Canonical PDQ of what was cut out, turned and flipped as `how.orientation` says already: entries are
            compared with it directly.
        pdq_quality: 0 to 100.
        margins: 256 bytes, one for each bit of `pdq`, most significant first: how far its coefficient lies from the
            median that decides it, in parts of which `MARGINS_PER_MEDIAN` are as far as half of all lie; at most 255.
        seen: 72 bytes: which of 24 by 24 equal parts of what was cut out lie in the picture, a one for each, row by row
            from the upper left, most significant first. The others lie beyond its frame and were filled.
    """

    how: How
    pdq: bytes
    pdq_quality: int
    margins: bytes
    seen: bytes


class VideoMode(StrEnum):
    """How much of a video is looked at. Closed."""

    # Keyframes alone: what lies between them was not seen.
    FAST = "fast"
    # One frame in each second throughout.
    THOROUGH = "thorough"


@dataclass(frozen=True, slots=True)
class Frame:
    """One hashed frame of a video.

    Attributes:
        frame: Number in its stream, from 0; of a keyframe alone, computed from its time and the rate.
        time_s: Seconds since the start of the video.
        stream: 0 for the first stream of pictures, then counted on; a cover picture is a stream of one frame.
    """

    frame: int
    time_s: float
    pdq: bytes
    pdq_quality: int
    stream: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemHashes:
    """All that leaves the darkroom about one item: sizes, hashes and a closed reason. No pixel.

    Attributes:
        size_bytes: Number of bytes read and digested.
        sha256: 32 bytes, or None where the item's bytes could not be read whole. So `sha1` (20) and `md5` (16).
        pdq: 32 bytes, most significant bit first (the canonical PDQ), or None where the item is not a picture.
        pdq_quality: 0 to 100, or None.
        variants: Further hashes of the same picture, in a fixed order, without duplicates of (pdq).
        vpdq: Frames of a video in the order in which they were decoded, or None where the item is no video.
        video_mode: How much of the video these frames stand for, or None.
        extra: (signal, value) pairs from hashers that a licensee plugged in.
        proposals: What is searched for altered copies, in the first answer about an item alone; never stored.
        altered: Hashes of what was placed anew, after a search for altered copies came near something.
        acquisition: Of the image of a medium: what came of the digests stored in it; None of everything else.
        reason: None for a whole picture or video. `not_media`, `low_quality`, `known_file`: digests only. `truncated`
            with a PDQ or frames: decoded in part. Any other, and `truncated` without one: not screened.
    """

    size_bytes: int
    sha256: bytes | None
    sha1: bytes | None
    md5: bytes | None
    pdq: bytes | None = None
    pdq_quality: int | None = None
    variants: tuple[Variant, ...] = ()
    vpdq: tuple[Frame, ...] | None = None
    video_mode: VideoMode | None = None
    extra: tuple[tuple[str, bytes], ...] = ()
    proposals: Proposals | None = None
    altered: tuple[AlteredHash, ...] = ()
    acquisition: Acquisition | None = None
    reason: Reason | None = None

    @property
    def is_decoded(self) -> bool:
        """Whether at least a part of it was seen: a picture, or frames of a video."""
        return self.pdq is not None or bool(self.vpdq)
