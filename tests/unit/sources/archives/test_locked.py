"""Every reader of archives does its work under the lock that it will run under."""

import gzip
import pickle
import subprocess
import sys
from pathlib import Path

from tests.unit.sources.archives.made import make_cab, make_lha, make_rar4, make_rar5
from tests.unit.sources.archives.programs import run_program
from tests.unit.sources.archives.unpacking import unpack_any

from unseen.model import Reason

FILES = {"a.txt": b"hello " * 900, "ü.txt": b"other " * 900}
COMMANDS: dict[str, tuple[str, ...]] = {
    **{f"x.{form}": ("bsdtar", "--format", form, "-cf") for form in ("pax", "newc", "xar", "ar")},
    **{f"x.tar.{name}": ("bsdtar", f"--{name}", "-cf") for name in ("gzip", "bzip2", "xz", "zstd", "lz4", "lzip")},
    **{f"{name}.7z": ("7z", "a", f"-m0={name}", "-ms=on") for name in ("LZMA2", "LZMA", "PPMd", "BZip2", "Deflate")},
    **{f"{name}.zip": ("7z", "a", f"-mm={name}", "-tzip") for name in ("Deflate64", "LZMA", "BZip2", "PPMd")},
    **{f"{name}p.zip": ("7z", "a", f"-mem={name}", "-tzip", "-psecret") for name in ("ZipCrypto", "AES256")},
    "p.7z": ("7z", "a", "-psecret"),
    "h.7z": ("7z", "a", "-psecret", "-mhe=on"),
}


def test_archives_are_read_in_a_locked_process(tmp_path: Path) -> None:
    """No codec, no locale and no library is opened at the moment when it is needed."""
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    for name, command in COMMANDS.items():
        run_program(*command, name, *FILES, cwd=tmp_path)
    asked: list[tuple[bytes, tuple[str, ...]]] = [
        ((tmp_path / name).read_bytes(), ("wrong", "sécret", "secret")) for name in COMMANDS
    ]
    asked += [(make(FILES), ()) for make in (make_rar4, make_rar5, make_cab, make_lha)]
    dos_name = (tmp_path / "Deflate64.zip").read_bytes().replace("ü".encode(), b"\x81\x84")
    asked += [(data, ()) for data in (gzip.compress(b"x" * 9_999), gzip.compress(bytes(200 << 20)), dos_name)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.sources.archives.locked"],
        input=pickle.dumps(asked), capture_output=True, check=False, cwd=Path(__file__).parents[4],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    answers = pickle.loads(done.stderr)
    for (data, passwords), (contents, reasons) in zip(asked, answers, strict=True):
        expected = unpack_any(data, *passwords)
        assert contents == expected.contents
        assert reasons == expected.reasons
    assert all(contents == FILES and reasons == [] for contents, reasons in answers[: len(COMMANDS)])
    assert answers[-2][0] == {"content": Reason.TOO_LARGE}
