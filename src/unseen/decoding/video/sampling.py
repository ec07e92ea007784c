"""Which frames of a video are looked at: its keyframes, or one in each second."""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream

from unseen.decoding.video.opening import (
    VIDEO_LIMITS,
    Pixels,
    Planes,
    RangeFile,
    Sample,
    VideoLimits,
    open_container,
    open_container_for_keyframes,
    usable_streams,
)
from unseen.model import ByteSource, Reason, VideoMode

__all__ = ["Video", "open_video"]

# Encoders set a keyframe after 250 frames at the latest if nobody says otherwise: 10.4 seconds at 23.976 frames a
# second. Where more time lies between two, keyframes alone say too little.
_KEYFRAME_GAP_S = 10.5
# Of a clip with fewer, all of it is decoded: there is not much of it.
_KEYFRAMES_MIN = 3
# Where every frame is a keyframe, five in a second are enough.
_KEYFRAME_MIN_S = Fraction(1, 5)
# Of a video whose rate varies, or that lies about it, a frame is taken at the latest after this time: a steady rate
# never comes to it, and so gives what the reference gives.
_SAMPLE_GAP_S = 1.2
# A container that ends earlier than it promised was cut short; sound may run on for a little longer than the picture.
_MISSING_MIN_S, _MISSING_SHARE = Fraction(2), Fraction(1, 50)
# FFmpeg's names of containers that say as a whole how long they are, and not stream by stream.
_PROMISING = frozenset({"asf", "avi", "flv", "matroska"})
_MICROSECOND = Fraction(1, 1_000_000)
# So that whoever walks through the samples can look at the clock meanwhile.
_PACKETS_PER_TICK = 64
_FULL_RANGE = "yuvj"
_PLANAR = frozenset({"yuv420p", "yuvj420p"})
# Of a keyframe whose time lies; a number has four bytes wherever it goes.
_NUMBER_MAX = (1 << 32) - 1


class _End:
    """How far a stream goes, in ticks of its clock: a fraction of a second for each packet would cost what pixels do.

    Attributes:
        time_base: Seconds in a tick; 0 where it has no clock.
        ticks: None while no packet had a time.
    """

    def __init__(self, time_base: Fraction | None) -> None:
        self.time_base = time_base or Fraction(0)
        self.ticks: int | None = None

    def note(self, packet: "Packet[Any]") -> None:
        """Take in a packet."""
        pts = packet.dts if packet.pts is None else packet.pts
        if pts is not None:
            ticks = pts + (packet.duration or 0)
            if self.ticks is None or ticks > self.ticks:
                self.ticks = ticks


class _Track:
    """One stream of pictures while its frames are taken."""

    def __init__(self, stream: VideoStream, number: int, interval_s: int) -> None:
        self.number = number
        self._stream = stream
        self.context = stream.codec_context
        self.is_cover = bool(stream.disposition & av.stream.Disposition.attached_pic)
        self.time_base = stream.time_base or Fraction(1, 1000)
        self.start = stream.start_time or 0
        # As the reference has it: the average rate, else the base rate.
        self.rate = next((rate for rate in (stream.average_rate, stream.base_rate) if rate and rate > 0), Fraction(25))
        self.step = max(1, int(interval_s * self.rate))
        self.promised_s = Fraction(stream.duration or 0) * self.time_base
        self.count = 0
        self.keyframes = 0
        self.sampled_at_s = Fraction(-1000)
        self.end = _End(self.time_base)
        # By its frames, whose packets may have no time.
        self.counted_end_s = Fraction(0)
        self.gap_s = Fraction(0)
        self._reformatter = VideoReformatter()

    def time_s(self, pts: int | None) -> Fraction:
        """Seconds since the start of the stream; by its number where a frame has no time."""
        if pts is None:
            return Fraction(self.count) / self.rate
        return max(Fraction(0), (pts - self.start) * self.time_base)

    def note_index(self, size_bytes: int) -> bool:
        """Learn from the container's index how far the stream goes; whether some of it lies behind so many bytes."""
        entries = self._stream.index_entries
        ticks = [entry.timestamp for entry in entries if entry.pos + entry.size <= size_bytes]
        noted = [] if self.end.ticks is None else [self.end.ticks]
        self.end.ticks = max(noted + ticks, default=None)
        return len(ticks) < len(entries)

    @property
    def end_s(self) -> Fraction:
        """How far it goes, as far as it was walked through."""
        ticks = self.end.ticks
        return self.counted_end_s if ticks is None else max(self.counted_end_s, self.time_s(ticks))

    def is_due(self, time_s: Fraction) -> bool:
        """Whether the frame of this number and time is one to be hashed, and count it.

        The rule of the reference (facebook/ThreatExchange, vpdq/cpp: `n % max(1, int(seconds_per_hash * fps)) == 0`
        with one hash a second), and besides whenever too much time has passed.
        """
        is_due = self.count % self.step == 0 or time_s - self.sampled_at_s > _SAMPLE_GAP_S
        self.count += 1
        if is_due:
            self.sampled_at_s = time_s
        return is_due

    def note_keyframe(self, time_s: Fraction) -> None:
        """Remember a keyframe, and how long after the one before it comes."""
        self.gap_s = max(self.gap_s, time_s - max(Fraction(0), self.sampled_at_s))
        self.sampled_at_s = time_s
        self.keyframes += 1

    @property
    def is_sparse(self) -> bool:
        """Whether the keyframes leave too much out."""
        gap_s = max(self.gap_s, self.end_s - max(Fraction(0), self.sampled_at_s))
        return not self.is_cover and (self.keyframes < _KEYFRAMES_MIN or gap_s > _KEYFRAME_GAP_S)

    @property
    def is_cut_short(self) -> bool:
        """Whether the stream ended before it should."""
        return not self.is_cover and _is_short(self.end_s, self.promised_s)

    def sample(self, frame: VideoFrame, number: int, time_s: Fraction) -> Sample:
        """The frame at native size, BT.601 whatever the stream says, as the reference takes it."""
        is_full_range = frame.format.name.startswith(_FULL_RANGE)
        planes = _planes(frame)
        if planes is None:
            pixels = self._develop(frame, is_full_range=is_full_range)
            return Sample(self.number, number, float(time_s), None, is_full_range, lambda: pixels)
        develop = partial(self._develop, frame, is_full_range=is_full_range)
        return Sample(self.number, number, float(time_s), planes, is_full_range, develop)

    def _develop(self, frame: VideoFrame, *, is_full_range: bool) -> Pixels:
        pixels = self._reformatter.reformat(
            frame,
            format="rgb24",
            src_colorspace=Colorspace.ITU601,
            src_color_range=ColorRange.JPEG if is_full_range else ColorRange.MPEG,
            threads=1,
        )
        return _rows(pixels.planes[0], frame.height, 3 * frame.width).reshape(frame.height, frame.width, 3)


def _is_short(end_s: Fraction, promised_s: Fraction) -> bool:
    return promised_s - end_s > max(_MISSING_MIN_S, promised_s * _MISSING_SHARE)


def _planes(frame: VideoFrame) -> Planes | None:
    """What the decoder left, where it is what nearly all videos are; of odd heights libswscale goes another way."""
    height, width = frame.height, frame.width
    if frame.format.name not in _PLANAR or height % 2 or any(plane.line_size <= 0 for plane in frame.planes):
        return None
    brightness, blue, red = frame.planes
    colours = (height // 2, (width + 1) // 2)
    return _rows(brightness, height, width), _rows(blue, *colours), _rows(red, *colours)


def _rows(plane: VideoPlane, height: int, width: int) -> Pixels:
    """A plane without what fills up its rows."""
    rows: Pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[:height, :width]


class Video:
    """A video open for decoding, to be walked through once.

    Attributes:
        is_partial: Something of it could not be decoded, or was not looked at; known when the walk has ended.
        is_encrypted: Its frames need a key; the walk has ended there.
        is_sparse: Its keyframes leave too much out; known when they have been walked through.
    """

    def __init__(
        self,
        opened: tuple[InputContainer, RangeFile],
        streams: list[VideoStream],
        limits: VideoLimits,
        *,
        is_partial: bool,
        interval_s: int = 1,
    ) -> None:
        self._container, self._file = opened
        self._streams = streams
        self._tracks = {stream.index: _Track(stream, number, interval_s) for number, stream in enumerate(streams)}
        self._limits = limits
        # By number of the stream.
        self._ends = {index: track.end for index, track in self._tracks.items()}
        # MP4 and QuickTime, the one demuxer for both, have an index of all packets; it is whole when all were given.
        self._has_index = self._container.format.name.split(",")[0] == "mov"
        self.is_partial = is_partial
        self.is_encrypted = False

    @property
    def is_sparse(self) -> bool:
        """See above."""
        return any(track.is_sparse for track in self._tracks.values())

    def samples(self, mode: VideoMode) -> Iterator[Sample | None]:
        """Give the frames to be hashed, as they are decoded; None now and then, to look at the clock.

        Damage is passed over and noted in `is_partial`. Frames larger than the limit are not converted.

        Raises:
            MemoryError: A frame does not fit.
        """
        count = 0
        for sample in self._walk(mode):
            if sample is not None:
                if count == self._limits.frames_max:
                    self.is_partial = True
                    return
                count += 1
            yield sample
        promised_s = self._container.duration * _MICROSECOND if self._container.duration else Fraction(0)
        is_short = self._container.format.name.split(",")[0] in _PROMISING and _is_short(self._end_s, promised_s)
        is_short = is_short or self._file.failure is not None
        if self._has_index:
            missing = [track.note_index(self._file.size_bytes) for track in self._tracks.values()]
            is_short = is_short or any(missing)
        if is_short or any(track.is_cut_short for track in self._tracks.values()):
            self.is_partial = True

    def close(self) -> None:
        """Let go of it."""
        self._container.close()

    def _walk(self, mode: VideoMode) -> Iterator[Sample | None]:
        is_throughout = mode is not VideoMode.FAST
        take = self._take_due if is_throughout else self._take_keyframe
        if not is_throughout:
            for track in self._tracks.values():
                # Demuxers call frames key that are none; where the decoder can tell, it does.
                track.context.skip_frame = "NONKEY"
            self._pass_over()
        packets = self._container.demux()
        for at in itertools.count(1):
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, ValueError):
                self.is_partial = True
                return
            if packet is None:
                return
            index = packet.stream.index
            if index not in self._ends:
                self._ends[index] = _End(packet.time_base)
            self._ends[index].note(packet)
            # Where keyframes alone are decoded, most packets go no further: to ask whether one is encrypted takes as
            # long as all else that is asked of it.
            if (is_throughout or packet.is_keyframe) and index in self._tracks:
                if packet.has_sidedata("encryption_info"):
                    # Decoding it all the same gives noise, whose hash could only match by accident.
                    self.is_encrypted = self.is_partial = True
                    return
                yield from take(self._tracks[index], packet)
            if at % _PACKETS_PER_TICK == 0:
                yield None

    def _pass_over(self) -> None:
        """Have keyframes alone given, where an index tells of all others what matters."""
        if self._has_index:
            for stream in self._container.streams:
                stream.discard = Discard.nonkey if stream.index in self._tracks else Discard.all

    @property
    def _end_s(self) -> Fraction:
        """How far any stream goes, sound included."""
        start_s = (self._container.start_time or 0) * _MICROSECOND
        ends = [
            each.ticks * each.time_base for each in self._ends.values() if each.ticks is not None and each.time_base
        ]
        return max([Fraction(0), *(end_s - start_s for end_s in ends)])

    def _take_keyframe(self, track: _Track, packet: "Packet[Any]") -> Iterator[Sample]:
        if not packet.size:
            return
        pts = packet.dts if packet.pts is None else packet.pts
        if pts is not None and 0 <= track.time_s(pts) - track.sampled_at_s < _KEYFRAME_MIN_S:
            return
        # What decoders hold back to put frames in order is asked for at once: the next packet to come is far away.
        frames = [*self._decode(track, packet), *self._decode(track, None)]
        track.context.flush_buffers()
        for frame in frames:
            time_s = track.time_s(packet.pts if frame.pts is None else frame.pts)
            track.note_keyframe(time_s)
            yield from self._sample(track, frame, min(round(time_s * track.rate), _NUMBER_MAX), time_s)

    def _take_due(self, track: _Track, packet: "Packet[Any]") -> Iterator[Sample]:
        for frame in self._decode(track, packet if packet.size else None):
            number, time_s = track.count, track.time_s(frame.pts)
            track.counted_end_s = max(track.counted_end_s, time_s)
            if track.is_due(time_s):
                yield from self._sample(track, frame, number, time_s)

    def _decode(self, track: _Track, packet: "Packet[Any] | None") -> list[VideoFrame]:
        try:
            return track.context.decode(packet)
        except av.error.EOFError:
            return []
        except (av.error.FFmpegError, ValueError):
            self.is_partial = True
            return []

    def _sample(self, track: _Track, frame: VideoFrame, number: int, time_s: Fraction) -> Iterator[Sample]:
        if frame.width * frame.height > self._limits.pixels_max:
            self.is_partial = True
            return
        try:
            yield track.sample(frame, number, time_s)
        except (av.error.FFmpegError, ValueError):
            self.is_partial = True


def open_video(
    source: ByteSource,
    demuxer: str,
    limits: VideoLimits = VIDEO_LIMITS,
    *,
    mode: VideoMode = VideoMode.THOROUGH,
    interval_s: int = 1,
) -> Video | Reason:
    """Open a video.

    Args:
        source: All of its bytes.
        demuxer: Name of the demuxer that reads it.
        limits: What it may ask for.
        mode: How it will be walked through.
        interval_s: Seconds from one hashed frame to the next, but for keyframes; 0 for every frame.

    Returns:
        The video; or `not_media` (sound without pictures), `unsupported` (no decoder here reads its pictures),
        `too_large`, `encrypted`, or `unreadable`, or why its bytes cannot be had.
    """
    opening = open_container_for_keyframes if mode is VideoMode.FAST else open_container
    try:
        container, file = opening(source, demuxer)
    except MemoryError:
        return Reason.TOO_LARGE
    except (av.error.FFmpegError, ValueError, OSError):
        return Reason.UNREADABLE
    streams, missed = usable_streams(container, limits)
    if not streams:
        is_sound = missed is None and len(container.streams.audio) > 0
        container.close()
        return file.failure or missed or (Reason.NOT_MEDIA if is_sound else Reason.UNREADABLE)
    return Video((container, file), streams, limits, is_partial=missed is not None, interval_s=interval_s)
