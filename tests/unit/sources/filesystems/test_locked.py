"""Every file system is read under the lock that its reader will run under."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.sources.disks.locked import read_image
from tests.unit.sources.filesystems.images import vector


@pytest.mark.parametrize("zone", ["", "America/New_York"])
def test_file_systems_are_read_in_a_locked_process(vectors: Path, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """No library opens a file at the moment when it is needed, the machine's time zone for dates of FAT neither."""
    if zone:
        monkeypatch.setenv("TZ", zone)
    else:
        monkeypatch.delenv("TZ", raising=False)
    images = [vector(vectors, name) for name in ("s_ext4", "s_fat", "s_ntfs")]
    images += [(vectors / "disk-images" / "dfvfs" / name).read_bytes() for name in ("apfs.raw", "iso9660.raw")]
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.sources.disks.locked"],
        input=pickle.dumps([(image, "") for image in images]), capture_output=True, check=False,
        cwd=Path(__file__).parents[4],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    assert pickle.loads(done.stderr) == [read_image(image, "") for image in images]
