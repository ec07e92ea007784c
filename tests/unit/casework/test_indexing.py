"""The index of a store is opened where it is true, and built from SQL where it is not."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.unit.stand_ins import open_writable

from unseen.casework.known import indexing
from unseen.casework.known.checking import check_index
from unseen.casework.known.indexing import Indexing, forget_list, open_lists, refresh_index
from unseen.casework.known.loading import load_known
from unseen.errors import ListError, ThresholdError
from unseen.matching import Matcher, StoredColumn
from unseen.model import (
    ChangePage,
    Codes,
    Entry,
    EntryDecision,
    EntryVerdict,
    ItemHashes,
    ListClass,
    Mark,
    Opinion,
    Published,
    Signal,
    Stance,
    Withdrawn,
)
from unseen.store import (
    Change,
    ListOrigin,
    Store,
    add_list,
    apply_staged,
    decide_entry,
    list_lists,
    load_codes,
    remove_list,
    stage_page,
)

CODES = np.random.default_rng(1).integers(0, 256, (300, 32), dtype=np.uint8)


def _add(
    store: Store, name: str, codes: np.ndarray, *, replace: bool = False, at_utc: str = "2026-11-23T12:00:00Z"
) -> None:
    entries = [Entry(f"e{at}", "pdq", code.tobytes()) for at, code in enumerate(codes)]
    entries.append(Entry("digest", "md5", b"0123456789abcdef"))
    origin = ListOrigin("file", "text", lambda: bytes(32))
    add_list(store, name, entries, list_class=ListClass.CSAM, origin=origin, at_utc=at_utc, replace=replace)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with two lists."""
    with open_writable(tmp_path / "store") as opened:
        _add(opened, "ours", CODES[:200])
        _add(opened, "theirs", CODES[200:])
        yield opened


class Run:
    """One run of a scan, as far as lists go."""

    def __init__(self, store: Store, *, may_write: bool = True, verify: bool = True) -> None:
        self.notes: list[str] = []
        how = Indexing(may_write=may_write, verify=verify, note=self.notes.append)
        self.known = load_known(store, [], indexing=how)
        self.matcher = Matcher(self.known.columns, threshold_bits=31, name_entries=self.known.name_entries)

    def is_stored(self) -> bool:
        """Whether all columns lie in files."""
        return all(isinstance(column, StoredColumn) for column in self.known.columns)

    def find(self, code: np.ndarray) -> list[tuple[str, str, int]]:
        """What an item with this PDQ matches."""
        hashes = ItemHashes(
            size_bytes=1, sha256=bytes(32), sha1=bytes(20), md5=bytes(16), pdq=code.tobytes(), pdq_quality=100
        )
        [matches] = self.matcher.match([hashes])
        return [(match.list, match.entry, match.distance_bits) for match in matches]


def _segments(store: Store) -> list[Path]:
    return sorted((store.path / "index" / "segments").iterdir())


def test_the_second_run_opens_what_the_first_has_built(store: Store) -> None:
    """Same answers, same entries, same digest of the generation; nothing is said, nothing written again."""
    first = Run(store)
    times = [path.stat().st_mtime_ns for path in _segments(store)]
    second = Run(store)
    assert first.is_stored()
    assert second.is_stored()
    assert first.notes == second.notes == []
    assert [path.stat().st_mtime_ns for path in _segments(store)] == times
    assert first.known.entries_searchable == second.known.entries_searchable == 302
    assert first.matcher.index_sha256 == second.matcher.index_sha256
    assert len(str(first.matcher.index_sha256)) == 64
    for at in (0, 199, 200, 299):
        expected = [("ours", f"e{at}", 0)] if at < 200 else [("theirs", f"e{at - 200}", 0)]
        assert first.find(CODES[at]) == second.find(CODES[at]) == expected


def test_files_and_memory_give_the_same_columns(store: Store) -> None:
    """What lies in the files is what lies in SQL, row by row."""
    opened = open_lists(store, list_lists(store), Indexing(may_write=True))
    for name, columns in opened.items():
        held = list(load_codes(store, [name]))
        assert [column.signal for column in columns] == [codes.signal for codes in held]
        for column, codes in zip(columns, held, strict=True):
            assert isinstance(column, StoredColumn)
            assert column.rows.tolist() == codes.rows.tolist()
            for query_at, row in zip(*(part.tolist() for part in column.search(codes.values)[:2]), strict=True):
                assert codes.rows[query_at] == row


def test_a_replaced_list_is_built_anew_and_the_others_are_not(store: Store) -> None:
    """Added, replaced and removed lists are searched as SQL has them, from the next run on."""
    Run(store)
    before = set(_segments(store))
    _add(store, "ours", CODES[100:200], replace=True)
    run = Run(store)
    assert run.is_stored()
    assert (run.find(CODES[0]), run.find(CODES[100])) == ([], [("ours", "e0", 0)])
    assert len(before & set(_segments(store))) == 2
    remove_list(store, "ours", at_utc="2026-11-23T12:00:00Z")
    forget_list(store.path, "ours")
    assert len(_segments(store)) == 2
    assert Run(store).find(CODES[100]) == []


def test_an_altered_file_is_built_anew_though_its_times_were_restored(store: Store) -> None:
    """Nothing rests on the times of a file; the same content gets the same name again."""
    good = Run(store)
    paths = _segments(store)
    for path in [*paths, store.path / "index" / "CURRENT", *(store.path / "index").glob("MANIFEST-*")]:
        if not path.exists():
            continue
        times = path.stat()
        data = bytearray(path.read_bytes())
        data[len(data) * 2 // 3] ^= 4
        path.write_bytes(data)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        run = Run(store)
        assert run.is_stored()
        assert "is not used" in " ".join(run.notes)
        assert run.find(CODES[7]) == good.find(CODES[7]) == [("ours", "e7", 0)]
        assert _segments(store) == paths
        assert Run(store).notes == []


def test_whoever_may_not_write_searches_in_memory(store: Store) -> None:
    """Without an index, with a damaged one, and where none can be written: the same answers."""
    run = Run(store, may_write=False)
    assert not (store.path / "index").exists()
    assert (run.matcher.index_sha256, run.find(CODES[7])) == (None, [("ours", "e7", 0)])
    (store.path / "index").write_text("in the way")
    run = Run(store)
    assert "searched in memory" in " ".join(run.notes)
    assert run.find(CODES[7]) == [("ours", "e7", 0)]


def test_a_list_that_changes_while_it_is_read_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """No index is made of one state of a list and called by another."""

    def meanwhile(store: Store, names: list[str], *, folder: Path | None) -> Iterator[Codes]:
        _add(store, "ours", CODES[:10], replace=True, at_utc="2026-11-24T12:00:00Z")
        return load_codes(store, names, signals=[Signal.PDQ])

    monkeypatch.setattr(indexing, "load_codes", meanwhile)
    with pytest.raises(ListError, match="changed while it was being read"):
        Run(store)


def test_an_index_beyond_the_memory_is_refused_beforehand(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """How much is needed and how much is free is said before anything is read."""
    monkeypatch.setattr(indexing, "available_bytes", lambda: 1000)
    with pytest.raises(ListError, match=r"GB of memory to be indexed, 0\.0 GB are free"):
        Run(store)


def test_memory_is_bounded_by_the_control_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the group still allows, where that is less than what the machine has."""
    available = indexing.available_bytes()
    assert available > 0
    texts = {"meminfo": "MemAvailable: 1000 kB\n", "memory.max": "600000", "memory.current": "100000"}
    monkeypatch.setattr(Path, "read_text", lambda path, encoding: texts[path.name])
    assert indexing.available_bytes() == 500_000
    texts["memory.max"] = "max"
    assert indexing.available_bytes() == 1_024_000


def test_impossible_thresholds_are_refused_before_anything_is_opened(store: Store) -> None:
    """Not after an index was built."""
    with pytest.raises(ThresholdError):
        load_known(store, [], indexing=Indexing(threshold_bits=99, may_write=True))
    assert not (store.path / "index").exists()


def _sync(store: Store, *changes: Published | Withdrawn, begins_anew: bool = False) -> None:
    page = ChangePage(changes=changes, checkpoint="1", begins_anew=begins_anew, is_last=True)
    stage_page(store, "live", page)
    change = Change(list_class=ListClass.CSAM, file_format="service", origin="a", at_utc="2026-11-23T12:00:00Z")
    apply_staged(store, "live", change)


def _published(at: int, code: np.ndarray) -> Published:
    return Published(entry=f"s{at}", publisher="p", hashes=(("pdq", code.tobytes()),))


def test_a_change_of_a_list_changes_its_index_and_does_not_build_it_anew(store: Store) -> None:
    """The large segment stays the same file; what came is found, what went is not, and the rest is as it was."""
    _sync(store, *(_published(at, code) for at, code in enumerate(CODES)))
    Run(store)
    before = max((store.path / "index" / "segments").iterdir(), key=lambda path: path.stat().st_size)
    other = CODES[5] ^ np.uint8(255)
    _sync(store, Withdrawn(entry="s7", publisher="p"), _published(5, other), _published(900, CODES[8]))
    _sync(store, Withdrawn(entry="s8", publisher="p"))
    refresh_index(store, ["live"])
    assert before.exists()
    run = Run(store, may_write=False)
    assert run.is_stored()
    assert run.notes == []
    assert [entry for name, entry, _ in run.find(CODES[7]) if name == "live"] == []
    assert [entry for name, entry, _ in run.find(CODES[5]) if name == "live"] == []
    assert [entry for name, entry, _ in run.find(other) if name == "live"] == ["s5"]
    assert [entry for name, entry, _ in run.find(CODES[8]) if name == "live"] == ["s900"]
    assert [entry for name, entry, _ in run.find(CODES[9]) if name == "live"] == ["s9"]
    assert check_index(store).lists == ("live", "ours", "theirs")  # type: ignore[union-attr]  # there is one


def test_a_change_that_touches_no_hash_leaves_every_file_of_the_index(store: Store) -> None:
    """Opinions are no part of the index; the index says for which version of the list it stands."""
    _sync(store, *(_published(at, code) for at, code in enumerate(CODES)))
    Run(store)
    before = sorted((store.path / "index" / "segments").iterdir())
    against = Opinion("m", Stance.AGAINST)
    _sync(store, Published(entry="s1", publisher="p", hashes=(("pdq", CODES[1].tobytes()),), opinions=(against,)))
    refresh_index(store, ["live"])
    assert sorted((store.path / "index" / "segments").iterdir()) == before
    assert Run(store, may_write=False).is_stored()


def test_an_index_of_a_list_that_was_put_back_is_built_anew(store: Store, tmp_path: Path) -> None:
    """A version of the list that this store never had is no place to begin from."""
    _sync(store, *(_published(at, code) for at, code in enumerate(CODES[:100])))
    kept = tmp_path / "kept.db"
    kept.write_bytes(_database(store))
    _sync(store, Withdrawn(entry="s7", publisher="p"))
    Run(store)
    store.close()
    (store.path / "unseen.db").write_bytes(kept.read_bytes())
    with open_writable(store.path) as older:
        _sync(older, Withdrawn(entry="s8", publisher="p"))
        run = Run(older)
        assert [entry for name, entry, _ in run.find(CODES[7]) if name == "live"] == ["s7"]
        assert [entry for name, entry, _ in run.find(CODES[8]) if name == "live"] == []


def _database(store: Store) -> bytes:
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return (store.path / "unseen.db").read_bytes()


def test_matches_say_who_published_their_entry_and_what_must_be_said_of_it(store: Store) -> None:
    """Every publisher of one hash is named; doubts are those of now, whenever the list was taken in."""
    against = Opinion("m", Stance.AGAINST)
    hashes = (("pdq", CODES[0].tobytes()),)
    _sync(
        store,
        Published(entry="one", publisher="p", hashes=hashes, opinions=(against,)),
        Published(entry="one", publisher="q", hashes=hashes),
        Published(entry="two", publisher=None, hashes=hashes),
    )
    verdict = EntryVerdict(decision=EntryDecision.QUARANTINED, by=None, reason="so", at_utc="2026-11-23T12:00:00Z")
    decide_entry(store, "live", "two", verdict)
    matcher = load_known(store, []).matcher(31)
    item = ItemHashes(size_bytes=1, sha256=bytes(32), sha1=None, md5=None, pdq=CODES[0].tobytes(), pdq_quality=100)
    [matches] = matcher.match([item])
    assert [(one.list, one.entry, one.publisher, one.marks) for one in matches] == [
        ("live", "one", "p", (Mark.DISPUTED,)),
        ("live", "one", "q", ()),
        ("live", "two", None, (Mark.QUARANTINED,)),
        ("ours", "e0", None, ()),
    ]
