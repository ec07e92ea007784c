"""What the writer signs is what was appended, and it signs nothing that contradicts what it signed before."""

import shutil
from pathlib import Path

import pytest
from tests.unit.ledger.ledgers import ORIGIN, append, entry, keys_in, naive_root, seed

from unseen.errors import LedgerBrokenError, SigningKeyError, UsageError
from unseen.ledger import KeyFolder, LedgerWriter, SigningKey, TileReader, prove, verify_ledger
from unseen.ledger.merkle import leaf_hash
from unseen.ledger.tiles import tile_path


@pytest.mark.parametrize("steps", [[1], [5, 3], [255, 1], [256], [256, 1, 600], [100, 100, 100, 500], [0, 2]])
def test_a_ledger_verifies_after_every_seal(tmp_path: Path, steps: list[int]) -> None:
    """Whatever the batches, the root is that of all entries and every entry can be read and proved."""
    keys, public = keys_in(tmp_path / "keys")
    folder = tmp_path / "ledger"
    size = 0
    for step in steps:
        append(folder, keys, step)
        size += step
        seen: list[tuple[int, bytes]] = []
        result = verify_ledger(folder, pinned=[public], each=lambda n, data, seen=seen: seen.append((n, data)))  # type: ignore[misc]  # a default binds the list of this round
        assert result.pinned
        assert result.checkpoint.root == naive_root([leaf_hash(entry(n)) for n in range(size)])
        assert seen == [(n, entry(n)) for n in range(size)]
    reader = TileReader(folder, size)
    for index in {0, size // 2, size - 1}:
        prove(reader, result.note, index).verify(entry(index), [public])


def test_the_folder_holds_exactly_the_files_that_the_checkpoint_needs(tmp_path: Path) -> None:
    """Narrow tiles go when wider ones replace them; a tree of 70,000 has the files that C2SP tlog-tiles names."""
    keys, _ = keys_in(tmp_path / "keys")
    folder = tmp_path / "ledger"
    for step in (10, 300, 69_690):
        append(folder, keys, step)
    expected = {tile_path(kind, n) for kind in (0, "entries") for n in range(273)}
    expected |= {tile_path(0, 273, 112), tile_path("entries", 273, 112), tile_path(1, 0), tile_path(1, 1, 17)}
    expected |= {tile_path(2, 0, 1), "checkpoint", "key.pub", "lock"}
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == expected
    assert not [path for path in folder.rglob("*.p") if not list(path.iterdir())]


@pytest.mark.parametrize(
    ("index", "path"), [(0, "000"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067")]
)
def test_tiles_lie_where_c2sp_says(index: int, path: str) -> None:
    """An index is written in groups of three digits."""
    assert tile_path(3, index) == f"tile/3/{path}"
    assert tile_path("entries", index, 7) == f"tile/entries/{path}.p/7"


def test_an_older_state_is_never_signed(tmp_path: Path) -> None:
    """A store restored from a backup is refused, with both numbers."""
    keys, _ = keys_in(tmp_path / "keys")
    folder = tmp_path / "ledger"
    append(folder, keys, 300)
    shutil.copytree(folder, tmp_path / "backup")
    append(folder, keys, 5)
    with pytest.raises(LedgerBrokenError, match="expected 305 entries, found 300 entries") as caught:
        append(tmp_path / "backup", keys, 9)
    assert caught.value.exit_code == 4
    with pytest.raises(LedgerBrokenError, match="expected 305 entries, found 0 entries"):
        append(tmp_path / "new", keys, 400)


def test_another_history_is_never_signed(tmp_path: Path) -> None:
    """A ledger that grew differently from a copy, under the same key, is refused."""
    keys, _ = keys_in(tmp_path / "keys")
    folder = tmp_path / "ledger"
    append(folder, keys, 300)
    other, _ = keys_in(tmp_path / "other-keys")
    with LedgerWriter.open(tmp_path / "fork", other, ORIGIN) as writer:
        writer.append([entry(n, fork=1) for n in range(400)], start=0)
        writer.seal()
    with pytest.raises(LedgerBrokenError, match="the first 300 entries are not those that were signed"):
        append(tmp_path / "fork", keys, 1)


def test_records_that_are_fewer_than_what_was_signed_are_refused(tmp_path: Path) -> None:
    """Whoever appends must say where, and must hold at least what was signed."""
    keys, _ = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 9)
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        writer.require(9)
        with pytest.raises(LedgerBrokenError, match="expected 9 entries, found 8 entries"):
            writer.require(8)
        for start in (8, 10):
            with pytest.raises(LedgerBrokenError, match=f"expected entry 9, found entry {start}"):
                writer.append([b"x"], start=start)


def test_an_entry_longer_than_a_bundle_can_hold_is_refused(tmp_path: Path) -> None:
    """The limit of 65,535 bytes is said, and nothing is signed afterwards."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 2)
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        writer.append([b"x" * 65_535], start=2)
        with pytest.raises(UsageError, match="65535"):
            writer.append([b"x" * 65_536], start=3)
        with pytest.raises(Exception, match="failed before"):
            writer.seal()
    assert verify_ledger(tmp_path / "ledger", pinned=[public]).checkpoint.size == 2


def test_without_its_key_a_ledger_cannot_be_written(tmp_path: Path) -> None:
    """No key is made in passing: a lost one must be noticed."""
    with pytest.raises(SigningKeyError, match="no key"):
        append(tmp_path / "ledger", KeyFolder(tmp_path / "none"), 1)
    keys, _ = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 1)
    stranger, _ = keys_in(tmp_path / "stranger", 2)
    with pytest.raises(LedgerBrokenError, match="not signed by the key"):
        append(tmp_path / "ledger", stranger, 1)


def test_a_ledger_goes_on_under_a_new_key(tmp_path: Path) -> None:
    """A pinned old key leads to the new one through the record of the rotation, and the old one signs no more."""
    keys, first = keys_in(tmp_path / "keys")
    folder = tmp_path / "ledger"
    append(folder, keys, 5)
    for number in (7, 8):
        statement = keys.rotate(SigningKey(ORIGIN, seed(number))).decode()
        with LedgerWriter.open(folder, keys, ORIGIN) as writer:
            writer.append([entry(writer.size, type="key_rotated", statement=statement)], start=writer.size)
            writer.seal()
        append(folder, keys, 300)
    current = keys.load(ORIGIN)
    assert current is not None
    result = verify_ledger(folder, pinned=[first])
    assert (result.key, result.rotations) == (current.public, 2)
    assert verify_ledger(folder, pinned=[current.public]).rotations == 0
    assert verify_ledger(folder).pinned is False
    with pytest.raises(LedgerBrokenError, match="not signed by the pinned key"):
        verify_ledger(folder, pinned=[SigningKey(ORIGIN, seed(9)).public])
