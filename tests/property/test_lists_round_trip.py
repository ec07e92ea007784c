"""Laws of lists: what is written is read back; whatever bytes are given, a list is read whole or refused."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.stand_ins import open_writable

from unseen.errors import ListError
from unseen.lists import ListFile, ListFormat, write_lines
from unseen.model import Entry, Label, ListClass, Signal
from unseen.store import ListOrigin, Store, add_list, list_entries, remove_list

CORPUS = [path.read_bytes() for path in sorted((Path(__file__).parent.parent / "fuzz" / "lists").iterdir())]

KEYS = (
    *("value", "Media", "MD5", "SHA1", "Category", "MediaID", "@odata.context", "item", "outcome", "size_bytes"),
    *("pdq", "pdq_quality", "variants", "vpdq", "labels", "label", "entry", "hash", "md5", "signal"),
)

visible = st.characters(exclude_categories=["Cc", "Cs"])
words = st.text(visible, min_size=1, max_size=20)
ours = st.sampled_from(Signal).flatmap(
    # Never one of the few values that are refused.
    lambda signal: st.tuples(
        st.just(signal.value), st.binary(min_size=signal.size_bytes - 1, max_size=signal.size_bytes - 1)
    ).map(lambda pair: (pair[0], b"\x5a" + pair[1]))
)
theirs = st.tuples(
    st.sampled_from(["photodna", "tmk_pdqf", "videntifier"]),
    st.text(visible, min_size=1, max_size=40).filter(lambda text: text == text.strip()).map(str.encode),
)
entries = st.lists(
    st.builds(
        lambda name, hashed, labels: Entry(name, hashed[0], hashed[1], tuple(labels)),
        words,
        st.one_of(ours, theirs),
        st.lists(st.builds(Label, words, words), max_size=2),
    ),
    min_size=1,
    max_size=8,
)

relaxed = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One store for all cases."""
    return open_writable(tmp_path_factory.mktemp("round") / "store")


@relaxed
@given(entries)
def test_json_lines_keep_every_entry(tmp_path: Path, given_entries: list[Entry]) -> None:
    """Identifier, signal, value and labels."""
    path = tmp_path / "list"
    path.write_text("".join(write_lines(given_entries, file_format="jsonl")), encoding="utf-8")
    with ListFile(path) as file:
        assert file.format == ListFormat.JSONL
        assert list(file.entries()) == given_entries


@relaxed
@given(entries)
def test_plain_text_keeps_signals_and_values(tmp_path: Path, given_entries: list[Entry]) -> None:
    """In their order."""
    path = tmp_path / "list"
    path.write_text("".join(write_lines(given_entries, file_format="text")), encoding="utf-8")
    with ListFile(path, file_format="text") as file:
        assert [(entry.signal, entry.value) for entry in file.entries()] == [
            (entry.signal, entry.value) for entry in given_entries
        ]


@relaxed
@given(entries)
def test_the_store_keeps_each_different_entry_once(store: Store, given_entries: list[Entry]) -> None:
    """In the order of the file, the first of those that say the same."""
    origin = ListOrigin("a", "jsonl", lambda: bytes(32))
    duplicates = add_list(store, "a", given_entries, list_class=ListClass.CSAM, origin=origin, at_utc="now")
    try:
        kept = list(list_entries(store, "a"))
    finally:
        remove_list(store, "a", at_utc="2026-11-23T12:00:00Z")
    assert kept == list(dict.fromkeys(given_entries))
    assert duplicates == len(given_entries) - len(kept)


@relaxed
@given(
    st.one_of(
        st.binary(max_size=300),
        # The corpus with a piece of something else in the middle.
        st.tuples(st.sampled_from(CORPUS), st.integers(0, 400), st.binary(max_size=6), st.integers(0, 30)).map(
            lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + parts[3] :]
        ),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | words,
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(KEYS),
                    inner,
                    max_size=5,
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    st.sampled_from([None, *ListFormat]),
    st.sampled_from([None, "md5"]),
)
def test_any_bytes_are_read_whole_or_refused(
    tmp_path: Path, data: bytes, file_format: str | None, signal: str | None
) -> None:
    """No other error leaks, and what is read has values of the right size and names that can be kept."""
    path = tmp_path / "list"
    path.write_bytes(data)
    for is_question in (False, True):
        with (
            contextlib.suppress(ListError),
            ListFile(path, file_format=file_format, signal=signal, is_question=is_question) as file,
        ):
            for entry in file.entries():
                assert not entry.is_searchable or len(entry.value) == Signal(entry.signal).size_bytes
                (entry.entry + "".join(label.scheme + label.code for label in entry.labels)).encode()
    with contextlib.suppress(ListError), ListFile(path, file_format=file_format, is_question=True) as file:
        for item, _ in file.questions():
            assert isinstance(item, str)
