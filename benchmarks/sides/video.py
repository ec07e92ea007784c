"""A video file to hashes of its frames: by keyframes, one a second, or every frame; read anew in every round."""

from pathlib import Path
from typing import Any

from benchmarks.sides.protocol import Work, serve


def _unseen(settings: dict[str, Any]) -> Work:
    """What a locked worker does with the file: three digests, then its frames."""
    import os

    from unseen.darkroom.develop import develop_source
    from unseen.darkroom.video.footage import Film
    from unseen.model import VideoMode
    from unseen.sources.layers import FileRange

    film = Film(VideoMode(settings["mode"]))

    def run() -> int:
        descriptor = os.open(settings["path"], os.O_RDONLY)
        try:
            return len(develop_source(FileRange(descriptor), film=film).vpdq or ())
        finally:
            os.close(descriptor)

    return Work(run, 1, notes={"hashes": run()})


def _unseen_every(settings: dict[str, Any]) -> Work:
    """Every frame, without digests."""
    from unseen.darkroom.video.footage import hash_sample
    from unseen.decoding.video import Video, open_video
    from unseen.model import VideoMode
    from unseen.sources.layers import MemoryRange

    def run() -> int:
        video = open_video(MemoryRange(Path(settings["path"]).read_bytes()), "mov", interval_s=0)
        assert isinstance(video, Video)
        hashes = [hash_sample(sample) for sample in video.samples(VideoMode.THOROUGH) if sample is not None]
        video.close()
        return len(hashes)

    return Work(run, 1, notes={"hashes": run()})


def _vpdq(settings: dict[str, Any]) -> Work:
    import vpdq

    def run() -> int:
        return len(vpdq.computeHash(settings["path"], seconds_per_hash=settings["interval_s"], thread_count=1))

    return Work(run, 1, notes={"hashes": run()})


if __name__ == "__main__":
    _SIDES = {"unseen": _unseen, "unseen_every": _unseen_every, "vpdq": _vpdq}
    serve(lambda settings: _SIDES[settings["side"]](settings))
