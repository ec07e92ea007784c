"""Memory is bounded, however many members an archive has and however long a video is."""

import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from tests.unit.clips import draw_video

ROOT = Path(__file__).parents[2]


def look(kind: str, path: Path) -> tuple[int, list[int] | None, int]:
    """What a look at a file told: see `tests.faults.bounded`."""
    program = [sys.executable, "-m", "tests.faults.bounded", kind, str(path)]
    told = json.loads(subprocess.run(program, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    return told[0], told[1], told[2]


def make_zip(path: Path, count: int) -> None:
    """A zip of many small files, written without looking at each."""
    fields = [("b", "V30"), ("name", "V8"), ("data", "V4")]
    names = np.char.zfill(np.arange(count).astype("S8"), 8)
    local = np.zeros(count, np.dtype(fields))
    head = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x21, zlib.crc32(b"text"), 4, 4, 8, 0)
    local["b"] = np.void(b"PK\3\4" + head)
    local["name"] = names.view("V8")
    local["data"] = np.void(b"text")
    central = np.zeros(count, np.dtype([("b", "V42"), ("at", "<u4"), ("name", "V8")]))
    central["b"] = np.void(b"PK\1\2" + struct.pack("<H", 20) + head + bytes(10))
    central["at"] = np.arange(count, dtype=np.uint64) * 42
    central["name"] = names.view("V8")
    end = struct.pack("<HHHHIIH", 0, 0, count & 0xFFFF, count & 0xFFFF, central.nbytes, local.nbytes, 0)
    with path.open("wb") as file:
        local.tofile(file)
        central.tofile(file)
        file.write(b"PK\5\6" + end)


@pytest.mark.parametrize(
    ("members", "memory_kib_max"), [(30_000, 400_000), pytest.param(10_000_000, 3_000_000, marks=pytest.mark.soak)]
)
def test_an_archive_of_many_members_is_walked_in_bounded_memory(
    members: int, memory_kib_max: int, tmp_path: Path
) -> None:
    """Every member is announced; a reader may hold four gibibytes, and needs less."""
    make_zip(tmp_path / "many.zip", members)
    count, _, memory_kib = look("walk", tmp_path / "many.zip")
    assert count == members
    assert memory_kib < memory_kib_max


@pytest.mark.parametrize("size_bytes", [300 << 20, pytest.param(20 << 30, marks=pytest.mark.soak)])
def test_a_long_video_is_looked_at_in_bounded_memory(size_bytes: int, tmp_path: Path) -> None:
    """A film with a hole of so many bytes in it takes as much memory as without, and gives the same frames."""
    film = draw_video([1, 2, 3])
    index_at = film.index(b"moov") - 4
    assert film.index(b"mdat") < index_at, "what says where everything lies comes last, so that it is not moved"
    (tmp_path / "short.mp4").write_bytes(film)
    with (tmp_path / "long.mp4").open("wb") as file:
        file.write(film[:index_at] + struct.pack(">I4sQ", 1, b"free", size_bytes))
        file.seek(size_bytes - 16, os.SEEK_CUR)
        file.write(film[index_at:])
    _, short_frames, short_kib = look("screen", tmp_path / "short.mp4")
    _, long_frames, long_kib = look("screen", tmp_path / "long.mp4")
    assert short_frames is not None
    assert sum(short_frames) > 0
    assert long_frames == short_frames
    assert long_kib - short_kib < 60_000
