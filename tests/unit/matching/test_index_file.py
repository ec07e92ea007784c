"""A saved index is the same index, or it is refused."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from tests.property.strategies import as_rows, clustered, uniform

from unseen import kernel
from unseen.errors import IndexFileError
from unseen.matching import Index, index_file


def _changed_index(count: int) -> Index:
    rng = np.random.default_rng(count)
    index = Index.build(clustered(rng, count), threshold_bits=33)
    index.add(clustered(rng, 100))
    index.remove(rng.integers(0, count + 100, 20))
    return index


@pytest.mark.parametrize("count", [6, 1000, 60_000])
def test_a_saved_index_answers_as_before(tmp_path: Path, count: int) -> None:
    """Codes, tables, additions, removals and the threshold survive a file; and the opened index can still change."""
    index, path = _changed_index(count), tmp_path / "list.index"
    index.save(path)
    opened = Index.open(path)
    queries = clustered(np.random.default_rng(count), count)[:50]
    assert opened.threshold_bits == 33
    assert len(opened) == len(index)
    assert opened.describe() == index.describe()
    assert as_rows(opened.search(queries)) == as_rows(index.search(queries))
    for each in (index, opened):
        each.remove(each.add(queries)[1:])
    assert as_rows(opened.search(queries)) == as_rows(index.search(queries))
    opened.save(path)
    assert as_rows(Index.open(path).search(queries)) == as_rows(index.search(queries))
    assert list(tmp_path.iterdir()) == [path]


def test_empty_indexes_can_be_saved(tmp_path: Path) -> None:
    """A list without entries is a list."""
    Index.build(np.empty((0, 32), np.uint8)).save(tmp_path / "none")
    assert len(Index.open(tmp_path / "none")) == 0


def test_native_and_reference_read_each_other(tmp_path: Path) -> None:
    """The file means the same to every variant of the kernel."""
    queries = uniform(np.random.default_rng(1), 20)
    native = _changed_index(60_000)
    native.save(tmp_path / "native")
    kernel.use("reference")
    try:
        read = Index.open(tmp_path / "native")
        assert as_rows(read.search(queries)) == as_rows(native.search(queries))
        read.save(tmp_path / "reference")
    finally:
        kernel.use("auto")
    assert as_rows(Index.open(tmp_path / "reference").search(queries)) == as_rows(native.search(queries))


def test_every_flipped_byte_and_every_cut_is_refused(tmp_path: Path) -> None:
    """No damage goes unnoticed: not in the prefix, the header, the padding or any part, and not at the end."""
    path = tmp_path / "list.index"
    rng = np.random.default_rng(2)
    index = kernel.HammingIndex(8)
    index.append(clustered(rng, 40))
    index.build(2, 2)
    whole = Index(index, 8)
    whole.add(uniform(rng, 3))
    whole.remove([2])
    whole.save(path)
    good = path.read_bytes()
    prefix = range(2048)
    for place in [*prefix, *rng.integers(2048, len(good), 300).tolist(), len(good) - 1]:
        path.write_bytes(good[:place] + bytes([good[place] ^ 1 << int(rng.integers(0, 8))]) + good[place + 1 :])
        with pytest.raises(IndexFileError):
            Index.open(path)
    for size in [*range(200), *rng.integers(200, len(good), 50).tolist(), len(good) - 1]:
        path.write_bytes(good[:size])
        with pytest.raises(IndexFileError):
            Index.open(path)
    for foreign in (good + b"\0", b"", b"PK\3\4" + bytes(5000), bytes(5000), good[::-1]):
        path.write_bytes(foreign)
        with pytest.raises(IndexFileError):
            Index.open(path)
    path.write_bytes(good)
    assert len(Index.open(path)) == 42


@pytest.mark.parametrize("part", ["offsets", "entries", "removed", "heads", "added heads", "count", "shapes"])
def test_parts_that_point_outside_are_refused_even_with_a_true_checksum(tmp_path: Path, part: str) -> None:
    """A file that was made wrong, not damaged, cannot lead a search out of the mapping."""
    index = kernel.HammingIndex(8)
    index.append(uniform(np.random.default_rng(3), 100))
    index.build(2, 3)
    parts = {name: data.copy() for name, data in index.parts()}
    shapes, count = index.shapes, 100
    match part:
        case "count":
            count = 101
        case "shapes":
            shapes[0][1] += 1
        case "heads" | "added heads":
            parts[part] = np.concatenate([parts[part], np.zeros(16, np.uint8)])
        case "removed":
            parts[part] = np.full(16, 255, np.uint8)
        case _:
            parts[f"chunk 1 {part}"][:4] = (200, 0, 0, 0)
    facts = {"threshold_bits": 8, "count": count, "shapes": shapes, "mean_lengths": index.mean_lengths}
    index_file.write_segment(tmp_path / "wrong", "codes", facts, list(parts.items()))
    with pytest.raises(IndexFileError):
        Index.open(tmp_path / "wrong")


def test_other_formats_and_byte_orders_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of another version or machine is refused with that reason."""
    for name, value, reason in [("_FORMAT", 2, "format 2"), ("sys.byteorder", "big", "big-endian")]:
        with monkeypatch.context() as patch:
            patch.setattr(f"unseen.matching.index_file.{name}", value)
            Index.build(np.zeros((1, 32), np.uint8)).save(tmp_path / "other")
        with pytest.raises(IndexFileError, match=reason):
            Index.open(tmp_path / "other")


def test_a_failed_save_leaves_the_former_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there stays there until the new file is whole."""
    path = tmp_path / "list.index"
    index = Index.build(np.zeros((1, 32), np.uint8))
    index.save(path)
    before = path.read_bytes()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        with pytest.raises(IndexFileError, match="No space left"):
            index.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(IndexFileError):
        index.save(tmp_path / "nowhere" / "list.index")
    with pytest.raises(IndexFileError):
        Index.open(tmp_path / "nowhere")


def test_the_header_is_as_documented(tmp_path: Path) -> None:
    """Magic, header size and JSON stand where the module says."""
    Index.build(np.zeros((2, 32), np.uint8)).save(tmp_path / "two")
    data = (tmp_path / "two").read_bytes()
    assert data[:8] == b"\x89UNSEEN\n"
    header = json.loads(data[44 : 44 + struct.unpack_from("<I", data, 8)[0]])
    assert (header["format"], header["count"], header["threshold_bits"]) == (1, 2, 31)
