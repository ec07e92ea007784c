"""The process that decodes: it warms up, locks itself, and then answers one item after another.

Started as `python -m unseen.darkroom.worker` by the pool, never by a person.
"""

import ctypes
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from unseen.darkroom.develop import VideoMetError
from unseen.darkroom.hashers import load_hashers
from unseen.darkroom.lock import die_with_parent, lock_process
from unseen.darkroom.reading.looking import look_at
from unseen.darkroom.seccomp import WORKER_SOCKET
from unseen.darkroom.undoing.wire import pack_closer, pack_proposals
from unseen.darkroom.video.footage import Film
from unseen.darkroom.video.reel import pack_deferral, pack_reels
from unseen.darkroom.warmup import warm_up, warm_up_undoing, warm_up_video
from unseen.darkroom.wire import (
    DIGEST_FILE,
    REQUEST_BYTES_MAX,
    Inside,
    Request,
    pack_answer,
    pack_greeting,
    unpack_digest_file,
    unpack_request,
)
from unseen.decoding import Limits
from unseen.errors import SandboxError
from unseen.hashing import use_kernel
from unseen.hashing.known_files import KnownFiles
from unseen.hashing.plugin import Hasher
from unseen.model import ItemHashes

if TYPE_CHECKING:
    from unseen.darkroom.altering.making import Copyist

__all__ = ["main"]

# glibc gives the memory of a large picture back after use and faults it in anew for the next: a tenth of the time of a
# 12-megapixel JPEG. Kept, it is bounded by the limit on memory.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_TRIM_BYTES = 256 << 20
_DESCRIPTOR_BYTES = 4
# Far more often than the parent's patience for one picture ends.
_PULSE_S = 5.0

Looked = tuple[ItemHashes, Inside]


def main(arguments: Sequence[str]) -> None:
    """Run a worker until its parent hangs up.

    Args:
        arguments: Descriptor of the socket, process id of the parent, 1 to go on without seccomp, 1 to look at videos
            too, the seed of alterations or -1 for none, 1 to load the hashers that are plugged in, 1 to look for
            altered copies, the four limits, and the variant of the kernel.
    """
    *numbers, kernel = arguments
    inherited, parent_pid, unsafe_no_sandbox, takes_videos, altering_seed, *rest = map(int, numbers)
    has_hashers, undoes, *bounds = rest
    bytes_max, pixels_max, frames_max, frames_pixels_max = bounds
    use_kernel(kernel)
    limits = Limits(
        bytes_max=bytes_max, pixels_max=pixels_max, frames_max=frames_max, frames_pixels_max=frames_pixels_max
    )
    os.dup2(inherited, WORKER_SOCKET)
    try:
        die_with_parent(parent_pid)
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
        connection = socket.socket(fileno=WORKER_SOCKET)
        hashers = load_hashers() if has_hashers else ()
        warm_up()
        if undoes:
            warm_up_undoing()
        if takes_videos:
            warm_up_video()
        copyist = _prepare_copyist(altering_seed, limits)
        sandbox = lock_process(unsafe_no_sandbox=bool(unsafe_no_sandbox))
    except (OSError, SandboxError) as error:
        os.write(WORKER_SOCKET, pack_greeting(None, getattr(error, "errno", None) or 0))
        return
    os.write(WORKER_SOCKET, pack_greeting(sandbox, 0))
    look = partial(_look_at, limits=limits, hashers=hashers, copyist=copyist)
    _serve(connection, tuple(hasher.signal for hasher in hashers), look, takes_videos=bool(takes_videos))


def _prepare_copyist(altering_seed: int, limits: Limits) -> "Copyist | None":
    if altering_seed < 0:
        return None
    # Only here: what draws on pictures is loaded by workers that are asked for it, and by no scan.
    from unseen.darkroom.altering.making import Copyist

    return Copyist(altering_seed, limits)


def _look_at(
    descriptor: int,
    request: Request,
    *,
    limits: Limits,
    hashers: tuple[Hasher, ...],
    copyist: "Copyist | None",
    known_files: KnownFiles,
    film: Film | None,
) -> Looked:
    """Take the hashes of an item, or of an altered copy of it."""
    if request.alteration and request.digests_only is None:
        assert copyist is not None
        return copyist.develop(descriptor, request.alteration, request.undoing), Inside.NOTHING
    return look_at(descriptor, request, limits=limits, hashers=hashers, known_files=known_files, film=film)


def _serve(
    connection: socket.socket, signals: tuple[str, ...], look: Callable[..., Looked], *, takes_videos: bool
) -> None:
    known_files = KnownFiles()
    ancillary_bytes = socket.CMSG_SPACE(_DESCRIPTOR_BYTES)
    while True:
        message, ancillary, _, _ = connection.recvmsg(REQUEST_BYTES_MAX, ancillary_bytes)
        if not message:
            return
        descriptor = int.from_bytes(ancillary[0][2][:_DESCRIPTOR_BYTES], sys.byteorder)
        if len(message) == DIGEST_FILE.size:
            # Stays open for as long as the process lives.
            known_files.add(unpack_digest_file(message, descriptor))
            continue
        request = unpack_request(message)
        film = Film(request.mode, _Pulse(request.number)) if takes_videos else None
        try:
            hashes, inside = look(descriptor, request, known_files=known_files, film=film)
        except VideoMetError:
            os.write(WORKER_SOCKET, pack_deferral(request.number))
        else:
            for reel in pack_reels(request.number, hashes.vpdq) if hashes.vpdq else ():
                os.write(WORKER_SOCKET, reel)
            for part in pack_proposals(request.number, hashes.proposals) if hashes.proposals is not None else ():
                os.write(WORKER_SOCKET, part)
            if hashes.altered:
                os.write(WORKER_SOCKET, pack_closer(request.number, hashes.altered))
            os.write(WORKER_SOCKET, pack_answer(request.number, hashes, signals, inside))
        os.close(descriptor)


class _Pulse:
    """Lets the parent know, now and then, that a long video is still being looked at."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._next_s = time.monotonic() + _PULSE_S

    def __call__(self) -> None:
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + _PULSE_S
            for reel in pack_reels(self._number, ()):
                os.write(WORKER_SOCKET, reel)


if __name__ == "__main__":
    main(sys.argv[1:])
