"""The index of a store is the list, or it is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import MagicMock as Mock

import numpy as np
import pytest
from tests.property.strategies import Codes, clustered, flip, uniform
from tests.unit.matching.stored import answer, column, open_columns, truth, write

from unseen import kernel
from unseen.errors import IndexFileError, UsageError
from unseen.matching import (
    Generation,
    Index,
    IndexWriter,
    StoredColumn,
    building_bytes,
    index_file,
    manifest,
    self_test,
)
from unseen.model import ListClass


def _segments(folder: Path) -> list[Path]:
    return sorted((folder / "segments").iterdir(), key=lambda path: path.stat().st_size)


def _damage(path: Path, place: int) -> None:
    """Flip a bit and restore the times, as somebody would who does not want it seen."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << place % 8
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _verify(folder: Path) -> None:
    for each in open_columns(folder):
        each.verify()


def test_the_same_list_gives_the_same_files(tmp_path: Path) -> None:
    """A file is named by its content, which follows from the list alone; so does the digest of the generation."""
    codes = clustered(np.random.default_rng(1), 2_000)
    digests = [write(tmp_path / name, column(codes, range(2_000))) for name in ("one", "two")]
    assert digests[0] == digests[1]
    assert [path.name for path in _segments(tmp_path / "one")] == [path.name for path in _segments(tmp_path / "two")]
    assert open_columns(tmp_path / "one")[0].index_sha256 == digests[0]


def test_lists_are_rebuilt_one_by_one(tmp_path: Path) -> None:
    """A list that is added, replaced or dropped leaves the files of others as they are."""
    rng = np.random.default_rng(2)
    write(tmp_path, column(uniform(rng, 500), range(500)))
    before = _segments(tmp_path)
    with IndexWriter(tmp_path) as writer:
        writer.put_list("other", "01", [column(uniform(rng, 300), range(500, 800), name="other")])
        writer.publish()
    assert set(before) < set(_segments(tmp_path))
    with IndexWriter(tmp_path) as writer:
        writer.drop_list("other")
        writer.publish()
    assert _segments(tmp_path) == before
    with pytest.raises(IndexFileError, match="no index of list"):
        open_columns(tmp_path, "other")
    with IndexWriter(tmp_path) as writer, pytest.raises(UsageError):
        writer.change_list("other", "02", "pdq", added=(uniform(rng, 1), np.arange(1)), removed=np.arange(0))


def test_every_flipped_bit_is_refused(tmp_path: Path) -> None:
    """Wherever a file of the index is altered, with its times restored: full verification says so."""
    rng = np.random.default_rng(3)
    codes = clustered(rng, 400)
    write(tmp_path, column(codes, range(400)), column(uniform(rng, 50)[:, :16], range(400, 450), signal="md5"))
    with IndexWriter(tmp_path) as writer:
        writer.change_list("ours", "01", "pdq", added=(uniform(rng, 9), np.arange(500, 509)), removed=np.array([3, 5]))
        writer.publish()
    paths = [*_segments(tmp_path), tmp_path / "CURRENT", *tmp_path.glob("MANIFEST-*")]
    assert len(paths) == 6
    for path in paths:
        good = path.read_bytes()
        places = {0, 9, 20, 60, 4095, 4096, len(good) - 1, *rng.integers(0, len(good), 12).tolist()}
        for place in sorted(place for place in places if place < len(good)):
            _damage(path, place)
            with pytest.raises(IndexFileError):
                _verify(tmp_path)
            path.write_bytes(good)
        for size in (0, 30, len(good) // 2, len(good) - 1):
            path.write_bytes(good[:size])
            with pytest.raises(IndexFileError):
                open_columns(tmp_path)
        path.write_bytes(good + b"\0" * 4096)
        with pytest.raises(IndexFileError):
            _verify(tmp_path)
        path.write_bytes(good)
    for each in open_columns(tmp_path):
        each.verify()


@pytest.mark.parametrize("count", [2_000, 60_000])
def test_no_answer_rests_on_a_damaged_block(tmp_path: Path, count: int) -> None:
    """Without full verification too, by scan and by tables: a search gives the right answer, or none."""
    rng = np.random.default_rng(count)
    codes = uniform(rng, count)
    write(tmp_path, column(codes, range(count)))
    [path] = _segments(tmp_path)
    good = path.read_bytes()
    queries = np.array([flip(codes[at], rng.choice(256, 20, replace=False)) for at in rng.integers(0, count, 12)])
    expected = answer(open_columns(tmp_path), queries)
    refused = 0
    for place in rng.integers(4096, len(good), 25).tolist():
        _damage(path, place)
        try:
            assert answer(open_columns(tmp_path), queries) == expected
        except IndexFileError as error:
            refused += "damaged" in str(error)
        path.write_bytes(good)
    assert refused > 0


def test_foreign_files_are_named(tmp_path: Path) -> None:
    """A file of another kind, another list or another format is refused whatever its name says."""
    rng = np.random.default_rng(4)
    write(
        tmp_path, column(uniform(rng, 50), range(50)), column(uniform(rng, 50)[:, :16], range(50, 99 + 1), signal="md5")
    )
    small, large = _segments(tmp_path)
    content = small.read_bytes()
    small.write_bytes(large.read_bytes()[: len(content)])
    with pytest.raises(IndexFileError, match="codes, expected digests"):
        open_columns(tmp_path)
    small.write_bytes(b"PK\3\4" + content[4:])
    with pytest.raises(IndexFileError, match="not an index file"):
        open_columns(tmp_path)
    small.unlink()
    with pytest.raises(IndexFileError, match="No such file"):
        open_columns(tmp_path)
    (tmp_path / "CURRENT").write_text("MANIFEST-9.json " + "0" * 64 + "\n")
    with pytest.raises(IndexFileError):
        Generation.open(tmp_path)
    (tmp_path / "CURRENT").write_text("../MANIFEST-1.json " + "0" * 64 + "\n")
    with pytest.raises(IndexFileError, match="does not name a manifest"):
        Generation.open(tmp_path)


def test_other_byte_orders_and_formats_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another machine or version wrote is refused with that reason, manifest included."""
    for name, value, reason in [("_FORMAT", 2, "format 2"), ("sys.byteorder", "big", "big-endian")]:
        with monkeypatch.context() as patch:
            patch.setattr(f"unseen.matching.index_file.{name}", value)
            write(tmp_path / name, column(np.zeros((1, 32), np.uint8), [1]))
        with pytest.raises(IndexFileError, match=reason):
            open_columns(tmp_path / name)
    with monkeypatch.context() as patch:
        patch.setattr("unseen.matching.manifest._FORMAT", 2)
        write(tmp_path / "manifest", column(np.zeros((1, 32), np.uint8), [1]))
    with pytest.raises(IndexFileError, match="another format"):
        open_columns(tmp_path / "manifest")


def test_an_index_that_misses_what_is_in_it_is_not_opened(tmp_path: Path) -> None:
    """The self-test finds tables that were made wrong, though every checksum is true."""
    codes = uniform(np.random.default_rng(5), 60_000)
    index = kernel.HammingIndex(31)
    index.append(codes)
    index.build(2, 16)
    parts = {name: data.copy() for name, data in index.parts()}
    for chunk in range(16):
        parts[f"chunk {chunk} signatures"][:] = 0
    parts["rows"] = np.arange(60_000).view(np.uint8)
    facts = {"threshold_bits": 31, "count": 60_000, "shapes": index.shapes, "mean_lengths": index.mean_lengths}
    (tmp_path / "segments").mkdir()
    file = index_file.write_named(tmp_path / "segments", "codes", facts, list(parts.items()))
    with pytest.raises(IndexFileError, match="self-test"):
        StoredColumn(
            tmp_path,
            manifest.ColumnFiles("pdq", (file,), None),
            of=("ours", ListClass.CSAM),
            index_sha256="",
            threshold_bits=31,
        )


def test_larger_radii_than_the_tables_were_made_for_are_answered(tmp_path: Path) -> None:
    """Every entry within 50 bits is found by an index made for 31."""
    rng = np.random.default_rng(6)
    codes = clustered(rng, 3_000)
    write(tmp_path, column(codes, range(3_000)))
    found = answer(open_columns(tmp_path, threshold_bits=50), codes[:20])
    assert found == truth(dict(enumerate(codes)), codes[:20], 50)


def test_a_key_that_is_given_out_again_is_found(tmp_path: Path) -> None:
    """Removing the last entry and adding another under its key does not hide the new one."""
    codes = uniform(np.random.default_rng(7), 103)
    write(tmp_path, column(codes[:100], range(100)))
    none = (codes[:0], np.arange(0))
    with IndexWriter(tmp_path) as writer:
        writer.change_list("ours", "01", "pdq", added=none, removed=np.array([99]))
        writer.publish()
    assert answer(open_columns(tmp_path), codes[99:100]) == []
    with IndexWriter(tmp_path) as writer:
        writer.change_list("ours", "02", "pdq", added=(codes[100:], np.array([99, 100, 101])), removed=np.arange(0))
        writer.publish()
    assert answer(open_columns(tmp_path), codes[100:]) == [(0, 99, 0), (1, 100, 0), (2, 101, 0)]
    with IndexWriter(tmp_path) as writer:
        writer.change_list("ours", "03", "pdq", added=none, removed=np.arange(200))
        writer.publish()
    [empty] = open_columns(tmp_path)
    assert (empty.count, answer([empty], codes)) == (0, [])


READER = """
import sys
from pathlib import Path
import numpy as np
from unseen.matching import Generation
from unseen.model import ListClass
generation = Generation.open(Path(sys.argv[1]))
[column] = generation.columns("ours", ListClass.CSAM, threshold_bits=31)
for line in sys.stdin:
    code = np.frombuffer(bytes.fromhex(line.strip()), np.uint8)[None]
    print(column.search(code)[1].tolist(), generation.is_current(), flush=True)
"""


def test_a_reader_keeps_its_generation_while_a_writer_swaps(tmp_path: Path) -> None:
    """Another process answers from what it opened; its files go when it has left and somebody writes again."""
    codes = uniform(np.random.default_rng(8), 200)
    write(tmp_path, column(codes[:100], range(100)))
    first = set(_segments(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", READER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        stdin, stdout = reader.stdin, reader.stdout
        assert stdin is not None
        assert stdout is not None

        def ask(code: Codes) -> str:
            stdin.write(code.tobytes().hex() + "\n")
            stdin.flush()
            return stdout.readline().strip()

        assert ask(codes[7]) == "[7] True"
        write(tmp_path, column(codes[100:], range(100)), version="01")
        assert ask(codes[7]) == "[7] False"
        assert ask(codes[107]) == "[] False"
        assert first <= set(_segments(tmp_path))
        stdin.close()
    assert answer(open_columns(tmp_path), codes[100:101]) == [(0, 0, 0)]
    write(tmp_path, column(codes[50:], range(150)), version="02")
    assert len(_segments(tmp_path)) == len(list(tmp_path.glob("MANIFEST-*"))) == 1


def test_leftovers_of_a_killed_writer_are_cleared_away(tmp_path: Path) -> None:
    """Half-written files and files that no manifest names do not stay."""
    codes = uniform(np.random.default_rng(9), 20)
    write(tmp_path, column(codes, range(20)))
    for leftover in (tmp_path / ".part-1", tmp_path / "segments" / ".part-2", tmp_path / "segments" / "0.seg"):
        leftover.write_bytes(b"half")
    write(tmp_path, column(codes, range(20)), version="01")
    assert len(_segments(tmp_path)) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"CURRENT", "MANIFEST-2.json", "lock", "segments"}


def test_memory_is_stated_before_a_build() -> None:
    """What is stated covers the list, its keys, the codes and the tables; ten times the list is ten times as much."""
    assert building_bytes(10**6) > 10**6 * (32 + 8 + 32)
    assert 8 < building_bytes(10**7) / building_bytes(10**6) < 11
    assert building_bytes(10**8) < 18e9


def test_the_manifest_is_as_documented(tmp_path: Path) -> None:
    """CURRENT names the manifest and its digest; the manifest names every file by its own."""
    sha256 = write(tmp_path, column(np.zeros((2, 32), np.uint8), [4, 5]))
    assert (tmp_path / "CURRENT").read_text() == f"MANIFEST-1.json {sha256}\n"
    text = (tmp_path / "MANIFEST-1.json").read_text()
    page = (Path(__file__).parents[3] / "docs/reference/formats/index-v1.md").read_text()
    assert text in page
    assert sha256 in page
    content = json.loads(text)
    [path] = _segments(tmp_path)
    file = {"sha256": path.stem, "size_bytes": path.stat().st_size, "count": 2}
    columns = [{"signal": "pdq", "segments": [file], "removed": None}]
    assert content == {
        "format": 1,
        "generation": 1,
        "lists": [{"name": "ours", "version": "00", "threshold_bits": 31, "columns": columns}],
    }


def test_the_self_test_asks_at_every_distance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An index that loses the neighbours of any one distance fails it."""
    write(tmp_path, column(uniform(np.random.default_rng(10), 500), range(500)))
    mapped = index_file.map_file(_segments(tmp_path)[0], "codes")
    index = Index.over(mapped, 31)
    for lost in (0, 1, 17, 31):

        def lossy(queries: Codes, threshold_bits: int, lost: int = lost) -> tuple[Codes, ...]:
            found = index.search(queries, threshold_bits)
            return tuple(part[found[2] != lost] for part in found)

        stand_in = Mock(search=lossy, check=index.check, __len__=lambda _: len(index))
        with pytest.raises(IndexFileError, match=f"entry {lost} bits away"):
            self_test.try_index(stand_in, mapped, threshold_bits=31, rows_per_distance=1)
    self_test.try_index(index, mapped, threshold_bits=31, rows_per_distance=3)
