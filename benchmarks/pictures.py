"""Photographs of places and things, and what is made of them: files of given sizes, and PDQ codes.

Made once into `build/bench` from fixed seeds, so that every run measures the same bytes. Photographs come from
`UNSEEN_VECTORS`, and where that is absent from scikit-image, those without people only.
"""

import os
import random
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.race import ROOT

__all__ = [
    "CACHE",
    "clustered_codes",
    "cropped_jpegs",
    "crowded_codes",
    "making",
    "mixed_jpegs",
    "photographs",
    "queries_for",
    "sized_jpegs",
    "skimage_photographs",
    "small_files",
    "uniform_codes",
    "zipped",
]

CACHE = ROOT / "build" / "bench"
_SEED = 20261123
# Photographs in scikit-image that show no person.
_WITHOUT_PEOPLE = (
    "coffee",
    "chelsea",
    "rocket",
    "coins",
    "moon",
    "page",
    "brick",
    "grass",
    "gravel",
    "hubble_deep_field",
)
Codes = npt.NDArray[np.uint8]


def photographs() -> list[Image.Image]:
    """Every photograph there is, in RGB, in a fixed order."""
    folder = Path(os.environ.get("UNSEEN_VECTORS", ROOT.parent / "shared" / "vectors")) / "photos"
    if folder.is_dir():
        return [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))]
    return skimage_photographs()


def skimage_photographs() -> list[Image.Image]:
    """Those of scikit-image that show no person, in RGB."""
    from skimage import data

    return [Image.fromarray(np.asarray(getattr(data, name)())).convert("RGB") for name in _WITHOUT_PEOPLE]


def sized_jpegs(megapixels: int, count: int) -> Path:
    """A folder of `count` photographs of that many megapixels, 3:2, quality 90.

    The originals are smaller, so that enlarging leaves them smoother than a camera would; seeded noise of two grey
    levels stands in for that of a sensor. Files at 12 MP still hold fewer bytes than most cameras write.
    """
    folder = CACHE / f"jpeg-{megapixels}mp-{count}"
    if folder.is_dir():
        return folder
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    noise = np.random.default_rng(_SEED)
    with making(folder) as partial:
        for at, photograph in enumerate(photographs()[:count]):
            pixels = np.asarray(
                photograph.resize((height * 3 // 2, height), Image.Resampling.LANCZOS), dtype=np.float32
            )
            pixels = pixels + noise.normal(0, 2, (*pixels.shape[:2], 1)).astype(np.float32)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(partial / f"{at:02}.jpg", quality=90)
    return folder


def cropped_jpegs(count: int) -> Path:
    """A folder tree of `count` different JPEG files of 2 megapixels, quality 90: random crops of photographs."""
    folder = CACHE / f"cropped-{count}"
    if folder.is_dir():
        return folder
    choose, noise = random.Random(_SEED + 5), np.random.default_rng(_SEED)
    grain = noise.normal(0, 2, (1155, 1732, 1)).astype(np.float32)
    originals = photographs()
    with making(folder) as partial:
        for at in range(count):
            picture = _crop(choose, choose.choice(originals)).resize((1732, 1155), Image.Resampling.LANCZOS)
            pixels = np.asarray(picture, dtype=np.float32) + np.roll(grain, at)
            place = partial / f"{at // 100:02}"
            place.mkdir(exist_ok=True)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(place / f"{at:05}.jpg", quality=90)
    return folder


def mixed_jpegs(count: int) -> Path:
    """A folder tree of `count` different JPEG files: 0.1 to 12 MP, quality 70 to 95, some progressive, some grey."""
    folder = CACHE / f"mixed-{count}"
    if folder.is_dir():
        return folder
    choose = random.Random(_SEED)
    originals = photographs()
    sides = [(480, 360)] * 4 + [(1024, 768)] * 6 + [(1600, 1200)] * 6 + [(1920, 1280)] * 3 + [(4243, 2828)]
    with making(folder) as partial:
        for at in range(count):
            picture = _crop(choose, choose.choice(originals)).resize(choose.choice(sides))
            picture = picture.convert("L") if choose.random() < 0.05 else picture
            place = partial / f"{at // 100:02}"
            place.mkdir(exist_ok=True)
            picture.save(place / f"{at:05}.jpg", quality=choose.randint(70, 95), progressive=choose.random() < 0.1)
    return folder


def zipped(folder: Path) -> Path:
    """A zip file of a folder tree, deflated, as programs make it by default."""
    path = folder.with_suffix(".zip")
    if not path.exists():
        partial = folder.with_suffix(".zip.partial")
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in sorted(folder.rglob("*")):
                archive.write(each, each.relative_to(folder))
        partial.rename(path)
    return path


def small_files(count: int) -> Path:
    """A folder tree of `count` different small files, half of them pictures, half of them text."""
    folder = CACHE / f"small-{count}"
    if folder.is_dir():
        return folder
    choose = random.Random(_SEED)
    originals = photographs()
    with making(folder) as partial:
        drawn = partial / "drawn.jpg"
        pictures = []
        for _ in range(200):
            _crop(choose, choose.choice(originals)).resize((96, 72)).save(drawn, quality=80)
            pictures.append(drawn.read_bytes())
        drawn.unlink()
        for at in range(count):
            place = partial / f"{at // 1000:03}"
            place.mkdir(exist_ok=True)
            # A number behind the end of a JPEG changes its digests and nothing else.
            content = choose.choice(pictures) if at % 2 else b"a line of text\n" * choose.randint(1, 100)
            (place / f"{at:06}.{'jpg' if at % 2 else 'txt'}").write_bytes(content + str(at).encode())
    return folder


def uniform_codes(count: int) -> Path:
    """A file of `count` random codes."""
    path = CACHE / f"uniform-{count}.npy"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        _save(path, np.random.default_rng(_SEED).integers(0, 256, (count, 32), dtype=np.uint8))
    return path


def clustered_codes(count: int) -> Path:
    """A file of `count` PDQ codes as lists of photographs hold them: two thirds are near-duplicates of the first third.

    Each original is of two random crops of photographs, laid over each other, so that bits depend on each other as
    those of photographs do. Copies differ from it in 0 to 24 bits; an original has two on average.
    """
    path = CACHE / f"clustered-{count}.npy"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(_SEED + 3)
        originals = _natural(count // 3, _SEED)
        copied = originals[rng.integers(0, len(originals), count - len(originals))]
        _save(path, rng.permutation(np.concatenate([originals, _flipped(copied, 24, rng)])))
    return path


def crowded_codes(count: int) -> Path:
    """The clustered codes with 20,000 of them replaced by four crowds: 5,000 near-duplicates of one original each."""
    path = CACHE / f"crowded-{count}.npy"
    if not path.exists():
        rng = np.random.default_rng(_SEED + 4)
        codes = np.load(clustered_codes(count))
        crowd = min(5000, count // 8)
        for start in range(4):
            codes[start * crowd : (start + 1) * crowd] = _flipped(
                np.repeat(codes[-1 - start : len(codes) - start], crowd, 0), 24, rng
            )
        _save(path, rng.permutation(codes))
    return path


def queries_for(codes: Path, *, count: int) -> Path:
    """A file of queries: half are entries with 0 to 31 bits flipped, half are fresh codes of the same kind."""
    path = codes.with_name(f"{codes.stem}-queries-{count}.npy")
    if path.exists():
        return path
    rng = np.random.default_rng(_SEED + 1)
    entries = np.load(codes, mmap_mode="r")
    planted = _flipped(entries[rng.integers(0, len(entries), count // 2)], 31, rng)
    if codes.stem.startswith("uniform"):
        fresh = rng.integers(0, 256, (count - count // 2, 32), dtype=np.uint8)
    else:
        fresh = _natural(count - count // 2, _SEED + 2)
    _save(path, rng.permutation(np.concatenate([planted, fresh])))
    return path


def _flipped(codes: Codes, bits_max: int, rng: np.random.Generator) -> Codes:
    """Codes with 0 to `bits_max` bits changed, each number as often as any other."""
    flipped = np.empty_like(codes)
    for start in range(0, len(codes), 10_000):
        part = codes[start : start + 10_000]
        order = rng.random((len(part), 256)).argsort(axis=1)
        changed = order < rng.integers(0, bits_max + 1, (len(part), 1))
        flipped[start : start + 10_000] = part ^ np.packbits(changed, axis=1)
    return flipped


def _natural(count: int, seed: int) -> Codes:
    unseen: Any = import_module("unseen.hashing")

    choose = random.Random(seed)
    originals = [photograph.convert("L").resize((256, 192)) for photograph in photographs()]
    codes = np.empty((count, 32), dtype=np.uint8)
    size, box = (64, 64), Image.Resampling.BOX
    for at in range(count):
        first, second = (_crop(choose, choose.choice(originals)).resize(size, box) for _ in range(2))
        code, _ = unseen.pdq(np.asarray(Image.blend(first, second, 0.5)))
        codes[at] = np.frombuffer(code, dtype=np.uint8)
    return codes


def _crop(choose: random.Random, picture: Image.Image) -> Image.Image:
    width = round(picture.width * choose.uniform(0.25, 1))
    height = round(picture.height * choose.uniform(0.25, 1))
    left, top = choose.randint(0, picture.width - width), choose.randint(0, picture.height - height)
    return picture.crop((left, top, left + width, top + height))


def _save(path: Path, codes: Codes) -> None:
    partial = path.with_suffix(".partial.npy")
    np.save(partial, codes)
    partial.rename(path)


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """A folder that gets its name only once it is complete, so that a killed run leaves nothing half made in use."""
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    partial.rename(folder)
