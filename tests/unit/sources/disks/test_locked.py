"""Every reader of images does its work under the lock that it will run under."""

import pickle
import subprocess
import sys
from pathlib import Path

from tests.unit.sources.disks.images import medium
from tests.unit.sources.disks.locked import read_image
from tests.unit.sources.disks.test_encryption import ARGON2, PASSWORD, encrypt
from tests.unit.sources.disks.test_ewf import acquire
from tests.unit.sources.disks.test_images import convert

_MEDIUM = medium(1 << 20, seed=17)
_KINDS = [
    ("qcow2", "cluster_size=64k", "-c"),
    ("qcow2", "compression_type=zstd", "-c"),
    ("vdi", "static=off", ""),
    ("vpc", "subformat=dynamic,force_size=on", ""),
    ("vhdx", "subformat=dynamic", ""),
    ("vmdk", "subformat=streamOptimized", ""),
]


def test_images_are_read_in_a_locked_process(tmp_path: Path, vectors: Path) -> None:
    """No library, no cipher and no codec is opened at the moment when it is needed."""
    images = [convert(tmp_path, *kind, data=_MEDIUM) for kind in _KINDS]
    asked = [(image.read_bytes(), "") for image in images]
    asked.append((acquire(tmp_path, "-c", "best", data=_MEDIUM)[0].read_bytes(), ""))
    asked.append(((vectors / "disk-images" / "dfvfs" / "hfsplus_zlib.dmg").read_bytes(), ""))
    ciphers = (("luks1", "cipher-alg=aes-256"), ("--type", "luks2", "--pbkdf", "argon2id", *ARGON2))
    asked += [(encrypt(tmp_path, *options).read_bytes(), PASSWORD) for options in ciphers]
    heads = (b"\xeb\x58\x90-FVE-FS-", bytes(8) + b"\1\0\x10\0" + bytes(76) + b"CS")
    asked += [(head.ljust(1 << 20, b"\0"), PASSWORD) for head in heads]
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.sources.disks.locked"],
        input=pickle.dumps(asked), capture_output=True, check=False, cwd=Path(__file__).parents[4],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    answers = pickle.loads(done.stderr)
    assert answers == [read_image(data, password) for data, password in asked]
    assert answers[-2:] == [["encrypted"], ["encrypted"]]
    assert all(len(digest) == 64 for answer in answers[:-2] for digest in answer)
