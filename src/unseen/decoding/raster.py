"""Every picture format but plain JPEG, by Pillow under an allow-list."""

import contextlib
import importlib
import io
import threading
import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pi_heif
from PIL import AvifImagePlugin, Image, ImageFile

from unseen.decoding.limits import Limits
from unseen.decoding.modes import has_alpha, laid_over, to_pixels
from unseen.model import How, Reason

__all__ = ["Raster", "evenly_spaced", "open_raster"]

# One thread a picture: the darkroom has a worker for each core already.
pi_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
# Of the formats that `sniff` names, and loaded now: a locked worker cannot. Pillow's own way would load twice as many.
for _plugin in (
    "Avif", "Blp", "Bmp", "Cur", "Dcx", "Dds", "Fli", "Gif", "Icns", "Ico", "Jpeg", "Jpeg2K", "Mpo", "Pcx", "Png",
    "Ppm", "Psd", "Qoi", "Sgi", "Sun", "Tga", "Tiff", "WebP", "Xbm", "Xpm",
):  # fmt: skip
    importlib.import_module(f"PIL.{_plugin}ImagePlugin")

# Formats with further frames or pages that are worth a look. A multi-picture JPEG holds the same view again.
_FRAMED = frozenset({"GIF", "PNG", "FLI", "WEBP", "AVIF", "TIFF", "HEIF", "DCX"})
# These say how long each frame lasts, and can only be walked in order; WebP and AVIF say when one begins.
_TIMED_BY_SUM = frozenset({"GIF", "PNG", "FLI"})
_TAG_SUBFILE_TYPE = 254
# In damaged tags a duration may be anything; no frame lasts longer than this.
_FRAME_MS_MAX = 3_600_000

# Pillow's limits are global to the process; they are set for one decode at a time and put back.
_SETTINGS = threading.RLock()


@contextlib.contextmanager
def _settings(*, truncated: bool) -> Iterator[None]:
    with _SETTINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, AvifImagePlugin.DEFAULT_MAX_THREADS
        # Our own limit on pixels is asked as soon as the size is known.
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = None, truncated
        AvifImagePlugin.DEFAULT_MAX_THREADS = 1
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, AvifImagePlugin.DEFAULT_MAX_THREADS = before


class Raster:
    """A picture that Pillow decoded, with its alpha and its further frames.

    Attributes:
        pixels: The canonical pixels; see `unseen.decoding.Picture`.
        is_partial: The first frame is damaged, or is a preview of a picture that nothing here decodes.
        is_cut_short: Some further frame could not be decoded, or was beyond the limits.
    """

    def __init__(self, image: Image.Image, limits: Limits, *, is_partial: bool) -> None:
        self._image = image
        self._limits = limits
        self.is_partial = is_partial or _is_preview(image)
        self.is_cut_short = False
        self.pixels = to_pixels(image)

    def others(self) -> Iterator[tuple[How, npt.NDArray[np.uint8]]]:
        """Give the picture over white and over black, then its sampled frames, each decoded when asked for.

        Damage found on the way ends the walk and sets `is_cut_short`.
        """
        walk = self._walk()
        while True:
            with _settings(truncated=self.is_partial):
                try:
                    how, pixels = next(walk)
                except StopIteration:
                    return
                except Exception:  # noqa: BLE001  # Pillow's parsers raise anything on hostile bytes
                    self.is_cut_short = True
                    return
            yield how, pixels

    def _walk(self) -> Iterator[tuple[How, npt.NDArray[np.uint8]]]:
        if has_alpha(self._image):
            for colour in ("white", "black"):
                how = How(orientation="original", convention="full", alpha=colour)
                yield how, laid_over(self._image, colour)
        if self._image.format in _FRAMED:
            yield from self._frames()

    def _frames(self) -> Iterator[tuple[How, npt.NDArray[np.uint8]]]:
        image, limits = self._image, self._limits
        total = getattr(image, "n_frames", 1)
        if total < 2:
            return
        walkable = max(1, limits.frames_pixels_max // max(1, image.width * image.height))
        self.is_cut_short = total > walkable
        chosen = evenly_spaced(min(total, walkable), limits.frames_max)
        canonical, start_ms, decoded_pixels = image.tell(), 0.0, 0
        # The canonical frame's duration counts too. Formats without times go from page to page.
        for index in range(chosen[-1] + 1) if image.format in _TIMED_BY_SUM else chosen:
            image.seek(index)
            if index in chosen and index != canonical:
                # Pages have sizes of their own.
                decoded_pixels += image.width * image.height
                if decoded_pixels > limits.frames_pixels_max or image.width * image.height > limits.pixels_max:
                    self.is_cut_short = True
                    return
                image.load()
                yield How(orientation="original", convention="full", time_s=_start_s(image, start_ms)), to_pixels(image)
            start_ms += _duration_ms(image)


def evenly_spaced(total: int, most: int) -> list[int]:
    """Choose at most `most` of `total` positions, the first and the last among them, in order.

    Example:
        >>> evenly_spaced(9, 5)
        [0, 2, 4, 6, 8]
    """
    if total <= most:
        return list(range(total))
    return [round(step * (total - 1) / (most - 1)) for step in range(most)] if most > 1 else [0]


def open_raster(data: bytes | memoryview, formats: tuple[str, ...], limits: Limits) -> Raster | Reason:
    """Decode the first frame of a picture; once more, as far as it goes, if it is damaged.

    Returns:
        The picture, `too_large` or `unreadable`. Raises nothing but `MemoryError`.
    """
    for truncated in (False, True):
        try:
            with _settings(truncated=truncated):
                image = Image.open(io.BytesIO(data), formats=formats)
                if image.width * image.height > limits.pixels_max:
                    return Reason.TOO_LARGE
                image.load()
                return Raster(image, limits, is_partial=truncated)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112  # Pillow's parsers raise anything on hostile bytes
            continue
    return Reason.UNREADABLE


def _is_preview(image: Image.Image) -> bool:
    """Camera originals are TIFF files whose first page is a small preview of a picture that only raw readers decode."""
    tags = getattr(image, "tag_v2", None)
    return image.format == "TIFF" and tags is not None and bool(tags.get(_TAG_SUBFILE_TYPE, 0) & 1)


def _start_s(image: Image.Image, start_ms: float) -> float | None:
    """When the loaded frame begins, in seconds; None for pages."""
    if image.format in _TIMED_BY_SUM:
        return start_ms / 1000
    timestamp_ms = image.info.get("timestamp")
    return timestamp_ms / 1000 if isinstance(timestamp_ms, int | float) else None


def _duration_ms(image: Image.Image) -> float:
    duration = image.info.get("duration", 0)
    return float(min(max(duration, 0), _FRAME_MS_MAX)) if isinstance(duration, int | float) else 0.0
