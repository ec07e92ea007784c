"""The checker names the first thing that is wrong, wherever it is."""

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.ledger.ledgers import ORIGIN, append, entry, keys_in, seed

from unseen.errors import LedgerBrokenError, MalformedError, StoreError, UsageError, VerificationError
from unseen.ledger import (
    KeyFolder,
    LedgerWriter,
    Note,
    Proof,
    SigningKey,
    TileReader,
    VerifierKey,
    prove,
    verify_ledger,
)
from unseen.ledger.merkle import leaf_hash, root_of
from unseen.ledger.tiles import pack_entries, tile_path, unpack_entries

SIZE = 520


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, VerifierKey]:
    """A ledger of two full tiles and one of eight entries, and the key that signed."""
    base = tmp_path_factory.mktemp("ledger")
    keys, public = keys_in(base / "keys")
    append(base / "ledger", keys, SIZE)
    return base / "ledger", public


@pytest.fixture
def copy(made: tuple[Path, VerifierKey], tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(made[0], tmp_path / "ledger"))


def test_whoever_has_no_key_is_told_so(made: tuple[Path, VerifierKey]) -> None:
    """The key beside the data is used, and the result says that none was pinned."""
    folder, public = made
    assert verify_ledger(folder).pinned is False
    assert verify_ledger(folder, pinned=[public]).pinned is True
    stranger = SigningKey(ORIGIN, seed(2)).public
    assert verify_ledger(folder, pinned=[stranger, public]).key == public
    with pytest.raises(LedgerBrokenError, match="not signed by the pinned key") as caught:
        verify_ledger(folder, pinned=[stranger])
    assert caught.value.exit_code == 4


def test_an_altered_entry_is_named_with_both_digests(copy: Path) -> None:
    """The index, what the tile says and what the entry hashes to."""
    path = copy / tile_path("entries", 1)
    entries = unpack_entries(path.read_bytes(), 256, 256)
    entries[44] = entry(300, altered=1)
    path.write_bytes(pack_entries(entries))
    with pytest.raises(LedgerBrokenError, match="entry 300 is not the one in tile/0/001") as caught:
        verify_ledger(copy)
    assert caught.value.index == 300
    assert caught.value.expected == leaf_hash(entry(300)).hex()
    assert caught.value.found == leaf_hash(entry(300, altered=1)).hex()


def test_an_entry_altered_with_its_leaf_is_named_by_the_tile_above(copy: Path) -> None:
    """Whoever alters the level below as well is caught one level higher, and at last at the signed root."""
    entries = unpack_entries((copy / tile_path("entries", 1)).read_bytes(), 256, 256)
    entries[44] = entry(300, altered=1)
    leaves = [leaf_hash(one) for one in entries]
    (copy / tile_path("entries", 1)).write_bytes(pack_entries(entries))
    (copy / tile_path(0, 1)).write_bytes(b"".join(leaves))
    with pytest.raises(LedgerBrokenError, match=r"tile/1/000\.p/2 does not follow") as caught:
        verify_ledger(copy)
    assert caught.value.index == 256
    path = copy / tile_path(1, 0, 2)
    path.write_bytes(path.read_bytes()[:32] + root_of(leaves))
    with pytest.raises(LedgerBrokenError, match="do not lead to the signed root"):
        verify_ledger(copy)


def files(folder: Path) -> list[Path]:
    """What a verifier reads."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")


def refuses_flip(folder: Path, path: Path, bit: int) -> bool:
    """Whether a ledger with one bit flipped is refused; the bit is put back."""
    good = path.read_bytes()
    path.write_bytes(good[: bit // 8] + bytes([good[bit // 8] ^ 1 << bit % 8]) + good[bit // 8 + 1 :])
    try:
        verify_ledger(folder)
    except VerificationError:
        return True
    else:
        return False
    finally:
        path.write_bytes(good)


def test_any_flipped_bit_is_caught(copy: Path) -> None:
    """Seeded bits of every file, the first and the last of each among them."""
    draw = random.Random(5)
    for path in files(copy):
        bits = path.stat().st_size * 8
        for bit in {0, bits - 1, *(draw.randrange(bits) for _ in range(25))}:
            assert refuses_flip(copy, path, bit), f"{path.name} bit {bit}"
    assert verify_ledger(copy).checkpoint.size == SIZE


@pytest.mark.soak
def test_every_flipped_bit_is_caught(tmp_path: Path) -> None:
    """Every bit of every file of a ledger with 258 short entries, so that there is a full tile and two levels."""
    keys, _ = keys_in(tmp_path / "keys")
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        writer.append((b"%d" % n for n in range(258)), start=0)
        writer.seal()
    for path in files(tmp_path / "ledger"):
        for bit in range(path.stat().st_size * 8):
            assert refuses_flip(tmp_path / "ledger", path, bit), f"{path.name} bit {bit}"


def test_any_missing_or_cut_file_is_caught(copy: Path) -> None:
    """Each file removed, emptied, cut by one byte and lengthened by one."""
    for path in files(copy):
        good = path.read_bytes()
        for data in (None, b"", good[:-1], good + b"\x00"):
            if data is None:
                path.unlink()
            else:
                path.write_bytes(data)
            with pytest.raises(VerificationError):
                verify_ledger(copy)
        path.write_bytes(good)


def test_a_file_that_would_wait_for_ever_is_refused(copy: Path) -> None:
    """A fifo under a tile's name is an error, not a halt."""
    import os

    (copy / tile_path(0, 0)).unlink()
    os.mkfifo(copy / tile_path(0, 0))
    with pytest.raises(StoreError, match="not an ordinary file"):
        verify_ledger(copy)


def test_a_tile_that_has_grown_since_the_checkpoint_is_read_from_its_beginning(
    made: tuple[Path, VerifierKey], tmp_path: Path
) -> None:
    """An older checkpoint still verifies after narrow tiles gave way to wider ones."""
    keys, public = keys_in(tmp_path / "keys")
    folder = tmp_path / "ledger"
    append(folder, keys, 300)
    old = (folder / "checkpoint").read_bytes()
    for more in (7, 700):
        append(folder, keys, more)
        new = (folder / "checkpoint").read_bytes()
        (folder / "checkpoint").write_bytes(old)
        assert verify_ledger(folder, pinned=[public]).checkpoint.size == 300
        (folder / "checkpoint").write_bytes(new)


def test_proofs_of_every_entry_verify_and_say_what_they_are(made: tuple[Path, VerifierKey]) -> None:
    """Text and value are two forms of one thing; another entry, key or bit is refused."""
    folder, public = made
    note = verify_ledger(folder).note
    reader = TileReader(folder, SIZE)
    for index in range(0, SIZE, 37):
        proof = prove(reader, note, index)
        assert Proof.parse(proof.to_bytes()) == proof
        assert proof.verify(entry(index), [public]).size == SIZE
        with pytest.raises(LedgerBrokenError):
            proof.verify(entry(index + 1), [public])
        with pytest.raises(LedgerBrokenError, match="none of the given keys"):
            proof.verify(entry(index), [SigningKey(ORIGIN, seed(2)).public])
    with pytest.raises(UsageError):
        prove(reader, note, SIZE)


def test_any_flipped_bit_of_a_proof_is_caught(made: tuple[Path, VerifierKey]) -> None:
    """Every bit of one proof."""
    folder, public = made
    data = prove(TileReader(folder, SIZE), verify_ledger(folder).note, 300).to_bytes()
    for bit in range(len(data) * 8):
        bad = data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]
        with pytest.raises(VerificationError):
            Proof.parse(bad).verify(entry(300), [public])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("proof@v1", "proof@v2"),
        ("index 300", "index 0300"),
        ("index 300", "indexes 300"),
        ("index 300\n", "index 300\nAAAA\n"),
        ("index 300\n", "index 300\n" + ("A" * 43 + "=\n") * 54),
        ("index 300", "extra \nindex 300"),
        ("index 300", "extra A\nindex 300"),
        ("index 300\n", ""),
    ],
)
def test_malformed_proofs_are_refused(made: tuple[Path, VerifierKey], old: str, new: str) -> None:
    """Other versions, other spellings of the index, and steps that are no hashes."""
    text = prove(TileReader(made[0], SIZE), verify_ledger(made[0]).note, 300).to_bytes().decode()
    assert old in text
    with pytest.raises(MalformedError):
        Proof.parse(text.replace(old, new, 1).encode())


def test_extra_data_of_a_proof_is_kept(made: tuple[Path, VerifierKey]) -> None:
    """What other programs put beside an index is read and printed again."""
    proof = prove(TileReader(made[0], SIZE), verify_ledger(made[0]).note, 3)
    more = Proof(proof.index, proof.hashes, proof.checkpoint, b"beside")
    assert Proof.parse(more.to_bytes()) == more


def test_the_checker_never_loads_the_writer() -> None:
    """Importing it brings in neither the writer nor any code that holds secrets."""
    code = "import sys, unseen.ledger.verify; print([m for m in sys.modules if m.startswith('unseen.ledger.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "unseen.ledger.verify" in loaded
    assert [name for name in ("writer", "keys", "witness", "bundle", "proofs") if f"ledger.{name}" in loaded] == []


def test_a_rotation_that_only_one_key_signed_is_broken_evidence(tmp_path: Path) -> None:
    """A record that hands over from the pinned key without its signature is named, not passed over."""
    from unseen.ledger.checkpoint import rotation_text

    keys, public = keys_in(tmp_path / "keys")
    thief = SigningKey(ORIGIN, seed(3))
    text = rotation_text(ORIGIN, public, thief.public)
    statement = Note(text, (thief.sign(text),)).to_bytes().decode()
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        writer.append([entry(0, type="key_rotated", statement=statement)], start=0)
        writer.seal()
    with pytest.raises(LedgerBrokenError, match="not signed by both keys"):
        verify_ledger(tmp_path / "ledger", pinned=[public])


def test_a_key_that_handed_over_signs_no_more(tmp_path: Path) -> None:
    """A checkpoint signed by the old key after the record of its rotation does not verify."""
    keys, public = keys_in(tmp_path / "keys")
    old = keys.load(ORIGIN)
    assert old is not None
    statement = keys.rotate(SigningKey(ORIGIN, seed(3))).decode()
    thief = KeyFolder(tmp_path / "thief")
    thief.make(old)
    with LedgerWriter.open(tmp_path / "ledger", thief, ORIGIN) as writer:
        writer.append([entry(0, type="key_rotated", statement=statement)], start=0)
        writer.seal()
    with pytest.raises(LedgerBrokenError, match="not signed by the pinned key"):
        verify_ledger(tmp_path / "ledger", pinned=[public])


def test_a_ledger_must_continue_the_checkpoints_that_were_kept(tmp_path: Path) -> None:
    """A replayed old state, another history and another ledger are told from one that has grown."""
    keys, public = keys_in(tmp_path / "keys")
    folder = tmp_path / "ledger"
    kept: list[Note] = []
    for step in (1, 255, 44):
        append(folder, keys, step)
        kept.append(verify_ledger(folder, earlier=kept).note)
    assert verify_ledger(folder, pinned=[public], earlier=kept).checkpoint.size == 300
    shutil.copytree(folder, tmp_path / "backup")
    append(folder, keys, 9)
    newest = verify_ledger(folder, earlier=kept).note
    with pytest.raises(LedgerBrokenError, match="expected 309 entries, found 300 entries"):
        verify_ledger(tmp_path / "backup", pinned=[public], earlier=[newest])
    again, _ = keys_in(tmp_path / "again")
    with LedgerWriter.open(tmp_path / "fork", again, ORIGIN) as writer:
        writer.append([entry(n, rewritten=1) for n in range(400)], start=0)
        writer.seal()
    with pytest.raises(LedgerBrokenError, match="the first 309 entries are not those"):
        verify_ledger(tmp_path / "fork", pinned=[public], earlier=[newest])
    stranger = Note(newest.text.replace(ORIGIN, "unseen.other"), newest.signatures)
    with pytest.raises(LedgerBrokenError, match="is not the one of the kept checkpoint"):
        verify_ledger(folder, earlier=[stranger])
