"""A witness signs only what continues what it has seen."""

from pathlib import Path

import pytest
from tests.unit.ledger.ledgers import ORIGIN, append, entry, keys_in, seed

from unseen.errors import LedgerBrokenError, MalformedError, StoreError
from unseen.ledger import (
    Checkpoint,
    KeyFolder,
    LedgerWriter,
    SigningKey,
    TileReader,
    VerifierKey,
    Witness,
    verify_ledger,
)
from unseen.ledger.merkle import consistency_proof
from unseen.ledger.note import KeyKind, Signature

NOW = 1_790_000_000


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """Somebody else, with a key of their own."""
    return Witness(tmp_path / "witness", SigningKey("witness.example", seed(50), KeyKind.COSIGNATURE_ED25519))


def ask(witness: Witness, folder: Path, public: VerifierKey) -> Signature:
    """Ask for a cosignature as a ledger's owner does: with the proof from what the witness saw last."""
    data = (folder / "checkpoint").read_bytes()
    size = verify_ledger(folder).checkpoint.size
    last = witness.last(ORIGIN)
    old = Checkpoint.parse(last.text).size if last else 0
    proof = consistency_proof(TileReader(folder, size), old, size) if old <= size else []
    return witness.cosign(data, proof, keys=[public], time_unix_s=NOW)


def test_a_growing_ledger_is_cosigned_and_the_cosignature_verifies(tmp_path: Path, witness: Witness) -> None:
    """Each step from the last one seen; the checkpoint then carries who saw it, and when."""
    keys, public = keys_in(tmp_path / "keys")
    for more in (3, 300, 0, 1):
        append(tmp_path / "ledger", keys, more)
        cosignature = ask(witness, tmp_path / "ledger", public)
        with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
            writer.attach(cosignature, witness.key.public)
    result = verify_ledger(tmp_path / "ledger", pinned=[public], witnesses=[witness.key.public])
    assert result.signed.by == (public, witness.key.public)
    assert result.signed.times_unix_s == (None, NOW)
    assert verify_ledger(tmp_path / "ledger", pinned=[public]).signed.unknown == 1


def test_another_history_of_the_same_ledger_is_not_cosigned(tmp_path: Path, witness: Witness) -> None:
    """Whoever holds the key can rewrite the ledger, but not make the witness forget."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 30)
    ask(witness, tmp_path / "ledger", public)
    for size in (30, 31, 64):
        rewritten, _ = keys_in(tmp_path / f"again-{size}")
        with LedgerWriter.open(tmp_path / f"fork-{size}", rewritten, ORIGIN) as writer:
            writer.append([entry(n, rewritten=1) for n in range(size)], start=0)
            writer.seal()
        with pytest.raises(LedgerBrokenError, match="does not begin with"):
            ask(witness, tmp_path / f"fork-{size}", public)
    append(tmp_path / "ledger", keys, 1)
    ask(witness, tmp_path / "ledger", public)


def test_a_smaller_ledger_is_not_cosigned(tmp_path: Path, witness: Witness) -> None:
    """Sizes only grow."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 5)
    old = (tmp_path / "ledger" / "checkpoint").read_bytes()
    append(tmp_path / "ledger", keys, 1)
    ask(witness, tmp_path / "ledger", public)
    with pytest.raises(LedgerBrokenError, match="shrunk from 6 entries to 5"):
        witness.cosign(old, [], keys=[public], time_unix_s=NOW)


def test_what_was_not_signed_by_the_ledger_is_not_cosigned(tmp_path: Path, witness: Witness) -> None:
    """Nor is anything that is no checkpoint, nor a proof towards what was never seen."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 5)
    data = (tmp_path / "ledger" / "checkpoint").read_bytes()
    with pytest.raises(LedgerBrokenError, match="none of the keys"):
        witness.cosign(data, [], keys=[SigningKey(ORIGIN, seed(9)).public], time_unix_s=NOW)
    with pytest.raises(MalformedError):
        witness.cosign(b"x", [], keys=[public], time_unix_s=NOW)
    with pytest.raises(LedgerBrokenError, match="never seen"):
        witness.cosign(data, [b"x" * 32], keys=[public], time_unix_s=NOW)
    assert witness.last(ORIGIN) is None


def test_what_cannot_be_remembered_is_not_signed(
    tmp_path: Path, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint is on disk before anybody holds the signature."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 5)
    signed: list[str] = []
    monkeypatch.setattr(SigningKey, "sign", lambda self, text, **_: signed.append(text))
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(StoreError, match="No space left"):
        ask(witness, tmp_path / "ledger", public)
    assert signed == []
    assert witness.last(ORIGIN) is None


def test_a_foreign_cosignature_is_not_attached(tmp_path: Path, witness: Witness) -> None:
    """Nothing is put on the checkpoint that does not hold there."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 5)
    old = ask(witness, tmp_path / "ledger", public)
    append(tmp_path / "ledger", keys, 1)
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        with pytest.raises(LedgerBrokenError, match="does not hold"):
            writer.attach(old, witness.key.public)
        with pytest.raises(LedgerBrokenError, match="is not of"):
            writer.attach(old, SigningKey("x", seed(1)).public)
    empty = KeyFolder(tmp_path / "keys-2")
    empty.make(SigningKey(ORIGIN, seed(1)))
    with (
        LedgerWriter.open(tmp_path / "ledger-2", empty, ORIGIN) as writer,
        pytest.raises(LedgerBrokenError, match="no checkpoint"),
    ):
        writer.attach(old, witness.key.public)
