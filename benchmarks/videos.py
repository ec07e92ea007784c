"""Videos panned over photographs of places and things, and what hashing them costs."""

from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from benchmarks import pictures
from benchmarks.race import Side, race

__all__ = ["every_frame", "screening", "thorough"]

_RATE = 30
_WIDTH, _HEIGHT = 1920, 1080
# So much wider than the window, which moves over it in ten seconds.
_MARGIN = 300
_PHOTOGRAPH_S = 10
_PACKAGES = ("vpdq",)


def screening(gop: int, seconds: int, *, rounds: int) -> list[dict[str, Any]]:
    """Keyframes, digests included, against one hash a second."""
    path = str(_panned(gop, seconds))
    ours = Side("unseen", "video", {"side": "unseen", "path": path, "mode": "fast"}, packages=("av",))
    return race([ours, _peer(path, 1)], rounds=rounds)


def thorough(seconds: int, *, rounds: int) -> list[dict[str, Any]]:
    """One hash a second, digests included, against the same."""
    path = str(_panned(60, seconds))
    ours = Side("unseen", "video", {"side": "unseen", "path": path, "mode": "thorough"}, packages=("av",))
    return race([ours, _peer(path, 1)], rounds=rounds)


def every_frame(seconds: int, *, rounds: int) -> list[dict[str, Any]]:
    """Every frame against the same."""
    path = str(_panned(60, seconds))
    ours = Side("unseen", "video", {"side": "unseen_every", "path": path}, packages=("av",))
    return race([ours, _peer(path, 0)], rounds=rounds)


def _peer(path: str, interval_s: int) -> Side:
    settings = {"side": "vpdq", "path": path, "interval_s": interval_s}
    return Side("vpdq", "video", settings, peer=True, packages=_PACKAGES)


def _panned(gop: int, seconds: int) -> Path:
    """1080p H.264 with a keyframe every `gop` frames: a window that moves over one photograph after the other."""
    path = pictures.CACHE / f"pan-{gop}-{seconds}.mp4"
    if path.is_file():
        return path
    pictures.CACHE.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part.mp4")
    options = {"preset": "veryfast", "crf": "23", "sc_threshold": "0", "keyint_min": str(gop)}
    photographs = pictures.photographs()
    with av.open(str(partial), "w") as output:
        stream = output.add_stream("libx264", rate=_RATE, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        stream.codec_context.gop_size = gop
        for start_s in range(0, seconds, _PHOTOGRAPH_S):
            photograph = photographs[start_s // _PHOTOGRAPH_S % len(photographs)]
            wide = np.asarray(photograph.resize((_WIDTH + _MARGIN, _HEIGHT), Image.Resampling.LANCZOS))
            for at in range(min(_PHOTOGRAPH_S, seconds - start_s) * _RATE):
                window = np.ascontiguousarray(wide[:, at : at + _WIDTH])
                output.mux(stream.encode(av.VideoFrame.from_ndarray(window, format="rgb24")))
        output.mux(stream.encode(None))
    partial.rename(path)
    return path
