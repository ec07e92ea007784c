"""A video's bytes to the hashes of its frames, in whatever process this runs."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from unseen import hashing
from unseen.darkroom.digests import Digests
from unseen.darkroom.undoing.aims import NOT_ASKED, Undoing
from unseen.darkroom.undoing.frames import Gallery
from unseen.darkroom.undoing.taking import unfinished
from unseen.decoding import Sniffed
from unseen.model import QUALITY_MIN, ByteSource, Frame, ItemHashes, Reason, VideoMode

if TYPE_CHECKING:
    from unseen.decoding.video import Sample, Video

__all__ = ["Film", "develop_video", "hash_sample", "join_frames", "join_looks"]


@dataclass(frozen=True, slots=True)
class Film:
    """How a video is looked at.

    Attributes:
        mode: `fast` looks at the keyframes, and at one frame in each second too where they are sparse.
        on_tick: Called now and then, so that whoever waits sees that work goes on.
        clock_s: A monotonic clock, by which decoding ends.
        undoing: What is wanted of altered copies.
    """

    mode: VideoMode = VideoMode.THOROUGH
    on_tick: Callable[[], None] = lambda: None
    clock_s: Callable[[], float] = time.monotonic
    undoing: Undoing = NOT_ASKED


@dataclass(slots=True)
class _Take:
    """What one walk through a video gave."""

    frames: tuple[Frame, ...]
    is_partial: bool
    is_sparse: bool
    gallery: Gallery


def develop_video(source: ByteSource, sniffed: Sniffed, digests: Digests, film: Film) -> ItemHashes:
    """Hash the frames of a video. Raises nothing, whatever the bytes are.

    Args:
        source: All of its bytes.
        sniffed: What it looks like.
        digests: Of all its bytes.
        film: How it is looked at.

    Returns:
        Digests and frames, with the mode that it was looked at in the end; and why not all of it was, if so.
    """
    try:
        taken = _take(source, sniffed.formats[0], film)
    except ImportError:
        taken = Reason.READER_NOT_INSTALLED
    except MemoryError:
        taken = Reason.TOO_LARGE
    if isinstance(taken, Reason):
        # A few bytes that ordinary data may hold too made it look like a video.
        return digests.finish(Reason.NOT_MEDIA if sniffed.is_weak and taken is Reason.UNREADABLE else taken)
    frames, is_partial, mode, gallery = taken
    is_clear = any(frame.pdq_quality >= QUALITY_MIN for frame in frames)
    if is_partial and not is_clear:
        # As with pictures: what could be had is nothing that a hash could speak of.
        return digests.finish(Reason.TRUNCATED)
    reason = Reason.TRUNCATED if is_partial else None if is_clear else Reason.LOW_QUALITY
    hashes = replace(digests.finish(reason), vpdq=frames, video_mode=mode, altered=tuple(gallery.altered))
    return unfinished(hashes) if gallery.is_short else replace(hashes, proposals=gallery.proposals())


def hash_sample(sample: "Sample") -> tuple[bytes, int]:
    """PDQ and quality of a frame, from what its decoder left where that is possible and quicker."""
    # Without wide vectors the kernel makes colours slower than FFmpeg, which has its own code for each processor.
    if sample.planes is None or hashing.kernel_in_use() == "portable":
        return hashing.pdq(sample.pixels)
    return hashing.pdq_of_planes(*sample.planes, is_full_range=sample.is_full_range)


def join_frames(some: Iterable[Frame], others: Iterable[Frame]) -> tuple[Frame, ...]:
    """All frames of two walks through one video, in order, each once: what one has seen the other may have missed."""
    joined = {(frame.stream, frame.frame, frame.pdq): frame for frame in (*others, *some)}
    return tuple(joined[key] for key in sorted(joined))


def join_looks(by_keyframes: ItemHashes | None, throughout: ItemHashes) -> ItemHashes:
    """What two looks at one video gave; where the second failed, the first still counts, and the failure is stated."""
    if by_keyframes is None:
        return throughout
    if throughout.video_mode is None:
        return replace(by_keyframes, reason=Reason.TRUNCATED)
    return replace(throughout, vpdq=join_frames(throughout.vpdq or (), by_keyframes.vpdq or ()))


def _take(source: ByteSource, demuxer: str, film: Film) -> tuple[tuple[Frame, ...], bool, VideoMode, Gallery] | Reason:
    from unseen.decoding.video import VIDEO_LIMITS, open_video

    end_s = film.clock_s() + VIDEO_LIMITS.seconds_max(source.size_bytes)
    frames: tuple[Frame, ...] = ()
    # Keyframes alone, and then all of it if they leave too much out.
    for mode in (VideoMode.FAST, VideoMode.THOROUGH) if film.mode is VideoMode.FAST else (VideoMode.THOROUGH,):
        video = open_video(source, demuxer, mode=mode)
        if isinstance(video, Reason):
            return video
        take = _walk(video, mode, film, end_s)
        frames = join_frames(take.frames, frames)
        if video.is_encrypted and not frames:
            return Reason.ENCRYPTED
        if take.is_partial and film.clock_s() >= end_s:
            break
        if mode is VideoMode.FAST and not take.is_sparse:
            break
    return (frames, take.is_partial, mode, take.gallery) if frames else Reason.UNREADABLE


def _walk(video: "Video", mode: VideoMode, film: Film, end_s: float) -> _Take:
    frames = []
    gallery = Gallery(film.undoing)
    is_late = False
    try:
        for sample in video.samples(mode):
            if sample is not None:
                pdq, quality = hash_sample(sample)
                frame = Frame(sample.frame, sample.time_s, pdq, quality, sample.stream)
                frames.append(frame)
                gallery.offer(frame, sample.develop)
            film.on_tick()
            if is_late := film.clock_s() >= end_s:
                break
        return _Take(tuple(frames), video.is_partial or is_late, video.is_sparse, gallery)
    finally:
        video.close()
