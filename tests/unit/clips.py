"""Videos drawn by code: soft random pictures, one scene after the other, so that every scene has a hash of its own."""

import io
from collections.abc import Iterable

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["ENCODERS", "draw_video", "scene"]

_SIZE = (160, 120)
# Encoder, container as FFmpeg writes it, ending: one of each kind that PyAV can write.
ENCODERS = (
    ("libx264", "mp4", "h264.mp4"),
    ("libx264", "mov", "h264.mov"),
    ("libx264", "mpegts", "h264.ts"),
    ("libx264", "h264", "raw.h264"),
    ("libx265", "matroska", "hevc.mkv"),
    ("libvpx", "webm", "vp8.webm"),
    ("libvpx-vp9", "webm", "vp9.webm"),
    ("libsvtav1", "mp4", "av1.mp4"),
    ("mpeg4", "avi", "mpeg4.avi"),
    ("mpeg4", "3gp", "mpeg4.3gp"),
    ("mpeg1video", "mpeg", "mpeg1.mpg"),
    ("mpeg2video", "vob", "mpeg2.vob"),
    ("mpeg2video", "mxf", "mpeg2.mxf"),
    ("wmv2", "asf", "wmv2.wmv"),
    ("flv", "flv", "flv1.flv"),
    ("mjpeg", "mov", "mjpeg.mov"),
    ("ffv1", "matroska", "ffv1.mkv"),
    ("h263", "3gp", "h263.3gp"),
)


def scene(seed: int, size: tuple[int, int] = _SIZE) -> npt.NDArray[np.uint8]:
    """A soft random picture, uint8[h, w, 3]; a black one for -1."""
    if seed < 0:
        return np.zeros((size[1], size[0], 3), np.uint8)
    noise = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC))


def draw_video(
    scenes: Iterable[int],
    *,
    codec: str = "libx264",
    container: str = "mp4",
    rate: int = 10,
    gop: int = 20,
    frames_per_scene: int = 10,
    size: tuple[int, int] = _SIZE,
    options: dict[str, str] | None = None,
    muxing: dict[str, str] | None = None,
    pixel_format: str | None = None,
) -> bytes:
    """A video that shows one scene after the other; keyframes only where `gop` says, not where scenes change."""
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=muxing or {}) as output:
        quiet = {"libx264": {"sc_threshold": "0", "preset": "ultrafast"}, "libx265": {"x265-params": "log-level=none"}}
        quick = {"libsvtav1": {"preset": "12"}, "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"}}
        stream = output.add_stream(codec, rate=rate, options={**quiet, **quick}.get(codec, {}) | (options or {}))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = (176, 144) if codec == "h263" else size
        stream.pix_fmt = pixel_format or ("yuvj420p" if codec == "mjpeg" else "yuv420p")
        stream.codec_context.gop_size = gop
        for seed in scenes:
            frame = av.VideoFrame.from_ndarray(scene(seed, (stream.width, stream.height)), format="rgb24")
            for _ in range(frames_per_scene):
                frame.pts = None
                output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()
