"""`unseen witness`: only what continues the last that was seen is cosigned, and nothing before it is remembered."""

from pathlib import Path

import pytest
from tests.unit.ledger.ledgers import ORIGIN, append, entry, keys_in, seed

from unseen.casework.proof.witnessing import Cosigned, ask_witness, witness
from unseen.errors import LedgerBrokenError, MalformedError, StoreError, UsageError
from unseen.ledger import Checkpoint, KeyFolder, LedgerWriter, Note, SigningKey, VerifierKey, Witness
from unseen.ledger.checkpoint import verify_signatures
from unseen.ledger.note import KeyKind


def cosign(place: Path, ledger: str = "ledger", *, key: VerifierKey | None = None) -> Cosigned:
    """Have a ledger cosigned by the witness of a place, into the file `cosigned`."""
    given = None if key is None else str(key)
    return witness(str(place / ledger), state=str(place / "state"), key=given, out=str(place / "cosigned"))


def seen(place: Path) -> int:
    """Size of the last checkpoint that the witness remembers."""
    unused = SigningKey("reader", seed(9), KeyKind.COSIGNATURE_ED25519)
    last = Witness(place / "state", unused).last(ORIGIN)
    return 0 if last is None else Checkpoint.parse(last.text).size


def test_what_grows_is_cosigned_and_verifies(tmp_path: Path) -> None:
    """The file written holds the ledger's signature and the witness's; both verify."""
    keys, public = keys_in(tmp_path / "keys")
    for before, more in ((None, 3), (3, 300), (303, 0)):
        append(tmp_path / "ledger", keys, more)
        made = cosign(tmp_path, key=public)
        assert (made.seen_size, made.size, made.is_pinned) == (before, (before or 0) + more, True)
        note = Note.parse((tmp_path / "cosigned").read_bytes())
        by = VerifierKey.parse(made.witness)
        assert by.kind == KeyKind.COSIGNATURE_ED25519
        signed = verify_signatures(note, [public, by])
        assert (signed.by, signed.times_unix_s) == ((public, by), (None, made.at_unix_s))
        assert seen(tmp_path) == made.size


def test_another_history_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    """Whoever holds the key can rewrite the ledger, but gets no cosignature, and the witness forgets nothing."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 30)
    cosign(tmp_path, key=public)
    (tmp_path / "cosigned").unlink()
    for size in (30, 31, 64):
        again, _ = keys_in(tmp_path / f"again-{size}")
        with LedgerWriter.open(tmp_path / f"fork-{size}", again, ORIGIN) as writer:
            writer.append([entry(n, rewritten=1) for n in range(size)], start=0)
            writer.seal()
        with pytest.raises(LedgerBrokenError, match="the first 30 entries are not those"):
            cosign(tmp_path, f"fork-{size}")
        assert not (tmp_path / "cosigned").exists()
        assert seen(tmp_path) == 30


def test_what_is_seen_is_remembered_before_anybody_has_the_cosignature(tmp_path: Path) -> None:
    """What cannot be delivered is remembered all the same; what cannot be remembered is not cosigned."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 5)
    (tmp_path / "cosigned").mkdir()
    with pytest.raises(StoreError, match="cosigned"):
        cosign(tmp_path, key=public)
    assert seen(tmp_path) == 5
    (tmp_path / "cosigned").rmdir()
    append(tmp_path / "ledger", keys, 1)
    (remembered,) = (tmp_path / "state").glob("*.checkpoint")
    # The new state is written beside the old one first; a folder in its place makes that fail.
    (tmp_path / "state" / f".{remembered.name}.new").mkdir()
    with pytest.raises(StoreError, match="checkpoint"):
        cosign(tmp_path)
    assert not (tmp_path / "cosigned").exists()
    assert seen(tmp_path) == 5


def test_the_key_of_the_first_time_is_held_to(tmp_path: Path) -> None:
    """Another key that signs the very same entries under the same name is refused, also with the key of it given."""
    keys, _ = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 5)
    assert not cosign(tmp_path).is_pinned
    assert cosign(tmp_path).is_pinned
    thief, stolen = keys_in(tmp_path / "thief", 2)
    append(tmp_path / "copy", thief, 6)
    for given in (None, stolen):
        with pytest.raises(LedgerBrokenError, match="not signed by the pinned key"):
            cosign(tmp_path, "copy", key=given)
    with pytest.raises(LedgerBrokenError, match="not signed by the key that was given"):
        cosign(tmp_path, key=stolen)


def test_a_key_that_was_handed_over_to_is_followed(tmp_path: Path) -> None:
    """A rotation on record leads the witness from the key it knows to the next."""
    keys, old = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 5)
    cosign(tmp_path, key=old)
    statement = keys.rotate(SigningKey(ORIGIN, seed(3))).decode()
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        writer.append([entry(5, type="key_rotated", statement=statement)], start=5)
        writer.seal()
    new = KeyFolder(tmp_path / "keys").load(ORIGIN)
    assert new is not None
    for given in (None, old, new.public):
        assert cosign(tmp_path, key=given).key == str(new.public)


def ask(place: Path, since: int, ledger: str = "ledger") -> str:
    """Write a request into the file `request`."""
    (place / "request").unlink(missing_ok=True)
    ask_witness(str(place / ledger), since=since, out=str(place / "request"))
    return "request"


def test_a_lone_checkpoint_is_cosigned_by_its_proof(tmp_path: Path) -> None:
    """Every size leads to the next by a request alone, also after the whole ledger was seen."""
    keys, public = keys_in(tmp_path / "keys")
    before = 0
    for more in (1, 2, 61, 0, 200, 3):
        append(tmp_path / "ledger", keys, more)
        made = cosign(tmp_path, ask(tmp_path, before), key=public)
        assert (made.size, made.seen_size or 0) == (before + more, before)
        by = VerifierKey.parse(made.witness)
        assert verify_signatures(Note.parse((tmp_path / "cosigned").read_bytes()), [public, by]).by == (public, by)
        before += more
        assert seen(tmp_path) == before
    append(tmp_path / "ledger", keys, 5)
    cosign(tmp_path)
    append(tmp_path / "ledger", keys, 5)
    assert cosign(tmp_path, ask(tmp_path, before + 5)).seen_size == before + 5


def test_a_lone_checkpoint_of_another_history_is_refused(tmp_path: Path) -> None:
    """A fork, an older state, a proof from elsewhere, somebody else's key: nothing of it is remembered."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 30)
    with pytest.raises(UsageError, match="comes without its key"):
        cosign(tmp_path, ask(tmp_path, 0))
    cosign(tmp_path, ask(tmp_path, 0), key=public)
    again, _ = keys_in(tmp_path / "again")
    with LedgerWriter.open(tmp_path / "fork", again, ORIGIN) as writer:
        writer.append([entry(n, rewritten=1) for n in range(40)], start=0)
        writer.seal()
    with pytest.raises(LedgerBrokenError):
        cosign(tmp_path, ask(tmp_path, 30, "fork"))
    append(tmp_path / "ledger", keys, 10)
    with pytest.raises(StoreError, match="begins at 7 entries, this witness has seen 30") as caught:
        cosign(tmp_path, ask(tmp_path, 7))
    assert "--since 30" in caught.value.hint
    thief, stolen = keys_in(tmp_path / "thief", 2)
    append(tmp_path / "copy", thief, 40)
    with pytest.raises(LedgerBrokenError, match="not signed by the key that is known here"):
        cosign(tmp_path, ask(tmp_path, 30, "copy"))
    with pytest.raises(LedgerBrokenError, match="known by another key"):
        cosign(tmp_path, ask(tmp_path, 30, "copy"), key=stolen)
    request = ask(tmp_path, 30)
    whole = (tmp_path / request).read_bytes()
    for bad in (
        whole[1:],
        whole.replace(b"old 30", b"old 030"),
        whole.replace(b"\n\n", b"\nAAAA\n\n", 1),
        whole.split(b"\n\n")[0],
        b"",
    ):
        (tmp_path / request).write_bytes(bad)
        with pytest.raises((MalformedError, LedgerBrokenError)):
            cosign(tmp_path, request)
    assert seen(tmp_path) == 30
    with pytest.raises(UsageError, match="says to have seen 41"):
        ask(tmp_path, 41)


def test_a_key_followed_in_the_whole_ledger_is_taken_alone_afterwards(tmp_path: Path) -> None:
    """A lone checkpoint holds no record of a change of keys; once the whole was seen, the new key may be given."""
    keys, old = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 5)
    cosign(tmp_path, ask(tmp_path, 0), key=old)
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        statement = writer.rotate(SigningKey(ORIGIN, seed(3))).decode()
        writer.append([entry(5, type="key_rotated", statement=statement)], start=5)
        writer.seal()
        new = writer.key
    for given in (None, new):
        with pytest.raises(LedgerBrokenError):
            cosign(tmp_path, ask(tmp_path, 5), key=given)
    cosign(tmp_path)
    append(tmp_path / "ledger", keys, 2)
    assert cosign(tmp_path, ask(tmp_path, 6), key=new).size == 8


def test_sealing_again_keeps_cosignatures(tmp_path: Path) -> None:
    """Whoever seals with nothing new leaves the checkpoint as it is, with every name below it."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 5)
    cosign(tmp_path, key=public)
    (tmp_path / "cosigned").replace(tmp_path / "ledger" / "checkpoint")
    before = (tmp_path / "ledger" / "checkpoint").read_bytes()
    assert before.count("\u2014".encode()) == 2
    append(tmp_path / "ledger", keys, 0)
    assert (tmp_path / "ledger" / "checkpoint").read_bytes() == before
