"""An image of a disk as an examiner has it: photographs, text, noise and blank space, compressed."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.pictures import CACHE, mixed_jpegs
from benchmarks.race import Side, race

__all__ = ["e01"]

_SECTOR_BYTES = 512


def e01(count: int, *, rounds: int) -> list[dict[str, Any]]:
    """Read a whole E01 image of `count` photographs and as much besides, in pieces of 1 MiB."""
    image = str(_image(count))
    return race(
        [
            Side("unseen", "e01", {"side": "unseen", "image": image}, packages=("isal",)),
            Side("libewf", "e01", {"side": "libewf", "image": image}, peer=True, packages=("libewf-python",)),
        ],
        rounds=rounds,
    )


def _image(count: int) -> Path:
    image = CACHE / f"disk-{count}.E01"
    if image.exists():
        return image
    photographs = sorted(mixed_jpegs(count).rglob("*.jpg"))
    raw = CACHE / f"disk-{count}.raw"
    line = hashlib.sha256(b"seed").hexdigest().encode()
    with raw.open("wb") as file:
        for photograph in photographs:
            content = photograph.read_bytes()
            file.write(content)
            # As many bytes of text that compresses to half, and as many that are blank.
            for _ in range(len(content) // 64):
                line = hashlib.sha256(line).hexdigest().encode()
                file.write(line)
            file.write(bytes(len(content)))
        file.truncate(-(-file.tell() // _SECTOR_BYTES) * _SECTOR_BYTES)
    # Its own name ends in .E01 by itself.
    target = image.with_suffix("")
    command = ["ewfacquire", "-q", "-u", "-c", "fast", "-S", "7.9EiB", "-t", str(target), str(raw)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    raw.unlink()
    return image
