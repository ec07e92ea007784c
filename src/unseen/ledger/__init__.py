"""The ledger: entries in an RFC 6962 tree, tiles on disk, signed checkpoints, proofs, and who checks them.

Pure mechanism over bytes, files and keys: what the entries say, and the SQL they stand beside, are not its business.
Everything is imported when it is first used, so that the checker never loads the writer.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unseen.ledger.bundle import write_bundle
    from unseen.ledger.canonical import Json, commitment
    from unseen.ledger.checkpoint import Checkpoint
    from unseen.ledger.keys import KeyFolder, SigningKey
    from unseen.ledger.merkle import leaf_hash
    from unseen.ledger.note import Note, VerifierKey
    from unseen.ledger.proofs import Proof, prove
    from unseen.ledger.tiles import TileReader
    from unseen.ledger.verify import Verified, verify_ledger
    from unseen.ledger.witness import Witness
    from unseen.ledger.writer import LedgerWriter

__all__ = [
    "Checkpoint",
    "Json",
    "KeyFolder",
    "LedgerWriter",
    "Note",
    "Proof",
    "SigningKey",
    "TileReader",
    "Verified",
    "VerifierKey",
    "Witness",
    "commitment",
    "leaf_hash",
    "prove",
    "verify_ledger",
    "write_bundle",
]

_HOMES = {
    "Checkpoint": "checkpoint",
    "Json": "canonical",
    "KeyFolder": "keys",
    "LedgerWriter": "writer",
    "Note": "note",
    "Proof": "proofs",
    "SigningKey": "keys",
    "TileReader": "tiles",
    "Verified": "verify",
    "VerifierKey": "note",
    "Witness": "witness",
    "commitment": "canonical",
    "leaf_hash": "merkle",
    "prove": "proofs",
    "verify_ledger": "verify",
    "write_bundle": "bundle",
}


def __getattr__(name: str) -> object:
    """Import what is asked for from the module it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    """The names that are offered."""
    return __all__
