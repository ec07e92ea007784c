"""A newer file of a list is a change of it: what is in both stays, what is missing is withdrawn."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stores import on_both
from tests.unit.stand_ins import open_writable

from unseen.errors import ListError
from unseen.model import Entry, Label, ListClass, Mark
from unseen.store import ListOrigin, Store, add_list, list_entries, list_lists, read_entry_account, replace_list

WHEN = "2026-11-23T12:00:00Z"


def origin(file_format: str = "text", number: int = 0) -> ListOrigin:
    """Where a file came from."""
    return ListOrigin(f"{number}.txt", file_format, lambda: bytes([number]) * 32, by="user@host")


def entry(name: str, number: int, label: str | None = None, signal: str = "md5") -> Entry:
    """An entry with a digest of its own for each number."""
    return Entry(name, signal, bytes([number]) * 16, () if label is None else (Label("a", label),))


def add(store: Store, *offered: Entry) -> None:
    """Take a first file in."""
    add_list(store, "ours", offered, list_class=ListClass.CSAM, origin=origin(), at_utc=WHEN)


def replace(store: Store, *offered: Entry) -> int | None:
    """Take a newer file in."""
    return replace_list(store, "ours", offered, list_class=ListClass.CSAM, origin=origin(number=1), at_utc=WHEN)


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A new store."""
    with open_writable(place) as opened:
        yield opened


@on_both
def test_what_is_in_both_files_stays_as_it_was(store: Store) -> None:
    """Its row says when it first came; what is missing is withdrawn, what is new comes behind."""
    add(store, entry("a", 1), entry("b", 2), entry("c", 3))
    [before] = list_lists(store)
    assert replace(store, entry("d", 4), entry("c", 3), entry("c", 3), entry("a", 1)) == 1
    [after] = list_lists(store)
    assert (after.record, after.entry_count) == (before.record, 3)
    assert after.version > before.version
    assert (after.sha256, after.origin) == (bytes([1]) * 32, "1.txt")
    assert [one.entry for one in list_entries(store, "ours")] == ["a", "c", "d"]
    assert read_entry_account(store, "ours", "a").rows[0].added.record == before.version
    assert read_entry_account(store, "ours", "d").rows[0].added.record == after.version
    gone = read_entry_account(store, "ours", "b")
    assert gone.marks == (Mark.WITHDRAWN,)
    assert (gone.rows[0].added.origin, gone.rows[0].added.by) == ("0.txt", "user@host")
    assert gone.rows[0].withdrawn is not None
    assert gone.rows[0].withdrawn.origin == "1.txt"


def test_a_hash_at_another_line_is_the_same_entry(store: Store) -> None:
    """Identifiers that are places in the file say nothing; others do."""
    add(store, entry("line 1", 1), entry("line 2", 2), entry("x", 3))
    assert replace(store, entry("line 1", 2), entry("line 2", 1), entry("y", 3)) == 0
    assert [one.entry for one in list_entries(store, "ours")] == ["line 1", "line 2", "y"]
    assert read_entry_account(store, "ours", "line 1").marks == ()
    assert read_entry_account(store, "ours", "x").marks == (Mark.WITHDRAWN,)


@pytest.mark.parametrize("other", [{"file_format": "csv"}, {"list_class": ListClass.CLEARED}, {"name": "nowhere"}])
def test_another_kind_of_list_is_no_newer_file_of_this_one(store: Store, other: dict[str, object]) -> None:
    """Then nothing is read, and the caller decides."""
    add(store, entry("a", 1))

    def unread() -> Iterator[Entry]:
        raise AssertionError
        yield

    name, list_class = str(other.get("name", "ours")), ListClass(other.get("list_class", "csam"))  # type: ignore[arg-type]  # what the parameters hold
    of = origin(str(other.get("file_format", "text")))
    assert replace_list(store, name, unread(), list_class=list_class, origin=of, at_utc=WHEN) is None


@on_both
def test_a_newer_file_that_fails_half_way_changes_nothing(store: Store) -> None:
    """All of it or nothing."""
    add(store, entry("a", 1))

    def broken() -> Iterator[Entry]:
        yield entry("b", 2)
        raise ListError("line 2 is bad")

    with pytest.raises(ListError, match="line 2"):
        replace_list(store, "ours", broken(), list_class=ListClass.CSAM, origin=origin(), at_utc=WHEN)
    assert [one.entry for one in list_entries(store, "ours")] == ["a"]


ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(["a", "b", "line 1", "line 2", "row 7", "é", "Line 3", "\U0001f600"]),
        st.integers(0, 3),
        st.sampled_from([None, "x", "é"]),
        st.sampled_from(["md5", "photodna"]),
    ),
    max_size=12,
)


# A store on a disk is as slow as the disk.
@settings(deadline=None, max_examples=50)
@given(st.lists(ENTRIES, min_size=2, max_size=4))
def test_a_list_holds_what_its_newest_file_says(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[Entry]]
) -> None:
    """Law: whatever came before, what stands is the newest file without its duplicates; counted as it stands."""

    def said(one: Entry) -> tuple[object, ...]:
        return one.signal, one.value, one.labels, "" if one.is_positional else one.entry

    with open_writable(tmp_path_factory.mktemp("store") / "store") as store:
        add(store, *files[0])
        for newer in files[1:]:
            before = [said(one) for one in list_entries(store, "ours")]
            duplicates = replace(store, *newer)
            stand = [said(one) for one in list_entries(store, "ours")]
            expected = list(dict.fromkeys(map(said, newer)))
            assert set(stand) == set(expected)
            assert duplicates == len(newer) - len(expected)
            assert len(stand) == len(expected) == list_lists(store)[0].entry_count
            # What stays keeps its order, and what is new comes in that of its file.
            assert stand == [one for one in before if one in expected] + [one for one in expected if one not in before]
