"""Images cut into files go to the locked reader as a whole."""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.docs.disks import make_disk
from tests.unit.sources.disks.images import need, run

from unseen.darkroom import Choose, Darkroom
from unseen.model import ItemHashes, Locator, Reason
from unseen.sources import open_source
from unseen.sources.layers import Want


def _disk() -> bytes:
    drawn = io.BytesIO()
    noise = np.random.default_rng(3).integers(0, 256, (600, 900, 3), dtype=np.uint8)
    Image.fromarray(noise).save(drawn, "JPEG", quality=90)
    return make_disk({"A.JPG": drawn.getvalue()}, {})


def _answers(folder: Path, choose: Choose | None = None) -> dict[str, ItemHashes]:
    with Darkroom(workers=1) as darkroom:
        found = darkroom.develop(open_source(str(folder)), choose=choose)
        return {str(item.locator).removeprefix(f"{folder}/"): hashes for item, hashes in found}


def test_pictures_across_the_seams_are_hashed(tmp_path: Path) -> None:
    """A picture that begins in one file and ends in another is found once, and each file is an item with digests."""
    disk = _disk()
    cut = (1 << 20) + (1 << 18)
    for number, start in enumerate(range(0, len(disk), cut), start=1):
        (tmp_path / f"disk.{number:03}").write_bytes(disk[start : start + cut])
    answers = _answers(tmp_path)
    assert answers["disk.001 > fat@1048576 > /A.JPG"].pdq is not None
    assert {name for name in answers if " > " not in name} == {f"disk.{number:03}" for number in range(1, 5)}
    assert [name for name in answers if name.startswith("disk.002 >")] == []


def test_an_image_without_its_last_segment_is_truncated(tmp_path: Path) -> None:
    """What the first segments hold is screened; that some is missing is the image's own reason."""
    need("ewfacquire")
    raw, folder = tmp_path / "disk.raw", tmp_path / "images"
    raw.write_bytes(_disk())
    folder.mkdir()
    run("ewfacquire", "-q", "-u", "-c", "none", "-S", "2097152", "-t", folder / "disk", raw)
    whole = _answers(folder)
    assert whole["disk.E01 > fat@1048576 > /A.JPG"].pdq is not None
    assert {hashes.reason for hashes in whole.values()} <= {None, Reason.NOT_MEDIA, Reason.LOW_QUALITY}
    (folder / "disk.E03").unlink()
    cut = _answers(folder)
    assert cut["disk.E01"].reason is Reason.TRUNCATED
    assert cut["disk.E01 > fat@1048576 > /A.JPG"].sha256 == whole["disk.E01 > fat@1048576 > /A.JPG"].sha256


@pytest.mark.parametrize("name", ["disk.001", "disk.003"])
def test_an_image_of_which_a_file_changes_while_it_is_read_is_changed(tmp_path: Path, name: str) -> None:
    """Whichever of its files is written, grows or is touched meanwhile: the image says so, and keeps what was found."""
    disk = _disk()
    cut = (1 << 20) + (1 << 18)
    for number, start in enumerate(range(0, len(disk), cut), start=1):
        (tmp_path / f"disk.{number:03}").write_bytes(disk[start : start + cut])

    def choose(locators: Sequence[Locator]) -> list[Want]:
        if any(len(locator.steps) > 1 for locator in locators):
            os.utime(tmp_path / name, ns=(1, 1))
        return [Want.TAKE] * len(locators)

    answers = _answers(tmp_path, choose)
    assert answers["disk.001"].reason is Reason.CHANGED
    assert answers["disk.001 > fat@1048576 > /A.JPG"].pdq is not None
