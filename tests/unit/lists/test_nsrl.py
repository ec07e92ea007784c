"""The NSRL's Reference Data Set, version 3."""

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.lists.reference_sets import make_set

from unseen.errors import ListError, ListFormatError
from unseen.lists import ListFile, ListFormat

CONTENTS = [b"commonplace %d" % number for number in range(50)]


@pytest.mark.parametrize("is_whole", [False, True], ids=["minimal", "whole"])
def test_every_sha256_of_a_set_is_an_entry_once_and_in_order(tmp_path: Path, *, is_whole: bool) -> None:
    """Minimal and whole sets say the same, and a file that many packages hold is one entry."""
    with ListFile(make_set(tmp_path / "rds.db", CONTENTS, is_whole=is_whole)) as file:
        entries = list(file.entries())
        assert (file.format, file.is_guessed, file.is_distinct) == (ListFormat.NSRL, True, True)
    assert [entry.value for entry in entries] == sorted(hashlib.sha256(content).digest() for content in CONTENTS)
    assert {entry.signal for entry in entries} == {"sha256"}
    assert all(entry.is_positional for entry in entries)


def test_the_digest_of_a_set_is_that_of_its_file(tmp_path: Path) -> None:
    """What was read can be named for ever, and reading writes nothing beside it."""
    path = make_set(tmp_path / "rds.db", CONTENTS)
    with ListFile(path) as file:
        list(file.entries())
        assert file.sha256 == hashlib.sha256(path.read_bytes()).digest()
    assert [each.name for each in tmp_path.iterdir()] == ["rds.db"]


def test_the_empty_file_is_passed_over(tmp_path: Path) -> None:
    """Every set of the NSRL names it, and it says nothing."""
    with ListFile(make_set(tmp_path / "rds.db", [b"", b"other"])) as file:
        assert len(list(file.entries())) == 1
        assert file.passed_over == {"empty_file": 1}


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    """An SQLite file without the tables of a set holds no list, and the error says what to do."""
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection, connection:
        connection.execute("CREATE TABLE FILE (path TEXT)")
    with ListFile(tmp_path / "other.db") as file, pytest.raises(ListError, match="Reference Data Set") as caught:
        list(file.entries())
    assert "CSV" in caught.value.hint


@pytest.mark.parametrize("value", ["ab" * 31, "zz" * 32, 7, b"\x00" * 32])
def test_a_row_that_is_no_digest_is_refused_and_the_rest_is_read(tmp_path: Path, value: object) -> None:
    """Whatever type a cell has."""
    path = make_set(tmp_path / "rds.db", CONTENTS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE FILE SET sha256 = ? WHERE package_id = 2 AND file_size = 13", (value,))
    with ListFile(path) as file:
        count = len(list(file.entries()))
        assert file.refused_count == 1
    with ListFile(path) as file, pytest.raises(ListFormatError, match="expected 64 hexadecimal digits"):
        list(file.entries(is_strict=True))
    assert count > 1


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_a_set_that_was_cut_short_is_refused(tmp_path: Path, cut: float) -> None:
    """A download that ended early must not become a list that lacks what came later."""
    path = make_set(tmp_path / "rds.db", [b"%d" % number for number in range(2_000)])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * cut)])
    with ListFile(path) as file, pytest.raises(ListError, match="cannot read"):
        list(file.entries())


def test_a_set_that_is_being_written_is_refused(tmp_path: Path) -> None:
    """What lies in a journal beside the file belongs to it, so that the file alone would be another list."""
    path = make_set(tmp_path / "rds.db", CONTENTS)
    path.with_name("rds.db-wal").write_bytes(b"frames")
    with pytest.raises(ListError, match="half-written"):
        ListFile(path)


def test_a_set_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """The digest on record must be of what was read."""
    path = make_set(tmp_path / "rds.db", CONTENTS)
    with ListFile(path) as file:
        entries = file.entries()
        next(entries)
        os.utime(path, (1, 1))
        with pytest.raises(ListError, match="changed"):
            list(entries)
