"""`unseen list`: adding, counting, removing and exporting lists."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from unseen.casework.lists import add_list, export_list, list_lists, remove_list, show_list
from unseen.casework.proof.verifying import verify
from unseen.errors import ListError, ListFormatError, StoreError, UsageError
from unseen.model import ListClass, Refused
from unseen.store import open_store
from unseen.store.ledger.entries import entries_of_type
from unseen.store.schema import openings

PDQ = "0123456789abcdef" * 4
MD5 = "0123456789abcdef" * 2


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Where the store will be."""
    return str(tmp_path / "store")


def made(tmp_path: Path, text: str = f"pdq:{PDQ}\nmd5:{MD5}\nphotodna:AA\nmd5:{MD5}\n") -> str:
    """A file that holds a list."""
    (tmp_path / "list.txt").write_text(text)
    return str(tmp_path / "list.txt")


def test_what_was_assumed_and_left_out_is_told(tmp_path: Path, store: str) -> None:
    """Guessed format, assumed class, duplicates, and what cannot be searched."""
    added = add_list(store, "first", made(tmp_path))
    assert (added.format_is_guessed, added.class_is_assumed, added.duplicates) == (True, True, 1)
    assert (added.account.searchable, added.account.not_searchable) == (2, 1)
    assert (added.account.info.list_class, added.account.info.file_format) == (ListClass.CSAM, "text")
    told = add_list(store, "second", made(tmp_path), file_format="text", list_class="known_file")
    assert (told.format_is_guessed, told.class_is_assumed) == (False, False)
    assert [info.name for info in list_lists(store)] == ["first", "second"]
    assert show_list(store, "second").info.list_class == ListClass.KNOWN_FILE


@pytest.mark.parametrize("list_class", ["terrorism", "copyright", ""])
def test_lists_for_another_purpose_are_refused(tmp_path: Path, store: str, list_class: str) -> None:
    """The classes are a closed list, and the hint says why."""
    with pytest.raises(UsageError, match="unknown class") as caught:
        add_list(store, "first", made(tmp_path), list_class=list_class)
    assert "no other purpose" in caught.value.hint
    assert not Path(store).exists()


@pytest.mark.parametrize("name", ["", " ", "-rf", "a/b", "a\n", "a\x1b[2J", "x" * 101, ".hidden", "end "])
def test_impossible_names_are_refused(tmp_path: Path, store: str, name: str) -> None:
    """A name is never taken for an option or a path, and steers no terminal."""
    with pytest.raises(UsageError, match="cannot be the name"):
        add_list(store, name, made(tmp_path))


def test_a_bad_file_leaves_the_store_as_it_was(tmp_path: Path, store: str) -> None:
    """Also when it was to replace a list."""
    add_list(store, "first", made(tmp_path))
    with pytest.raises(ListFormatError, match="line 2"):
        add_list(store, "first", made(tmp_path, f"pdq:{PDQ}\npdq:1\npdq:2\n"), replace=True)
    assert show_list(store, "first").info.entry_count == 3


def test_what_was_refused_is_told_and_on_record(tmp_path: Path, store: str) -> None:
    """By its place, never by its value, and the rest is kept."""
    added = add_list(store, "first", made(tmp_path, f"pdq:{PDQ}\npdq:{PDQ[:60]}\n"))
    assert (added.account.info.entry_count, added.refused_count) == (1, 1)
    assert added.refused == (Refused("line 2", "expected 64 hexadecimal digits of pdq, found 60 digits"),)
    with open_store(store, create=False, read_only=True) as opened, opened.read() as connection:
        (entry,) = entries_of_type(connection, "entries_refused")
        stated = json.loads(entry)
        (hidden,) = connection.scalars(select(openings.c.value).where(openings.c.n == stated["n"]))
    assert (stated["count"], stated["list"]) == (1, added.account.info.record)
    assert json.loads(hidden) == {"entries": [["line 2", added.refused[0].why]]}
    verify(store)


@pytest.mark.parametrize("chosen", ["csam", "known_file", "cleared"])
def test_what_nobody_has_reviewed_is_of_no_other_class(tmp_path: Path, store: str, chosen: str) -> None:
    """Hashes that people made of pictures of themselves are a reason to look, and no more."""
    with pytest.raises(UsageError, match="nobody has reviewed"):
        add_list(store, "first", made(tmp_path), file_format="take-it-down", list_class=chosen)
    added = add_list(store, "first", made(tmp_path), file_format="take-it-down")
    assert added.account.info.list_class is ListClass.USER_REPORTED


def test_removing_and_asking_for_unknown_lists(tmp_path: Path, store: str) -> None:
    """What is gone is an error from then on."""
    add_list(store, "first", made(tmp_path))
    assert remove_list(store, "first") == 3
    assert list_lists(store) == []
    with pytest.raises(ListError, match="no list named"):
        remove_list(store, "first")
    with pytest.raises(ListError, match="no list named"):
        show_list(store, "first")


def test_looking_makes_no_store(store: str) -> None:
    """A mistyped --store is an error, not an empty store."""
    for look in (list_lists, lambda path: show_list(path, "a"), lambda path: remove_list(path, "a")):
        with pytest.raises(StoreError, match="no store"):
            look(store)
    assert not Path(store).exists()


def test_an_export_is_private_complete_and_new(tmp_path: Path, store: str) -> None:
    """Mode 0600; never over an existing file; and what was exported can be added again."""
    add_list(store, "first", made(tmp_path, "id,md5,label\nx," + MD5 + ",A\n"))
    out = tmp_path / "out.jsonl"
    assert export_list(store, "first", str(out)) == 1
    assert out.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="exists already"):
        export_list(store, "first", str(out))
    again = add_list(store, "again", str(out))
    assert again.account.by_label == show_list(store, "first").by_label
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.txt", "out.jsonl", "store"]


@pytest.mark.parametrize(("name", "file_format"), [("nowhere", "jsonl"), ("first", "csv")])
def test_an_export_that_fails_leaves_no_file(tmp_path: Path, store: str, name: str, file_format: str) -> None:
    """No empty file stands for a list."""
    add_list(store, "first", made(tmp_path))
    with pytest.raises((ListError, UsageError)):
        export_list(store, name, str(tmp_path / "out"), file_format=file_format)
    with pytest.raises(ListError, match="cannot write"):
        export_list(store, "first", str(tmp_path / "no" / "folder"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.txt", "store"]


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/tty", "/dev/null", "-"])
def test_an_export_never_goes_to_a_terminal(tmp_path: Path, store: str, path: str) -> None:
    """Only into a new, ordinary file."""
    add_list(store, "first", made(tmp_path))
    with pytest.raises(UsageError, match=r"exists already|standard output"):
        export_list(store, "first", path)
