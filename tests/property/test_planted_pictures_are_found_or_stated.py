"""Whatever lies in whatever else: the picture at the bottom is found, or a row says which layer stopped that."""

import bz2
import gzip
import io
import lzma
import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import py7zr
import pytest
from tests.faults import hiding
from tests.faults.test_hidden_everywhere import deep, in_base64, mailed, tarred, uuencoded, zipped
from tests.unit.sources.carving.drawn import picture, written
from tests.unit.sources.disks.images import run
from tests.unit.sources.documents.compound import compound
from tests.unit.sources.layers.test_joining import PICTURE

from unseen.darkroom import Darkroom, hash_file
from unseen.model import ItemHashes, Reason
from unseen.sources import open_source

Wrap = Callable[[bytes, random.Random, Path], bytes]
# No whole container of bytes grows beyond this: the test is about ways, not about sizes.
_SIZE_MAX = 8 << 20


def seven(content: bytes, draw: random.Random, _: Path) -> bytes:
    """A 7z archive, of something else too."""
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w") as archive:
        archive.writestr(draw.randbytes(300), "noise")
        archive.writestr(content, "inner.bin")
    return file.getvalue()


def stored(content: bytes, draw: random.Random, _: Path) -> bytes:
    """A zip without compression, behind bytes that are nobody's."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(f"folder/{draw.randrange(99)}", content)
    return draw.randbytes(draw.randrange(200)) + file.getvalue()


def long_tar(content: bytes, draw: random.Random, _: Path) -> bytes:
    """A tar file with a long name, and something behind its end."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        info = tarfile.TarInfo("x" * draw.randrange(1, 300))
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return file.getvalue() + draw.randbytes(100)


def on_fat(content: bytes, draw: random.Random, place: Path) -> bytes:
    """A card, its file deleted or not; on a disk with a table or not."""
    image, one = place / "fat", place / "one"
    sectors = max(2_048, len(content) // 512 * 2)
    image.write_bytes(bytes(sectors * 512))
    one.write_bytes(content)
    run("/usr/sbin/mkfs.fat", image)
    run("mcopy", "-i", image, one, "::A.BIN")
    if draw.random() < 0.5:
        run("mdel", "-i", image, "::A.BIN")
    volume = image.read_bytes()
    return volume if draw.random() < 0.5 else partitioned(volume)


def partitioned(volume: bytes) -> bytes:
    """A disk with one partition."""
    entry = bytes([0, 0, 0, 0, 6, 0, 0, 0]) + (64).to_bytes(4, "little") + (len(volume) // 512).to_bytes(4, "little")
    return (bytes(446) + entry + bytes(48) + b"\x55\xaa").ljust(64 * 512, b"\0") + volume


def on_ext(content: bytes, _draw: random.Random, place: Path) -> bytes:
    """A volume of Linux."""
    tree = place / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    (tree / "a").write_bytes(content)
    (place / "ext").write_bytes(bytes(max(1 << 20, len(content) * 2)))
    run("/usr/sbin/mkfs.ext4", "-q", "-d", tree, place / "ext")
    return (place / "ext").read_bytes()


def on_disc(content: bytes, _draw: random.Random, place: Path) -> bytes:
    """An ISO 9660 image."""
    tree = place / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    (tree / "a").write_bytes(content)
    run("genisoimage", "-quiet", "-R", "-o", place / "iso", tree)
    return (place / "iso").read_bytes()


def imaged(content: bytes, draw: random.Random, place: Path) -> bytes:
    """An image of QEMU's of a medium that begins with the content."""
    (place / "raw").write_bytes(content + bytes(-len(content) % 4096))
    kinds = (("qcow2", "-c"), ("qcow2", ""), ("vmdk", ""), ("vdi", ""), ("vhdx", ""))
    kind, flag = draw.choice(kinds)
    run("qemu-img", "convert", "-f", "raw", *filter(None, [flag]), "-O", kind, place / "raw", place / "image")
    return (place / "image").read_bytes()


def acquired(content: bytes, _draw: random.Random, place: Path) -> bytes:
    """An E01 image."""
    (place / "raw").write_bytes(content + bytes(-len(content) % 512))
    for old in place.glob("ewf.*"):
        old.unlink()
    run("ewfacquire", "-q", "-u", "-c", "fast", "-t", place / "ewf", place / "raw")
    return (place / "ewf.E01").read_bytes()


_WAYS: dict[str, Wrap] = {
    "zip": lambda content, _draw, _place: zipped(("a", b"1"), ("b/inner", content)),
    "stored": stored,
    "tar": long_tar,
    "tar.gz": lambda content, _draw, _place: gzip.compress(tarred("a", content)),
    "gz": lambda content, _draw, _place: gzip.compress(content),
    "bz2": lambda content, _draw, _place: bz2.compress(content),
    "xz": lambda content, _draw, _place: lzma.compress(content),
    "7z": seven,
    "mail": lambda content, _draw, _place: mailed(content),
    "uuencoded": lambda content, _draw, _place: b"hello,\n" + uuencoded(content) + b"bye\n",
    "ole": lambda content, draw, _place: compound({"a/b": content, "c": draw.randbytes(5_000)}),
    "deep": lambda content, _draw, _place: deep(content),
    "ab": lambda content, _draw, _place: b"ANDROID BACKUP\n5\n0\nnone\n" + tarred("apps/x/f/a", content),
}
_AT_THE_BOTTOM: dict[str, Wrap] = {
    "page": lambda content, _draw, _place: in_base64(b'<html><img src="', content, b'"></html>'),
    "unknown": lambda content, draw, _place: b"\1\2" + draw.randbytes(900) + content + draw.randbytes(900),
    "thumbs": lambda content, _draw, _place: hiding.thumbs(content),
    "behind a picture": lambda content, _draw, _place: PICTURE + content,
}
_ON_DISKS: dict[str, tuple[str, Wrap]] = {
    "fat": ("mcopy", on_fat),
    "ext": ("mkfs.ext4", on_ext),
    "iso": ("genisoimage", on_disc),
    "image": ("qemu-img", imaged),
    "ewf": ("ewfacquire", acquired),
}


def ways() -> dict[str, Wrap]:
    """Those that can be made on this machine."""
    path = "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin"
    return _WAYS | {name: way for name, (program, way) in _ON_DISKS.items() if shutil.which(program, path=path)}


def plant(number: int, draw: random.Random, place: Path) -> tuple[bytes, bytes, list[str]]:
    """A picture unlike all others, what it lies in, and by which ways, the innermost first."""
    content = planted = written(picture(number, 160, 120), "JPEG")
    taken: list[str] = []
    known = ways()
    if draw.random() < 0.4:
        taken.append(draw.choice(sorted(_AT_THE_BOTTOM)))
        content = _AT_THE_BOTTOM[taken[-1]](content, draw, place)
    for _ in range(draw.randrange(1, 6)):
        name = draw.choice(sorted(known))
        if len(content) < _SIZE_MAX:
            taken.append(name)
            content = known[name](content, draw, place)
    return planted, content, taken


@pytest.mark.parametrize(("seed", "count"), [(1, 24), pytest.param(2, 400, marks=pytest.mark.soak)])
def test_what_was_planted_is_found_or_a_row_names_what_stopped(tmp_path: Path, seed: int, count: int) -> None:
    """Of every file: its picture, or a reason on the file or on something in it."""
    draw = random.Random(seed)
    (tmp_path / "files").mkdir()
    (tmp_path / "place").mkdir()
    planted: dict[str, tuple[bytes | None, list[str]]] = {}
    for number in range(count):
        known, content, taken = plant(1_000 * seed + number, draw, tmp_path / "place")
        (tmp_path / "files" / str(number)).write_bytes(content)
        (tmp_path / "known.jpg").write_bytes(known)
        # A medium has whole sectors: a picture that is one ends in zeros there, and has another digest.
        planted[str(number)] = hash_file(tmp_path / "known.jpg").pdq, taken
    with Darkroom(workers=2) as darkroom:
        answers = list(darkroom.develop(open_source(str(tmp_path / "files"))))
    rows: dict[str, list[ItemHashes]] = {}
    for item, hashes in answers:
        rows.setdefault(Path(item.locator.steps[0][1]).name, []).append(hashes)
    lost = {}
    stated = 0
    assert len({known for known, _ in planted.values()}) == count
    for name, (known_pdq, taken) in planted.items():
        is_found = any(hashes.pdq == known_pdq for hashes in rows[name])
        is_stated = any(hashes.reason not in {None, Reason.NOT_MEDIA} for hashes in rows[name])
        stated += not is_found
        if not (is_found or is_stated):
            lost[name] = taken
    assert lost == {}
    # Five layers, and three in some of them, are at most eight deep or a few more: most are found.
    assert stated <= count // 3
