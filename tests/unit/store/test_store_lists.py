"""Lists and their entries in the store."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select
from tests.stores import on_both
from tests.unit.stand_ins import open_writable

from unseen.errors import ListError
from unseen.model import Entry, Label, ListClass
from unseen.store import (
    ListOrigin,
    Store,
    add_list,
    list_entries,
    list_lists,
    load_codes,
    name_entries,
    read_account,
    remove_list,
)
from unseen.store.schema import entries

ROOT = Path(__file__).parents[3]
ORIGIN = ListOrigin("a.txt", "text", lambda: bytes(range(32)))
WHEN = "2026-01-02T03:04:05Z"


def value(number: int, size: int = 32) -> bytes:
    """A value of its own for each number."""
    return number.to_bytes(size, "big")


def add(store: Store, name: str, offered: list[Entry], *, replace: bool = False) -> int:
    """Add a list of class csam."""
    return add_list(store, name, offered, list_class=ListClass.CSAM, origin=ORIGIN, at_utc=WHEN, replace=replace)


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A new store."""
    with open_writable(place) as opened:
        yield opened


def test_entries_come_back_as_they_were(store: Store) -> None:
    """Identifier, signal, value and labels, in the order of the file; signals of others too."""
    given = [
        Entry("a", "pdq", value(1), (Label("iwf", "A"), Label("age", "7-10"))),
        Entry("line 2", "md5", value(2, 16)),
        Entry("é", "photodna", b"AAEC"),
    ]
    assert add(store, "first", given) == 0
    assert list(list_entries(store, "first")) == given


@on_both
def test_the_account_counts_signals_and_labels(store: Store) -> None:
    """What cannot be searched is counted apart; a label counts each entry that carries it."""
    adult, child = Label("vics-2.0-US", "2"), Label("vics-2.0-US", "1")
    add(
        store,
        "first",
        [
            Entry("1", "md5", value(1, 16), (child,)),
            Entry("1", "photodna", b"AAEC", (child,)),
            Entry("2", "md5", value(2, 16), (adult, child)),
        ],
    )
    account = read_account(store, "first")
    assert (account.searchable, account.not_searchable, account.info.entry_count) == (2, 1, 3)
    assert dict(account.by_signal) == {"md5": 2, "photodna": 1}
    assert list(account.by_label.items()) == [(child, 3), (adult, 1)]
    assert account.info.sha256 == bytes(range(32))


@on_both
def test_an_entry_that_says_the_same_again_is_left_out(store: Store) -> None:
    """Same signal, value and labels, and the same identifier where the list gives one."""
    label = (Label("a", "1"),)
    given = [
        Entry("line 1", "pdq", value(1)),
        Entry("line 2", "pdq", value(1)),  # said before
        Entry("line 3", "sha256", value(1)),  # another signal
        Entry("line 4", "pdq", value(1), label),  # a label more
        Entry("a", "pdq", value(1)),
        Entry("b", "pdq", value(1)),  # another identifier
        Entry("b", "pdq", value(1)),  # said before
    ]
    assert add(store, "first", given) == 2
    assert [entry.entry for entry in list_entries(store, "first")] == ["line 1", "line 3", "line 4", "a", "b"]
    assert read_account(store, "first").info.entry_count == 5


def test_a_name_is_taken_once(store: Store) -> None:
    """Adding under a taken name changes nothing, unless the old list is to give way."""
    add(store, "first", [Entry("a", "pdq", value(1))])
    with pytest.raises(ListError, match="already"):
        add(store, "first", [Entry("b", "pdq", value(2))])
    assert [entry.entry for entry in list_entries(store, "first")] == ["a"]
    add(store, "first", [Entry("b", "pdq", value(2))], replace=True)
    assert [entry.entry for entry in list_entries(store, "first")] == ["b"]


def test_a_list_that_fails_half_way_leaves_nothing(store: Store) -> None:
    """Neither a new list nor a replaced one is changed by a file that turns out to be bad."""

    def broken() -> Iterator[Entry]:
        for number in range(1, 5000):
            yield Entry(f"line {number}", "pdq", value(number))
        raise ListError("line 5000 is bad")

    add(store, "old", [Entry("a", "pdq", value(1))])
    for name, replace in (("new", False), ("old", True)):
        with pytest.raises(ListError, match="5000"):
            add_list(store, name, broken(), list_class=ListClass.CSAM, origin=ORIGIN, at_utc=WHEN, replace=replace)
    assert [info.name for info in list_lists(store)] == ["old"]
    assert [entry.entry for entry in list_entries(store, "old")] == ["a"]
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(entries)).scalar_one() == 1


def test_removing_a_list_removes_its_entries(store: Store) -> None:
    """And those of no other list."""
    add(store, "first", [Entry("a", "pdq", value(1)), Entry("b", "pdq", value(2))])
    add(store, "second", [Entry("c", "pdq", value(1))])
    assert remove_list(store, "first", at_utc="2026-11-23T12:00:00Z") == 2
    assert [info.name for info in list_lists(store)] == ["second"]
    with store.read() as connection:
        assert connection.execute(select(entries.c.entry)).scalars().all() == ["c"]


@on_both
def test_codes_are_loaded_by_list_and_signal(store: Store) -> None:
    """One matrix for each searchable signal of each list, rows of which names are known."""
    add(store, "first", [Entry("a", "pdq", value(1)), Entry("b", "md5", value(2, 16)), Entry("c", "pdq", value(3))])
    add(store, "second", [Entry("d", "photodna", b"AA")])
    codes = list(load_codes(store, ["second", "first"]))
    assert [(each.list, each.signal, each.values.shape) for each in codes] == [
        ("first", "pdq", (2, 32)),
        ("first", "md5", (1, 16)),
    ]
    assert codes[0].values.dtype == np.uint8
    assert bytes(codes[0].values[1]) == value(3)
    assert list(name_entries(store, codes[0].rows.tolist()).values()) == ["a", "c"]


def test_a_plugged_in_signal_is_loaded_through_its_reader(store: Store) -> None:
    """A licensee's hasher says how the text of a value becomes bytes."""
    add(store, "first", [Entry("a", "photodna", b"0102"), Entry("b", "photodna", b"0304")])
    (codes,) = load_codes(store, ["first"], readers={"photodna": bytes.fromhex})
    assert codes.values.tolist() == [[1, 2], [3, 4]]


def test_names_of_many_rows_are_found(store: Store) -> None:
    """However many rows matched at once."""
    add(store, "first", [Entry(f"e{number}", "pdq", value(number)) for number in range(1, 1500)])
    (codes,) = load_codes(store, ["first"])
    names = name_entries(store, codes.rows.tolist())
    assert [names[row] for row in codes.rows.tolist()] == [f"e{number}" for number in range(1, 1500)]
    assert name_entries(store, []) == {}


@pytest.mark.parametrize(
    "ask",
    [
        read_account,
        lambda store, name: remove_list(store, name, at_utc=WHEN),
        lambda store, name: list(list_entries(store, name)),
    ],
)
def test_an_unknown_list_is_an_error(store: Store, ask: object) -> None:
    """A mistyped name is not an empty list."""
    with pytest.raises(ListError, match="no list named 'nowhere'"):
        ask(store, "nowhere")  # type: ignore[operator]  # three functions of one shape


KILLED = """
import os, signal, sys
from unseen.model import Entry, ListClass
from tests.unit.stand_ins import open_writable
from unseen.store import ListOrigin, add_list

def offered():
    for number in range(1, 200_001):
        if number == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        yield Entry(f"line {number}", "pdq", number.to_bytes(32, "big"))

def digest():
    if sys.argv[2] == "0":
        os.kill(os.getpid(), signal.SIGKILL)
    return bytes(32)

with open_writable(sys.argv[1]) as store:
    add_list(store, "new", offered(), list_class=ListClass.CSAM, origin=ListOrigin("a", "text", digest), at_utc="now")
"""


@on_both
@pytest.mark.parametrize("at", [1, 1000, 150_000, 0])
def test_an_import_that_is_killed_leaves_no_list(place: str, at: int) -> None:
    """At the first entry, in the middle, and after the last before the end: the store is as it was."""
    with open_writable(place) as store:
        add(store, "old", [Entry("a", "pdq", value(1))])
    done = subprocess.run([sys.executable, "-c", KILLED, place, str(at)], check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    with open_writable(place) as store:
        assert [info.name for info in list_lists(store)] == ["old"]
        with store.read() as connection:
            assert connection.execute(select(entries.c.entry)).scalars().all() == ["a"]
        add(store, "new", [Entry("b", "pdq", value(2))])
