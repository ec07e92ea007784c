"""Hash what sources hold, without a store: the work behind `unseen hash`."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from unseen.casework.buckets import Fetching
from unseen.casework.given.locators import Asked
from unseen.casework.given.passwords import read_passwords
from unseen.darkroom import Darkroom, Sandbox
from unseen.errors import SourceError
from unseen.lists import write_frames
from unseen.model import Item, ItemHashes, VideoMode

__all__ = ["hash_sources", "open_paths", "worker_count", "write_vpdq"]


def worker_count() -> int:
    """One worker for each core this process may use."""
    return len(os.sched_getaffinity(0))


def open_paths(texts: Sequence[str], *, listed: BinaryIO | None = None) -> Asked:
    """Find what a user named, by paths, addresses of buckets or locators; see `Asked`."""
    return Asked(texts, listed=listed)


def hash_sources(
    sources: Asked | Iterable[Item],
    *,
    workers: int | None = None,
    unsafe_no_sandbox: bool = False,
    on_sandbox: Callable[[Sandbox], None] | None = None,
    video: VideoMode = VideoMode.THOROUGH,
    passwords: str | None = None,
) -> Iterator[tuple[Item, ItemHashes]]:
    """Hash every item in the darkroom, and all that lies in it.

    Args:
        sources: What was asked for; or items, read one by one.
        workers: Number of processes; None for one on each core.
        unsafe_no_sandbox: Go on where the kernel cannot lock a worker.
        on_sandbox: Told once which protections hold, before the first item is opened.
        video: How videos are looked at.
        passwords: Path of a file with passwords for encrypted containers.

    Yields:
        Each item with its hashes, in the order of completion; a container behind all that lies in it.

    Raises:
        SourceError: There is nothing at a locator, or the listing of a bucket broke off; said when all else is done. Or
            the passwords cannot be read.
        SandboxError: The kernel cannot lock a worker, and `unsafe_no_sandbox` was not given.
    """
    secrets = read_passwords(passwords)
    asked = sources if isinstance(sources, Asked) else None
    items = sources.items if isinstance(sources, Asked) else sources
    count = workers or worker_count()
    with Darkroom(workers=count, unsafe_no_sandbox=unsafe_no_sandbox, video=video, secrets=secrets) as darkroom:
        if on_sandbox is not None:
            on_sandbox(darkroom.sandbox)
        if asked is None or not asked.has_buckets:
            yield from darkroom.develop(items, choose=None if asked is None else asked.choose)
        else:
            with Fetching(darkroom) as fetching:
                yield from fetching.develop(items, choose=asked.choose)
    if asked is not None:
        asked.check_found()


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
