"""Killed in the middle of a container in a container, a scan goes on there: nothing lost, nothing twice."""

import hashlib
import io
import json
import os
import signal
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select
from tests.faults.test_whole_scans import ROOT, command, scan

from unseen.store import open_store
from unseen.store.schema import items

PICTURES = 24


def picture(number: int) -> bytes:
    """A picture of patches, torn where its number says so."""
    patches = np.random.default_rng(number).integers(0, 255, (9, 9, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(patches).resize((400, 300), Image.Resampling.BICUBIC).save(file, "PNG")
    data = file.getvalue()
    return data[: len(data) // 2] if number % 5 == 0 else data


def packed(members: dict[str, bytes]) -> bytes:
    """A zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures in a zip in a zip, between others in the outer one, and one beside it."""
    folder = tmp_path_factory.mktemp("source")
    third = PICTURES // 3
    inner = packed({f"{number}.png": picture(number) for number in range(third, 2 * third)})
    before = {f"{number}.png": picture(number) for number in range(third)}
    after = {f"{number}.png": picture(number) for number in range(2 * third, PICTURES)}
    (folder / "outer.zip").write_bytes(packed({**before, "inner.zip": inner, **after}))
    (folder / "alone.png").write_bytes(picture(PICTURES + 1))
    return folder


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of digests: every second picture."""
    path = tmp_path_factory.mktemp("list") / "known.txt"
    path.write_text("".join(f"md5:{hashlib.md5(picture(n)).hexdigest()}\n" for n in range(0, PICTURES, 2)))
    return path


@pytest.mark.parametrize("rows", [1, 4, 7, 10, 13])
def test_a_scan_killed_inside_containers_is_finished_by_the_next(
    rows: int, source: Path, known: Path, tmp_path: Path
) -> None:
    """Wherever it is killed, the next run tells and stores what an undisturbed one does, each item once."""
    undisturbed, summary, _ = scan(tmp_path / "undisturbed", source, known, batch_items=1)
    assert (summary["items"], summary["findings"]) == (PICTURES + 3, PICTURES // 2)
    with subprocess.Popen(
        command(tmp_path / "store", source, known, 2, 1), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        told = [json.loads(running.stdout.readline()) for _ in range(rows)]
        os.kill(running.pid, signal.SIGKILL)
    again, summary_again, _ = scan(tmp_path / "store", source, known, batch_items=1)
    assert (again, summary_again) == (undisturbed, summary)
    assert all(row in again for row in told)
    with open_store(tmp_path / "store") as store, store.read() as connection:
        locators = list(connection.scalars(select(items.c.locator).order_by(items.c.id)))
    assert len(set(locators)) == len(locators) == PICTURES + 3
    text = [locator.partition(b"\0")[0] for locator in locators]
    # A container is stored behind all that lies in it, so that a stored one need not be looked into again.
    for at, outer in enumerate(text):
        assert not [later for later in text[at:] if later.startswith(outer + b" > ")]
