"""Small archives of every kind, made at run time, to be damaged."""

import bz2
import gzip
import io
import lzma
import random
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from tests.unit.sources.archives.made import make_cab, make_lha, make_rar4, make_rar5

FILES = {"a.txt": b"hello " * 40, "b.bin": random.Random(6).randbytes(700), "c/d": b"deep" * 50}
PASSWORD = "secret"
# What other programs make, each with its command line.
_COMMANDS = {
    "cpio": ("bsdtar", "--format", "newc", "-cf"),
    "odc": ("bsdtar", "--format", "odc", "-cf"),
    "xar": ("bsdtar", "--format", "xar", "-cf"),
    "zstd": ("bsdtar", "--zstd", "-cf"),
    "lz4": ("bsdtar", "--lz4", "-cf"),
    "lzip": ("bsdtar", "--lzip", "-cf"),
    "compress": ("bsdtar", "--compress", "-cf"),
    "7z": ("7z", "a", "-t7z"),
    "7z locked": ("7z", "a", "-t7z", f"-p{PASSWORD}"),
    "7z hidden": ("7z", "a", "-t7z", f"-p{PASSWORD}", "-mhe=on"),
    "zip locked": ("7z", "a", "-tzip", "-mem=AES256", f"-p{PASSWORD}"),
    "zip locked as before": ("7z", "a", "-tzip", "-mem=ZipCrypto", f"-p{PASSWORD}"),
    "zip deflate64": ("7z", "a", "-tzip", "-mm=Deflate64"),
    "zip ppmd": ("7z", "a", "-tzip", "-mm=PPMd"),
}


@cache
def make_corpus() -> dict[str, bytes]:
    """Archives by kind; those of programs only where these are installed."""
    made = {
        "zip": _zip(zipfile.ZIP_DEFLATED),
        "zip stored": _zip(zipfile.ZIP_STORED),
        "zip lzma": _zip(zipfile.ZIP_LZMA),
        "tar": (tar := _tar(tarfile.PAX_FORMAT)),
        "tar gnu": _tar(tarfile.GNU_FORMAT),
        "tar.gz": gzip.compress(tar),
        "tar.bz2": bz2.compress(tar),
        "tar.xz": lzma.compress(tar),
        "gz": gzip.compress(FILES["b.bin"]),
        "lzma": lzma.compress(FILES["b.bin"], format=lzma.FORMAT_ALONE),
        "rar4": make_rar4(FILES),
        "rar5": make_rar5(FILES),
        "cab": make_cab(FILES),
        "lha": make_lha(FILES),
    }
    with tempfile.TemporaryDirectory() as scratch:
        for name, data in FILES.items():
            path = Path(scratch) / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        for kind, command in _COMMANDS.items():
            if shutil.which(command[0]):
                target = Path(scratch) / "made"
                subprocess.run([*command, target, *FILES], cwd=scratch, capture_output=True, check=True)
                # 7-Zip adds the ending that it likes.
                (written,) = Path(scratch).glob("made*")
                made[kind] = written.read_bytes()
                written.unlink()
    return made


def _zip(method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _tar(form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
