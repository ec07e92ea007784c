"""File systems for the tests: made at run time, or taken from the reference vectors."""

import contextlib
import gzip
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from unseen.model import ByteSource, Reason, State, UnreadError
from unseen.sources.filesystems.sleuthkit import reader
from unseen.sources.layers import Context, Medium, MemoryRange
from unseen.sources.layers.registry import Unpack

# What became of a member: its bytes, or why there are none.
Found = tuple[State, bytes | Reason]


def vector(vectors: Path, name: str) -> bytes:
    """The sectors of a generated image."""
    return gzip.decompress((vectors / "disk-images" / "generated" / f"{name}.raw.gz").read_bytes())


def run(*command: str | Path) -> None:
    """Run a program that makes images; the test is skipped, visibly, where the machine has none."""
    program = shutil.which(str(command[0]), path="/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin")
    if program is None:
        pytest.skip(f"needs {command[0]}")
    subprocess.run([program, *map(str, command[1:])], check=True, capture_output=True)


def read_whole(source: ByteSource, piece_bytes: int = 1 << 20) -> bytes:
    """All bytes of a range, read in order."""
    pieces: list[bytes] = []
    while (at := sum(map(len, pieces))) < source.size_bytes and (piece := source.read_at(at, piece_bytes)):
        pieces.append(piece)
    return b"".join(pieces)


def found_in(image: bytes, context: Context | None = None, unpack: Unpack = reader.unpack) -> dict[str, Found]:
    """Every member by its address; a reason without one under its own value."""
    found: dict[str, Found] = {}
    for member in unpack(MemoryRange(image), context or Context()):
        if isinstance(member, Reason):
            found[member.value] = (State.ALLOCATED, member)
            continue
        assert not isinstance(member, Medium)
        assert member.address not in found, "one address, one member"
        try:
            opened = member.open()
            found[member.address] = (member.state, opened if isinstance(opened, Reason) else read_whole(opened))
        except UnreadError as error:
            found[member.address] = (member.state, error.reason)
    return found


def digest(found: Found) -> str:
    """MD5 of a member that has bytes."""
    assert isinstance(found[1], bytes)
    return hashlib.md5(found[1]).hexdigest()


@contextlib.contextmanager
def mounted(image: Path, *command: str) -> Iterator[Path]:
    """Fill a volume through the system's own writer of its file system; skipped, visibly, where that is not allowed."""
    place = image.parent / "mounted"
    place.mkdir(exist_ok=True)
    program = shutil.which(command[0], path="/usr/bin:/bin:/usr/sbin:/sbin")
    if (
        program is None
        or subprocess.run([program, *command[1:], image, place], capture_output=True, check=False).returncode
    ):
        pytest.skip(f"needs {command[0]} and the right to mount")
    try:
        yield place
    finally:
        run("umount", place)
