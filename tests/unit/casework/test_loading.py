"""Lists of a store and of files, side by side, and the signals of plugged-in hashers."""

import base64
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.unit.stand_ins import open_writable

from unseen.casework.known.loading import load_known
from unseen.errors import ListError
from unseen.model import Codes, Entry, ListClass
from unseen.store import ListOrigin, Store, add_list, remove_list

VALUE = bytes(range(144))


class StandInHasher:
    """Knows how long a value is."""

    signal = "photodna"
    size_bytes = 144
    threshold = 100

    def hash_pixels(self, pixels: npt.NDArray[np.uint8]) -> bytes | None:
        """Says nothing about any picture."""
        return None

    def distances(self, query: bytes, values: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Finds nothing near."""
        return np.full(len(values), 1_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with one list: an entry of ours, and three of a signal that only a licensee can compute."""
    entries = [
        Entry("a", "md5", bytes(16)),
        Entry("b", "photodna", base64.b64encode(VALUE)),
        Entry("c", "photodna", VALUE.hex().encode()),
    ]
    with open_writable(tmp_path / "store") as opened:
        origin = ListOrigin("file", "text", lambda: bytes(32))
        add_list(opened, "ours", entries, list_class=ListClass.CSAM, origin=origin, at_utc="2026-11-23T12:00:00Z")
        yield opened


def test_entries_are_named_by_the_list_they_stand_in(store: Store, tmp_path: Path) -> None:
    """Rows of the store and of several files never meet."""
    files = [tmp_path / "one.txt", tmp_path / "two.txt"]
    for file in files:
        file.write_text("md5:" + "ab" * 16 + "\nmd5:" + "cd" * 16 + "\n")
    known = load_known(store, ["ours", *map(str, files)])
    assert [(column.list, len(column.rows)) for column in known.columns] == [
        ("ours", 1),
        (str(files[0]), 2),
        (str(files[1]), 2),
    ]
    rows = [int(row) for column in known.columns for row in column.rows]
    assert len(set(rows)) == 5
    names = known.name_entries(rows)
    assert [names[row] for row in rows] == ["a", "line 1", "line 2", "line 1", "line 2"]
    assert (known.entries_searchable, known.entries_not_searchable) == (5, 2)


def test_a_name_in_the_store_goes_before_a_file_of_that_name(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command means the same list, whatever lies in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("ours").write_text("md5:" + "ab" * 16)
    assert load_known(store, ["ours"]).lists == [("ours", bytes(32), ListClass.CSAM)]


def test_entries_taken_out_of_the_store_during_a_search_keep_a_name(store: Store) -> None:
    """A match must not vanish because somebody tidies up."""
    known = load_known(store, ["ours"])
    rows = known.columns[0].rows.tolist()
    remove_list(store, "ours", at_utc="2026-11-23T12:00:00Z")
    assert known.name_entries(rows) == {rows[0]: f"row {rows[0]}"}


def test_signals_of_plugged_in_hashers_become_searchable(store: Store) -> None:
    """Hexadecimal and base64 values alike."""
    known = load_known(store, [], hashers=[StandInHasher()])
    (column,) = [column for column in known.columns if column.signal == "photodna"]
    assert isinstance(column, Codes)
    assert [bytes(row) for row in column.values] == [VALUE, VALUE]
    assert (known.entries_searchable, known.entries_not_searchable) == (3, 0)


@pytest.mark.parametrize("text", ["AAAA", "no base64!", "zz" * 144])
def test_values_that_the_plugged_in_hasher_cannot_have_given_are_refused(store: Store, text: str) -> None:
    """Searching for something else would find nothing, in silence."""
    origin = ListOrigin("file", "text", lambda: bytes(32))
    add_list(
        store,
        "wrong",
        [Entry("x", "photodna", text.encode())],
        list_class=ListClass.CSAM,
        origin=origin,
        at_utc="2026-11-23T12:00:00Z",
    )
    with pytest.raises(ListError, match="144 bytes"):
        load_known(store, ["wrong"], hashers=[StandInHasher()])
