"""Media and images of them, for tests of everything that reads disks."""

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from unseen.model import ByteSource
from unseen.sources.layers import FileRange, Segments


def need(*programs: str) -> None:
    """Skip the test, visibly, where a program that makes its images is missing."""
    for program in programs:
        if shutil.which(program) is None and not Path("/usr/sbin", program).exists():
            pytest.skip(f"{program} is not installed")


def run(*arguments: object) -> None:
    """Run a program that makes an image."""
    subprocess.run([str(each) for each in arguments], check=True, capture_output=True)


def run_locking(*arguments: object) -> None:
    """Run QEMU where it encrypts: it times its key derivation, and gives up where the clock of CPU time was coarse."""
    for _ in range(20):
        if subprocess.run([str(each) for each in arguments], check=False, capture_output=True).returncode == 0:
            return
    run(*arguments)


def medium(size_bytes: int, seed: int = 7) -> bytes:
    """A medium of noise, blanks and text, in stretches of many lengths, the same for the same seed."""
    draw = random.Random(seed)
    pieces: list[bytes] = []
    left = size_bytes
    while left > 0:
        length = min(left, draw.randrange(1, 200_000))
        kind = draw.randrange(3)
        text = b"the quick brown fox " * (length // 20 + 1)
        pieces.append((draw.randbytes(length), bytes(length), text[:length])[kind])
        left -= length
    return b"".join(pieces)


class Opened:
    """Files opened as one range, closed at the end."""

    def __init__(self, *paths: Path) -> None:
        self._descriptors = [os.open(path, os.O_RDONLY) for path in paths]

    def __enter__(self) -> ByteSource:
        parts = [FileRange(each) for each in self._descriptors]
        return parts[0] if len(parts) == 1 else Segments(parts)

    def __exit__(self, *_: object) -> None:
        for each in self._descriptors:
            os.close(each)
