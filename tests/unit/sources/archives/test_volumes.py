"""Archives in several files are one archive where all of them lie together, and rows where they do not."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.sources.archives.programs import run_program
from tests.unit.sources.archives.volumes import make_rar4_volumes, make_rar5_volumes
from tests.unit.sources.carving.drawn import picture, written

from unseen.darkroom import Darkroom
from unseen.model import ItemHashes, Reason
from unseen.sources import open_source

NOISE = random.Random(8).randbytes(300_000)
PICTURE = written(picture(3, 400, 300), "JPEG")
FILES = {"a.bin": NOISE, "b.jpg": PICTURE, "c.bin": NOISE[::-1]}


def screened(folder: Path) -> dict[str, ItemHashes]:
    """All items of a folder, by their locators below it."""
    with Darkroom(workers=1) as darkroom:
        answers = list(darkroom.develop(open_source(str(folder))))
    rows = {str(item.locator).removeprefix(f"{folder}/"): hashes for item, hashes in answers}
    assert len(rows) == len(answers)
    return rows


def put(folder: Path) -> None:
    """The files, to be packed by a program."""
    for name, data in FILES.items():
        (folder / name).write_bytes(data)


def seven(folder: Path, kind: str) -> str:
    """Volumes of 7-Zip: any archive, cut anywhere."""
    run_program("7z", "a", "-mx0", f"-t{kind}", "-v150k", f"../x/x.{kind}", *FILES, cwd=folder)
    return f"x.{kind}.001"


def info_zip(folder: Path) -> str:
    """Parts of Info-ZIP: the last one has the usual name, and offsets count from the part that they lie in."""
    run_program("zip", "-0", "-s", "150k", "../x/x.zip", *FILES, cwd=folder)
    return "x.zip"


@pytest.mark.parametrize("make", [lambda place: seven(place, "7z"), lambda place: seven(place, "zip"), info_zip])
def test_an_archive_in_several_files_is_read_whole(tmp_path: Path, make: Callable[[Path], str]) -> None:
    """Every entry, also those that lie across two files; the other files are items, and nothing more."""
    (tmp_path / "f").mkdir()
    (tmp_path / "x").mkdir()
    put(tmp_path / "f")
    first = make(tmp_path / "f")
    rows = screened(tmp_path / "x")
    inside = {name: hashes for name, hashes in rows.items() if " > " in name}
    assert set(inside) == {f"{first} > {name}" for name in FILES}
    assert inside[f"{first} > b.jpg"].pdq is not None
    assert len(rows) - len(inside) > 3
    assert {hashes.reason for hashes in rows.values()} == {None, Reason.NOT_MEDIA}
    # Without one of them, it is said of the first that something is missing.
    missing = sorted(name for name in rows if name not in inside and name != first)[1]
    (tmp_path / "x" / missing).unlink()
    rows = screened(tmp_path / "x")
    assert rows[first].reason in {Reason.TRUNCATED, Reason.UNREADABLE}


@pytest.mark.parametrize("make", [make_rar4_volumes, make_rar5_volumes])
@pytest.mark.parametrize("names", [["x.part1.rar", "x.part2.rar", "x.part3.rar"], ["x.rar", "x.r00", "x.r01"]])
def test_a_rar_archive_in_several_files_is_read_whole(
    tmp_path: Path, make: Callable[[str, bytes, int], list[bytes]], names: list[str]
) -> None:
    """A picture that lies across three volumes is one picture."""
    volumes = make("beach.jpg", PICTURE, 3)
    for name, data in zip(names, volumes, strict=True):
        (tmp_path / name).write_bytes(data)
    rows = screened(tmp_path)
    assert rows[f"{names[0]} > beach.jpg"].pdq is not None
    assert {hashes.reason for hashes in rows.values()} == {None, Reason.NOT_MEDIA}
    (tmp_path / names[2]).unlink()
    assert Reason.TRUNCATED in {hashes.reason for hashes in screened(tmp_path).values()}
    # A later one alone is no archive that anything can be made of, and says so.
    for name in names[:2]:
        (tmp_path / name).unlink()
    (tmp_path / names[1]).write_bytes(volumes[1])
    alone = screened(tmp_path)
    assert {hashes.reason for hashes in alone.values()} & {Reason.TRUNCATED, Reason.UNREADABLE, Reason.UNSUPPORTED}
