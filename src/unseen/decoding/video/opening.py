"""Opens a video that lies in a range of bytes: never by a path, and nothing besides these bytes.

PyAV is imported with this module, which therefore is imported only where videos are decoded.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.stream import VideoStream

from unseen.model import ByteSource, Reason, UnreadError

__all__ = [
    "VIDEO_LIMITS",
    "Pixels",
    "Planes",
    "RangeFile",
    "Sample",
    "VideoLimits",
    "decoders",
    "open_container",
    "open_container_for_keyframes",
    "usable_streams",
]

Pixels = npt.NDArray[np.uint8]
Planes = tuple[Pixels, Pixels, Pixels]

# FFmpeg's names. Left out are containers that refer to other files or places (concat, hls, dash, image sequences, sdp,
# rtsp), devices, games' formats, and whatever is no container of frames.
DEMUXERS = frozenset({
    "asf", "avi", "dv", "flac", "flv", "h264", "hevc", "ivf", "m4v", "matroska", "mov", "mp3", "mpeg", "mpegts",
    "mpegvideo", "mxf", "ogg", "rm",
})  # fmt: skip
# What cameras, phones, editors and the web have made since 1992. Each further decoder is one more parser of what
# strangers send.
_DECODERS = (
    "h264", "hevc", "libdav1d", "av1", "vp8", "vp9", "vp6", "vp6a", "vp6f", "vp7", "theora", "vp3", "vvc",
    "mpeg1video", "mpeg2video", "mpegvideo", "mpeg4", "msmpeg4", "msmpeg4v1", "msmpeg4v2", "h261", "h263", "h263i",
    "flv", "wmv1", "wmv2", "wmv3", "vc1", "mss1", "mss2", "rv10", "rv20", "rv30", "rv40",
    "mjpeg", "mjpegb", "dvvideo", "prores", "dnxhd", "cfhd", "ffv1", "huffyuv", "ffvhuff", "utvideo", "magicyuv",
    "svq1", "svq3", "cinepak", "indeo3", "indeo4", "indeo5", "msvideo1", "msrle", "rpza", "qtrle", "smc", "flashsv",
    "flashsv2", "rawvideo", "v210", "png", "bmp", "gif", "webp", "tiff", "jpeg2000",
)  # fmt: skip
# As many bytes at a time as a keyframe has: fewer calls into Python than FFmpeg's 32 KiB would make.
_BUFFER_BYTES = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLimits:
    """What one video may ask for. Beyond it, what was seen until then counts, and the video is `truncated`.

    Attributes:
        pixels_max: Largest frame.
        streams_max: Streams of pictures that are looked at.
        frames_max: Frames that are hashed.
        base_s: Seconds that decoding may take, whatever the size.
        bytes_per_s: And one more for so many bytes.
    """

    # 8K video has 33 megapixels; a decoder keeps up to 17 frames of them, and 4 GiB must hold them all.
    pixels_max: int = 1 << 26
    # Two lenses, a preview and a cover picture make four; DVDs have up to nine angles.
    streams_max: int = 10
    # One in each second of a day, and room for rates that lie.
    frames_max: int = 100_000
    # Ten minutes decode an hour of 1080p; the slowest codecs in use need some seconds for a megabyte.
    base_s: float = 600.0
    bytes_per_s: int = 200_000

    def seconds_max(self, size_bytes: int) -> float:
        """How long a video of so many bytes may take to decode."""
        return self.base_s + size_bytes / self.bytes_per_s


VIDEO_LIMITS = VideoLimits()


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A frame to be hashed.

    Attributes:
        stream: 0 for the first stream of pictures, then counted on; cover pictures are streams of one frame.
        frame: Number of the frame in its stream, from 0; of a keyframe alone, computed from its time and the rate.
        time_s: Seconds since the start of the video.
        planes: Brightness uint8[h, w] and both colour differences uint8[h / 2, (w + 1) / 2], of most videos; None of
            those that have no such planes. Good until the next sample is asked for.
        is_full_range: How they are meant: black is 0 and white 255, else 16 and 235.
        develop: Makes the pixels.
    """

    stream: int
    frame: int
    time_s: float
    planes: Planes | None
    is_full_range: bool
    develop: Callable[[], Pixels]

    @property
    def pixels(self) -> Pixels:
        """uint8[h, w, 3], row-major RGB, 0 … 255; good until the next sample is asked for."""
        return self.develop()


class RangeFile(io.RawIOBase):
    """A range of bytes as the file object that PyAV reads from.

    Attributes:
        size_bytes: All there is.
        failure: Why some bytes could not be had, if so: FFmpeg takes that for the end.
    """

    def __init__(self, source: ByteSource) -> None:
        super().__init__()
        self._source = source
        self._at = 0
        self.size_bytes = source.size_bytes
        self.failure: Reason | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes; none at the end, and where they cannot be had."""
        wanted = self._source.size_bytes - self._at if size < 0 else size
        try:
            data = self._source.read_at(self._at, wanted)
        except UnreadError as error:
            self.failure = error.reason
            return b""
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go on from another place, which may lie behind the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size_bytes}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Where it goes on."""
        return self._at


def decoders() -> frozenset[str]:
    """Names of the decoders that may run."""
    return frozenset(_DECODERS)


def open_container(source: ByteSource, demuxer: str, *, decodes_first: bool = True) -> tuple[InputContainer, RangeFile]:
    """Open a container with one demuxer and no other.

    Args:
        source: All of its bytes.
        demuxer: Its name.
        decodes_first: Let FFmpeg decode the first frames to learn what the container does not say of its streams.

    Raises:
        ValueError: The demuxer is not among those that are used.
        av.error.FFmpegError: It cannot read these bytes.
    """
    if demuxer not in DEMUXERS:
        raise ValueError(demuxer)
    av.logging.set_level(None)
    file = RangeFile(source)
    # White lists hold for what a container might open besides: no protocol is called so, and only this demuxer runs.
    options = {"protocol_whitelist": "none", "codec_whitelist": ",".join(_DECODERS)}
    if not decodes_first:
        # Of the decoders that only look; those that give frames are set by whoever takes them.
        options["skip_frame"] = "all"
    container = av.open(
        file, "r", format=demuxer, options=options, metadata_errors="replace", buffer_size=_BUFFER_BYTES
    )
    return container, file


def open_container_for_keyframes(source: ByteSource, demuxer: str) -> tuple[InputContainer, RangeFile]:
    """Open a container of which keyframes alone will be decoded, each by itself; raises as `open_container`.

    What decoding the first frames would tell is the order of frames, which these do not need, and the size, where the
    container does not say it. MP4 and QuickTime say it, and times of frames too. In a minute of video the first frame
    is one of thirty.
    """
    if demuxer == "mov":
        opened = open_container(source, demuxer, decodes_first=False)
        streams = opened[0].streams.video
        if streams and all(stream.codec_context and _is_described(stream) for stream in streams):
            return opened
        opened[0].close()
    return open_container(source, demuxer)


def _is_described(stream: VideoStream) -> bool:
    context = stream.codec_context
    return bool(context.width and context.height and stream.time_base and (stream.average_rate or stream.base_rate))


def usable_streams(container: InputContainer, limits: VideoLimits) -> tuple[list[VideoStream], Reason | None]:
    """The streams of pictures that can be decoded, the first `streams_max` of them, and why not all, if so."""
    streams: list[VideoStream] = []
    missed = None
    for stream in container.streams.video:
        context = stream.codec_context
        if context is None or context.name not in _DECODERS:
            missed = Reason.UNSUPPORTED
        elif context.width * context.height > limits.pixels_max:
            missed = Reason.TOO_LARGE
        elif len(streams) == limits.streams_max:
            missed = Reason.TRUNCATED
        else:
            # Frames of one video are not worth a thread: there are as many workers as cores.
            context.thread_count = 1
            context.thread_type = "NONE"
            streams.append(stream)
    return streams, missed
