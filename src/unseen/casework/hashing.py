"""Hash what sources hold, without a store: the work behind `unseen hash`."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from unseen.darkroom import Darkroom, Sandbox
from unseen.errors import SourceError
from unseen.lists import write_frames
from unseen.model import Item, ItemHashes, NotScreened, VideoMode
from unseen.sources import PATHS, open_listed, open_sources, paths_from

__all__ = ["hash_sources", "open_paths", "worker_count", "write_vpdq"]


def worker_count() -> int:
    """One worker for each core this process may use."""
    return len(os.sched_getaffinity(0))


def open_paths(texts: Sequence[str], *, listed: BinaryIO | None = None) -> Iterator[Item]:
    """Open what a user named, read-only.

    Args:
        texts: Paths of directories and files; `-` for the paths in `listed`.
        listed: A list of paths, ended by newlines or zero bytes.

    Raises:
        SourceError: A path does not exist or cannot be opened; at once, before the first item is asked for.
    """
    items = open_sources([text for text in texts if text != PATHS])
    if PATHS not in texts:
        return items
    if listed is None:
        raise SourceError("there is no list of paths to read", hint="pipe one in: find . -print0 | unseen hash -")
    return chain(items, open_listed(paths_from(listed)))


def hash_sources(
    sources: Iterable[Item | NotScreened],
    *,
    workers: int | None = None,
    unsafe_no_sandbox: bool = False,
    on_sandbox: Callable[[Sandbox], None] | None = None,
    video: VideoMode = VideoMode.THOROUGH,
) -> Iterator[tuple[Item, ItemHashes] | NotScreened]:
    """Hash every item in the darkroom.

    Args:
        sources: What sources offer, read one by one.
        workers: Number of processes; None for one on each core.
        unsafe_no_sandbox: Go on where the kernel cannot lock a worker.
        on_sandbox: Told once which protections hold, before the first item is opened.
        video: How videos are looked at.

    Yields:
        Each item with its hashes, in the order of completion; and what the sources could not offer.

    Raises:
        SandboxError: The kernel cannot lock a worker, and `unsafe_no_sandbox` was not given.
    """
    refused: list[NotScreened] = []

    def offered() -> Iterator[Item]:
        for offer in sources:
            if isinstance(offer, NotScreened):
                refused.append(offer)
            else:
                yield offer

    count = workers or worker_count()
    with Darkroom(workers=count, unsafe_no_sandbox=unsafe_no_sandbox, video=video) as darkroom:
        if on_sandbox is not None:
            on_sandbox(darkroom.sandbox)
        for answer in darkroom.develop(offered()):
            yield from _taken(refused)
            yield answer
        yield from _taken(refused)


def write_vpdq(folder: Path, hashes: ItemHashes) -> None:
    """Write the frames of a video as Meta's vpdq does, into a file named by the video's SHA-256; nothing for others.

    Raises:
        SourceError: The file cannot be written.
    """
    if not hashes.vpdq or hashes.sha256 is None:
        return
    lines = "".join(write_frames(hashes.vpdq))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{hashes.sha256.hex()}.vpdq.txt").write_text(lines, encoding="ascii")
    except OSError as error:
        raise SourceError(
            f"cannot write into {folder}: {error.strerror}", hint="choose another --vpdq folder"
        ) from error


def _taken(refused: list[NotScreened]) -> Iterator[NotScreened]:
    while refused:
        yield refused.pop(0)
