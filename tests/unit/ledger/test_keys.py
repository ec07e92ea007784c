"""Keys lie outside the store, are their owner's alone, and remember what they signed."""

import stat
from pathlib import Path

import pytest
from tests.unit.ledger.ledgers import ORIGIN, append, keys_in, seed

from unseen.errors import MalformedError, SigningKeyError, UsageError
from unseen.ledger import KeyFolder, SigningKey, VerifierKey


def test_a_key_is_made_readable_by_its_owner_only(tmp_path: Path) -> None:
    """The folder is 0700, the secret 0600, the public half can be given away."""
    keys, public = keys_in(tmp_path / "a" / "keys")
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((keys.folder / f"{ORIGIN}.key").stat().st_mode) == 0o600
    assert VerifierKey.parse((keys.folder / f"{ORIGIN}.pub").read_text()) == public
    assert [path.name for path in keys.folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Its mode is said, and what to do."""
    keys, _ = keys_in(tmp_path)
    (tmp_path / f"{ORIGIN}.key").chmod(mode)
    with pytest.raises(SigningKeyError, match=f"open to others: mode {mode:04o}") as caught:
        keys.load(ORIGIN)
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize("text", ["", "x", "PRIVATE+KEY+a+b", "PRIVATE+KEY+Ü+00000000+AQ==", "\udcff"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    """Nothing is guessed from a damaged key file, and its content is never repeated."""
    keys, _ = keys_in(tmp_path)
    (tmp_path / f"{ORIGIN}.key").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SigningKeyError, match="is not a key file"):
        keys.load(ORIGIN)


def test_a_key_of_another_name_is_refused(tmp_path: Path) -> None:
    """Key files that were exchanged are noticed."""
    keys, _ = keys_in(tmp_path)
    (tmp_path / f"{ORIGIN}.key").rename(tmp_path / "unseen.other.key")
    with pytest.raises(SigningKeyError, match=f"holds the key of {ORIGIN}"):
        keys.load("unseen.other")


def test_a_key_is_never_replaced_in_passing(tmp_path: Path) -> None:
    """Neither one that is there nor one that was lost after it had signed."""
    keys, _ = keys_in(tmp_path / "keys")
    with pytest.raises(SigningKeyError, match="already"):
        keys.make(SigningKey(ORIGIN, seed(2)))
    append(tmp_path / "ledger", keys, 1)
    (keys.folder / f"{ORIGIN}.key").unlink()
    with pytest.raises(SigningKeyError, match="is lost"):
        keys.make(SigningKey(ORIGIN, seed(2)))


def test_rotation_keeps_what_verifies_and_drops_the_secret(tmp_path: Path) -> None:
    """The former vkey and the statement stay; the former secret does not."""
    keys, first = keys_in(tmp_path)
    old = keys.load(ORIGIN)
    statement = keys.rotate(SigningKey(ORIGIN, seed(2)))
    assert keys.former(ORIGIN) == (first,)
    assert old is not None
    assert (tmp_path / f"{ORIGIN}.{first.id.hex()}.rotation").read_bytes() == statement
    assert old.to_text().split("+")[-1].encode().strip() not in b"".join(
        path.read_bytes() for path in tmp_path.iterdir()
    )
    with pytest.raises(SigningKeyError, match="no other key"):
        keys.rotate(SigningKey(ORIGIN, seed(2)))
    with pytest.raises(SigningKeyError, match="no other key"):
        keys.rotate(SigningKey("unseen.none", seed(2)))


@pytest.mark.parametrize("name", ["", "A", "a b", "a+b", "../a", "a/b", ".a", "a..b", "x" * 101, "ü"])
def test_names_that_could_be_paths_or_break_notes_are_refused(tmp_path: Path, name: str) -> None:
    """A name becomes a file name and part of a line."""
    with pytest.raises(UsageError):
        SigningKey(name, seed(1))
    with pytest.raises(UsageError):
        KeyFolder(tmp_path).load(name)


def test_an_altered_memory_is_noticed(tmp_path: Path) -> None:
    """The last checkpoint beside the key is itself signed."""
    keys, _ = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 3)
    path = keys.folder / f"{ORIGIN}.checkpoint"
    assert path.read_bytes() == (tmp_path / "ledger" / "checkpoint").read_bytes()
    path.write_bytes(b"x")
    with pytest.raises(MalformedError):
        append(tmp_path / "ledger", keys, 1)


def test_keys_need_exactly_their_random_bytes() -> None:
    """Randomness comes from the caller, and is never too little."""
    for seed_bytes in (b"", b"x" * 31, b"x" * 33):
        with pytest.raises(UsageError):
            SigningKey(ORIGIN, seed_bytes)


def test_statements_lead_to_the_key_as_it_is(tmp_path: Path) -> None:
    """They come oldest first; one towards a key that was never stored, as after a crash, is left out."""
    keys, _ = keys_in(tmp_path)
    assert keys.rotations(ORIGIN) == ()
    first = keys.rotate(SigningKey(ORIGIN, seed(2)))
    second = keys.rotate(SigningKey(ORIGIN, seed(3)))
    assert keys.rotations(ORIGIN) == (first, second)
    before = (tmp_path / f"{ORIGIN}.key").read_bytes()
    keys.rotate(SigningKey(ORIGIN, seed(4)))
    (tmp_path / f"{ORIGIN}.key").write_bytes(before)
    assert keys.rotations(ORIGIN) == (first, second)
    third = keys.rotate(SigningKey(ORIGIN, seed(5)))
    assert keys.rotations(ORIGIN) == (first, second, third)
