"""`unseen bench`: how fast this machine hashes, decodes and searches. No comparison with others: see benchmarks/."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
from PIL import Image

from unseen.casework.hashing import hash_sources, open_paths, worker_count
from unseen.darkroom import hash_file
from unseen.hashing import pdq, pdq_dihedral
from unseen.matching import Index

__all__ = ["Measurement", "measure"]

Pixels = npt.NDArray[np.uint8]

_SEED = 20_260_101
_ROUNDS = 7
# Beyond this a round repeats what it measures, so that the clock's own step vanishes.
_ROUND_S_MIN = 0.05
_SIZES = {"2 MP": (1632, 1224), "12 MP": (4000, 3000)}
_LIST_SIZES = (100_000, 1_000_000)
_BATCH = 1_000
_PER_SECOND = {"ms": 1e3, "us": 1e6}
_DIGESTED_BYTES = 32 << 20
_DARKROOM_FILES = 200


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure of this machine.

    Attributes:
        name: What was measured.
        value: The median.
        unit: Of the value.
        smallest: Of all rounds.
        largest: Of all rounds.
        rounds: How many.
    """

    name: str
    value: float
    unit: str
    smallest: float
    largest: float
    rounds: int


def measure(folder: Path) -> Iterator[Measurement]:
    """Measure one thing after the other, in CPU time of this process except where the name says otherwise.

    Args:
        folder: An empty directory, for pictures drawn by code.
    """
    rng = np.random.default_rng(_SEED)
    for name, (width, height) in _SIZES.items():
        pixels = _draw(rng, width, height)
        yield _timed(f"PDQ of a picture of {name}", partial(pdq, pixels))
        yield _timed(f"all eight orientations, {name}", partial(pdq_dihedral, pixels))
        path = folder / f"{width}.jpg"
        Image.fromarray(pixels).save(path, quality=90)
        yield _timed(f"JPEG of {name} to digests and every hash", partial(hash_file, path))
    path = folder / "random.dat"
    path.write_bytes(rng.bytes(_DIGESTED_BYTES))
    yield _rate("MD5, SHA-1 and SHA-256 of a file", partial(hash_file, path), _DIGESTED_BYTES / 1e6, "MB/s")
    path.unlink()
    for size in _LIST_SIZES:
        yield from _measure_search(rng, size)
    yield _measure_darkroom(rng, folder)


def _draw(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Coloured hills with some grain: a JPEG of it is about as large as one of a photograph."""
    coarse = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
    hills = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16)
    return (hills + rng.integers(-9, 10, hills.shape, dtype=np.int16)).clip(0, 255).astype(np.uint8)


def _measure_search(rng: np.random.Generator, size: int) -> Iterator[Measurement]:
    codes = rng.integers(0, 256, (size, 32), dtype=np.uint8)
    index = Index.build(codes)
    queries = rng.integers(0, 256, (_BATCH, 32), dtype=np.uint8)
    singles = [queries[at : at + 1] for at in range(100)]

    def one_by_one() -> None:
        for query in singles:
            index.search(query)

    name = f"exact search among {size:,}"
    yield _timed(f"{name}, one hash", one_by_one, unit="us", share=len(singles))
    yield _timed(f"{name}, in batches of {_BATCH:,}", partial(index.search, queries), unit="us", share=_BATCH)


def _measure_darkroom(rng: np.random.Generator, folder: Path) -> Measurement:
    """Whole scans wait for disks and workers, so this one figure is by the wall clock."""
    files = folder / "files"
    files.mkdir()
    for at in range(_DARKROOM_FILES):
        Image.fromarray(_draw(rng, 640, 480)).save(files / f"{at}.jpg", quality=90)
    began = 0.0
    ended = 0.0

    def ready(_: object) -> None:
        nonlocal began
        began = time.perf_counter()

    for _answer in hash_sources(open_paths([str(files)]), on_sandbox=ready):
        ended = time.perf_counter()
    rate = _DARKROOM_FILES / (ended - began)
    name = f"darkroom, small JPEG files, {worker_count()} workers, wall clock"
    return Measurement(name, rate, "files/s", rate, rate, 1)


def _timed(name: str, work: Callable[[], object], *, unit: str = "ms", share: int = 1) -> Measurement:
    values = [seconds * _PER_SECOND[unit] / share for seconds in _rounds(work)]
    return Measurement(name, median(values), unit, min(values), max(values), len(values))


def _rate(name: str, work: Callable[[], object], amount: float, unit: str) -> Measurement:
    rates = [amount / seconds for seconds in _rounds(work)]
    return Measurement(name, median(rates), unit, min(rates), max(rates), len(rates))


def _rounds(work: Callable[[], object]) -> list[float]:
    work()
    began = time.process_time()
    work()
    repeats = max(1, round(_ROUND_S_MIN / max(time.process_time() - began, 1e-6)))
    seconds = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(repeats):
            work()
        seconds.append((time.process_time() - began) / repeats)
    return seconds
