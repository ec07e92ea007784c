"""One small file of each kind that carving knows, drawn by code."""

import io
import zipfile
from functools import cache
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image

__all__ = ["drawn_files", "picture", "written"]

_VIDEOS = (("mp4", "mpeg4"), ("mov", "mpeg4"), ("matroska", "mpeg4"), ("avi", "mpeg4"), ("asf", "wmv2"))
_PICTURES = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "JPEG2000", "AVIF", "PDF")


def picture(seed: int = 1, width: int = 96, height: int = 64) -> Image.Image:
    """Coloured noise over a ramp: nothing repeats, so that no cut of it looks like another."""
    noise = np.random.default_rng(seed).integers(0, 120, (height, width, 3))
    return Image.fromarray((noise + np.linspace(0, 130, width)[None, :, None]).astype(np.uint8))


def written(image: Image.Image, name: str, **options: object) -> bytes:
    """The bytes of an image in a format of Pillow's."""
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


@cache
def drawn_files() -> dict[str, bytes]:
    """Files by name of their format."""
    files = {name: written(picture(), name) for name in _PICTURES}
    files["progressive"] = written(picture(), "JPEG", progressive=True)
    files["restarts"] = written(picture(), "JPEG", restart_marker_blocks=2)
    files["grey"] = written(picture().convert("L"), "JPEG")
    files["cmyk"] = written(picture().convert("CMYK"), "JPEG")
    files["animated"] = written(picture(), "GIF", save_all=True, append_images=[picture(2), picture(3)])
    files["palette"] = written(picture().quantize(16), "BMP")
    files["big-endian"] = written(picture(), "TIFF", big_endian=True, compression="tiff_lzw")
    files["lossless"] = written(picture(), "WEBP", lossless=True)
    for suffix, codec in _VIDEOS:
        files[suffix] = _video(suffix, codec)
    files["zip"], files["streamed"] = _zip(is_streamed=False), _zip(is_streamed=True)
    return files


def _video(container: str, codec: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as video:
        stream = cast("VideoStream", video.add_stream(codec, rate=5))
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for seed in range(5):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture(seed)), format="rgb24")
            video.mux(stream.encode(frame))
        video.mux(stream.encode())
    return file.getvalue()


class _Pipe(io.BytesIO):
    """Can only be written to its end, so that sizes come behind the data."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


def _zip(*, is_streamed: bool) -> bytes:
    file = _Pipe() if is_streamed else io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "words " * 500)
        archive.writestr("b.txt", "others " * 500)
    return file.getvalue()
