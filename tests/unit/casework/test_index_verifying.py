"""`unseen verify` compares the index with the lists: what scans search by is what was taken in."""

import hashlib
import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from unseen.casework.known.indexing import Indexing, open_lists
from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.verifying import verify
from unseen.errors import LedgerBrokenError
from unseen.matching import Index, IndexWriter
from unseen.matching.index_file import write_named
from unseen.model import Codes, Entry, ListClass, Signal
from unseen.store import ListOrigin, Store, add_list, list_lists, load_codes, read_version

WHEN = "2026-11-23T12:00:00Z"
VALUES = np.random.default_rng(3).integers(0, 256, (400, 32), dtype=np.uint8)


def put(store: Store, name: str, values: np.ndarray, *, replace: bool = False) -> None:
    """Put PDQs, and digests made of them, into a list of the store."""
    offered = [Entry(f"p{at}", "pdq", value.tobytes()) for at, value in enumerate(values)]
    offered += [Entry(f"m{at}", "md5", value[:16].tobytes()) for at, value in enumerate(values)]
    digest = hashlib.sha256(values.tobytes()).digest()
    origin = ListOrigin("file", "text", lambda: digest)
    add_list(store, name, offered, list_class=ListClass.CSAM, origin=origin, at_utc=WHEN, replace=replace)


def build(store: Store) -> None:
    """Build the index of all lists, as a scan does."""
    open_lists(store, list_lists(store), Indexing(may_write=True))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two lists and their index."""
    place = tmp_path_factory.mktemp("indexed")
    with open_recorded(place / "store") as store:
        put(store, "ours", VALUES[:300])
        put(store, "theirs", VALUES[300:])
        build(store)
    return place / "store"


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A copy that may be altered."""
    shutil.copytree(made, tmp_path / "store")
    return tmp_path / "store"


def change(path: Path, signal: str, *, added: list[int] | None = None, removed: list[int] | None = None) -> None:
    """Alter the index of list `ours` as its own writer does, all digests right; the list knows nothing of it."""
    with open_recorded(path) as store, IndexWriter(path / "index") as writer:
        (codes,) = (one for one in load_codes(store, ["ours"]) if one.signal == signal)
        at = np.array(added or [], np.int64)
        rows = np.array(removed or [], np.int64)
        values = codes.values[at] ^ np.uint8(1)
        version = read_version(store, "ours")
        writer.change_list("ours", version, signal, added=(values, codes.rows[at]), removed=codes.rows[rows])
        writer.publish()


def test_an_index_that_is_what_the_lists_make_of_it_is_told(store: Path) -> None:
    """Both lists are compared, under the digest of the generation."""
    index = verify(str(store)).index
    assert index is not None
    assert (index.lists, index.passed_over) == (("ours", "theirs"), ())
    name, digest = (store / "index" / "CURRENT").read_text().split()
    assert index.sha256 == digest == hashlib.sha256((store / "index" / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("signal", ["pdq", "md5"])
def test_an_entry_taken_out_or_exchanged_with_all_digests_right_is_noticed(store: Path, signal: str) -> None:
    """Nothing but a comparison with the list shows that an index was made by somebody else."""
    change(store, signal, removed=[7])
    with pytest.raises(LedgerBrokenError, match=f"does not hold the {signal} entries of the list"):
        verify(str(store))
    change(store, signal, added=[7])
    with pytest.raises(LedgerBrokenError, match=f"holds other {signal} values than the list"):
        verify(str(store))


def test_a_signal_taken_out_is_noticed(store: Path) -> None:
    """An index without the digests of a list is not that of the list."""
    with open_recorded(store) as opened, IndexWriter(store / "index") as writer:
        columns: list[Codes] = [one for one in load_codes(opened, ["ours"]) if one.signal == "pdq"]
        writer.put_list("ours", read_version(opened, "ours"), columns)
        writer.publish()
    with pytest.raises(LedgerBrokenError, match="holds no md5 entries, the list does"):
        verify(str(store))


def test_tables_that_hide_an_entry_are_noticed(tmp_path: Path) -> None:
    """The values are all there, every checksum and digest is right, and a table leads to one code twice."""
    # Short lists have no tables: every code is looked at.
    values = np.random.default_rng(4).integers(0, 256, (20_000, 32), dtype=np.uint8)
    store = tmp_path / "store"
    with open_recorded(store) as opened:
        put(opened, "ours", values)
        build(opened)
        (codes,) = load_codes(opened, ["ours"], signals=[Signal.PDQ])
    verify(str(store))
    index = Index.build(values, threshold_bits=31)
    parts = [(name, np.array(part)) for name, part in index.parts()]
    table = next(part for name, part in parts if name == "chunk 0 entries").view(np.uint32)
    table[3] = table[4]
    file = write_named(
        store / "index" / "segments", "codes", index.facts(), [*parts, ("rows", codes.rows.view(np.uint8))]
    )
    current = store / "index" / (store / "index" / "CURRENT").read_text().split()[0]
    manifest = json.loads(current.read_text())
    (column,) = (one for one in manifest["lists"][0]["columns"] if one["signal"] == "pdq")
    column["segments"] = [{"count": file.count, "sha256": file.sha256, "size_bytes": file.size_bytes}]
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    current.write_bytes(text)
    (store / "index" / "CURRENT").write_text(f"{current.name} {hashlib.sha256(text).hexdigest()}\n")
    with pytest.raises(LedgerBrokenError, match="index does not verify"):
        verify(str(store))


def test_any_flipped_bit_in_the_files_of_the_index_is_noticed(store: Path) -> None:
    """Of the manifest, the pointer to it and every segment: a seeded sample."""
    files = [path for path in (store / "index").rglob("*") if path.is_file() and path.name != "lock"]
    assert len(files) == 6
    for path in files:
        whole = path.read_bytes()
        for bit in random.Random(path.name[:4]).sample(range(8 * len(whole)), 12):
            altered = bytearray(whole)
            altered[bit // 8] ^= 1 << bit % 8
            path.write_bytes(altered)
            with pytest.raises(LedgerBrokenError, match="index does not verify"):
                verify(str(store))
        path.write_bytes(whole)
    verify(str(store))


def test_an_index_of_lists_as_they_were_is_passed_over_by_name(store: Path) -> None:
    """The next scan builds it anew; until then nothing searches by it. The same where none was ever finished."""
    with open_recorded(store) as opened:
        put(opened, "ours", VALUES[:299], replace=True)
    index = verify(str(store)).index
    assert index is not None
    assert (index.lists, index.passed_over) == (("theirs",), ("ours",))
    (store / "index" / "CURRENT").unlink()
    assert verify(str(store)).index is None


def test_an_index_with_additions_and_removals_is_compared_as_a_whole(tmp_path: Path) -> None:
    """What was added later and taken out lies in files of its own."""
    with open_recorded(tmp_path / "store") as store:
        put(store, "ours", VALUES[:300])
        version = read_version(store, "ours")
        pdq, md5 = load_codes(store, ["ours"], signals=[Signal.PDQ, Signal.MD5])
        gone = Codes("ours", ListClass.CSAM, "pdq", VALUES[300:310], np.arange(5_000, 5_010, dtype=np.int64))
        before = Codes(
            "ours", ListClass.CSAM, "pdq",
            np.concatenate([pdq.values[20:], gone.values]), np.concatenate([pdq.rows[20:], gone.rows]),
        )  # fmt: skip
        with IndexWriter(store.path / "index") as writer:
            writer.put_list("ours", version, [before, md5])
            writer.change_list("ours", version, "pdq", added=(pdq.values[:20], pdq.rows[:20]), removed=gone.rows)
            writer.publish()
    assert len(list((tmp_path / "store" / "index" / "segments").iterdir())) == 4
    index = verify(str(tmp_path / "store")).index
    assert index is not None
    assert index.lists == ("ours",)
