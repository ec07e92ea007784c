"""Images of disks as an examiner has them: photographs, text, noise and blank space; compressed, and raw."""

import hashlib
import random
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.pictures import CACHE, mixed_jpegs
from benchmarks.race import Side, race

__all__ = ["e01", "raw"]

_SECTOR_BYTES = 512
_PIECE_BYTES = 1 << 20
_SEED = 20261123
# Of the files on a raw image: many small ones, and few that hold most of the bytes.
_MEAN_BYTES = 600_000


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


def raw(count: int) -> Path:
    """A volume of ext4 with `count` files that are no media, two thirds full; of the rest, half is noise."""
    image = CACHE / f"volume-{count}.raw"
    if image.exists():
        return image
    CACHE.mkdir(parents=True, exist_ok=True)
    choose = random.Random(_SEED)
    text = b" ".join(b"%x" % choose.getrandbits(40) for _ in range(2 * _PIECE_BYTES // 10))
    made = image.with_suffix(".part")
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        total = 0
        for number in range(count):
            size = min(16 << 20, int(choose.lognormvariate(0, 1.5) * _MEAN_BYTES / 3.08) + 1)
            path = Path(folder) / f"home/{number // 100}/{number}.dat"
            path.parent.mkdir(parents=True, exist_ok=True)
            piece = choose.randbytes(_PIECE_BYTES) if number % 2 else text[choose.randrange(_PIECE_BYTES) :]
            path.write_bytes((piece * (size // _PIECE_BYTES + 1))[:size])
            total += size
        with made.open("wb") as file:
            for _ in range(total * 3 // 4 // _PIECE_BYTES + 8):
                file.write(choose.randbytes(_PIECE_BYTES))
                file.write(bytes(_PIECE_BYTES))
        command = ["mke2fs", "-q", "-F", "-t", "ext4", "-E", "nodiscard,lazy_itable_init=0", "-d", folder, str(made)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    made.rename(image)
    return image
