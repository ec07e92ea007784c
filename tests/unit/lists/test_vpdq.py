"""Frames of videos in lists, as others write them and as we do."""

import json
from pathlib import Path

import numpy as np
import pytest

from unseen.errors import ListError, ListFormatError
from unseen.lists import ListFile
from unseen.lists.vpdq import write_frames
from unseen.model import Entry, Frame


def code(seed: int) -> bytes:
    """A hash like no other."""
    return np.random.default_rng(seed).bytes(32)


def read(path: Path) -> list[Entry]:
    """All entries of a file whose format is guessed."""
    with ListFile(path) as file:
        return list(file.entries())


def test_lines_of_the_reference_are_read(tmp_path: Path) -> None:
    """Number, quality, hash, seconds: each different frame of quality 50 or more, under the name of the file."""
    path = tmp_path / "film.txt"
    rows = [(0, 100, 1), (30, 49, 2), (60, 50, 3), (90, 100, 1)]
    path.write_text("".join(f"{n},{quality},{code(seed).hex()},{n / 30:.3f}\n" for n, quality, seed in rows))
    with ListFile(path) as file:
        entries = list(file.entries())
        assert file.format == "vpdq"
        assert file.passed_over == {"low_quality": 1}
    assert entries == [Entry("film.txt", "vpdq", code(1)), Entry("film.txt", "vpdq", code(3))]


def test_json_of_python_threatexchange_is_read(tmp_path: Path) -> None:
    """Its seconds have three digits (1.23e+03); they are not needed."""
    path = tmp_path / "film.json"
    path.write_text(json.dumps([f"{code(seed).hex()},100,{seconds}" for seed, seconds in ((1, "0"), (2, "1.23e+03"))]))
    assert read(path) == [Entry("film.json", "vpdq", code(1)), Entry("film.json", "vpdq", code(2))]


def test_json_as_a_value_of_another_list_is_read(tmp_path: Path) -> None:
    """In a column of a table, or a member of a row, the frames of one video share the identifier of their row."""
    value = json.dumps([f"{code(1).hex()},100,0", f"{code(2).hex()},20,1", f"{code(3).hex()},90,2"])
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        json.dumps({"entry": "a", "vpdq": json.loads(value)})
        + "\n"
        + json.dumps({"id": "b", "signal": "vpdq", "value": value})
    )
    wanted = [Entry(name, "vpdq", code(seed)) for name in "ab" for seed in (1, 3)]
    assert read(rows) == wanted
    table = tmp_path / "table.csv"
    quoted = value.replace('"', '""')
    table.write_text(f'id,signal,hash\na,vpdq,"{quoted}"\nb,vpdq,"{quoted}"\n')
    assert read(table) == wanted


def test_rows_of_unseen_hash_make_one_video_each(tmp_path: Path) -> None:
    """Different frames, each once; two videos of one name stay two."""
    frames = [
        {"frame": at, "time_s": at / 30, "pdq": code(seed).hex(), "pdq_quality": quality}
        for at, seed, quality in ((0, 1, 100), (30, 1, 100), (60, 2, 49), (90, 3, 80))
    ]
    row = {"item": "film.mp4", "outcome": "hashed", "size_bytes": 9, "md5": "11" * 16, "vpdq": frames}
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{json.dumps(row)}\n{json.dumps(row)}\n")
    found = [(entry.entry, entry.value) for entry in read(path) if entry.signal == "vpdq"]
    assert found == [(name, code(seed)) for name in ("film.mp4", "film.mp4 #2") for seed in (1, 3)]


def test_a_video_of_blank_frames_alone_is_said(tmp_path: Path) -> None:
    """Its list holds no entry: an error, and never a list that silently matches nothing."""
    path = tmp_path / "film.txt"
    path.write_text(f"0,10,{code(1).hex()},0.000\n")
    with pytest.raises(ListError, match="no entry"):
        read(path)


def test_a_bad_line_refuses_the_list(tmp_path: Path) -> None:
    """With its number."""
    path = tmp_path / "film.txt"
    path.write_text(f"0,100,{code(1).hex()},0.000\n1,100,zz,0.1\n")
    with pytest.raises(ListFormatError) as caught:
        read(path)
    assert caught.value.line == 2


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Lines for frames of the first stream, as the reference writes them, exact beyond a thousand seconds."""
    frames = [Frame(0, 0.0, code(1), 100), Frame(30000, 1000.0, code(2), 90), Frame(0, 0.0, code(3), 100, 1)]
    lines = list(write_frames(frames))
    assert lines[1] == f"30000,90,{code(2).hex()},1000.000\n"
    path = tmp_path / "film.txt"
    path.write_text("".join(lines))
    assert [entry.value for entry in read(path)] == [code(1), code(2)]


def test_the_reference_s_own_files_are_read(vectors: Path) -> None:
    """Three videos of facebook/ThreatExchange, every frame."""
    for path in (vectors / "vpdq" / "expected").glob("*.txt"):
        rows = [line.split(",") for line in path.read_text().split()]
        wanted = dict.fromkeys(bytes.fromhex(row[2]) for row in rows if int(row[1]) >= 50)
        assert [entry.value for entry in read(path)] == list(wanted)
