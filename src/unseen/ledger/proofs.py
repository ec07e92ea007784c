"""Proof that one entry is in a ledger, as one text that stands alone (C2SP tlog-proof)."""

from collections.abc import Iterable
from dataclasses import dataclass

from unseen.errors import LedgerBrokenError, MalformedError
from unseen.ledger.checkpoint import Checkpoint, verify_signatures
from unseen.ledger.merkle import HASH_BYTES, inclusion_proof, leaf_hash, verify_inclusion
from unseen.ledger.note import NOTE_BYTES_MAX, Malformed, Note, VerifierKey, from_base64, to_base64
from unseen.ledger.tiles import TileReader

__all__ = ["Proof", "prove"]

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
# A path has one hash for each level of the tree, and sizes stay below 2^53.
_HASHES_MAX = 53


@dataclass(frozen=True, slots=True)
class Proof:
    """Where an entry stands, the hashes that lead from it to the root, and the signed checkpoint with that root."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Note
    extra: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> "Proof":
        """Read a proof, strictly: printing it gives the same bytes.

        Raises:
            MalformedError: With a reason of `Malformed`.
        """
        if len(data) > NOTE_BYTES_MAX:
            raise MalformedError("proof", Malformed.TOO_LONG)
        above, _, below = data.partition(b"\n\n")
        try:
            lines = above.decode().split("\n")
        except UnicodeDecodeError as error:
            raise MalformedError("proof", Malformed.NOT_UTF8) from error
        if lines.pop(0) != _FIRST_LINE:
            raise MalformedError("proof", Malformed.FIRST_LINE)
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0).removeprefix("extra "), "proof")
        word, _, number = lines.pop(0).partition(" ") if lines else ("", "", "")
        plain = number.isascii() and number.isdecimal() and len(number) <= 16 and str(int(number)) == number
        if word != "index" or not plain:
            raise MalformedError("proof", Malformed.INDEX)
        hashes = tuple(from_base64(line, "proof") for line in lines)
        if len(hashes) > _HASHES_MAX or any(len(one) != HASH_BYTES for one in hashes):
            raise MalformedError("proof", Malformed.PROOF_LENGTH)
        found = cls(int(number), hashes, Note.parse(below, "checkpoint"), extra)
        if found.to_bytes() != data:
            raise MalformedError("proof", Malformed.BASE64)
        return found

    def to_bytes(self) -> bytes:
        """The proof as it is stored, in a file that ends in `.tlog-proof`."""
        lines = [_FIRST_LINE]
        lines += [f"extra {to_base64(self.extra)}"] if self.extra else []
        lines += [f"index {self.index}", *map(to_base64, self.hashes), "", ""]
        return "\n".join(lines).encode() + self.checkpoint.to_bytes()

    def verify(self, entry: bytes, keys: Iterable[VerifierKey]) -> Checkpoint:
        """Check that an entry is in the ledger that one of the keys signed; returns its head.

        Raises:
            LedgerBrokenError: It is not, or none of the keys signed.
        """
        head = Checkpoint.parse(self.checkpoint.text)
        if not verify_signatures(self.checkpoint, keys).by:
            raise LedgerBrokenError("the checkpoint is signed by none of the given keys", index=self.index)
        verify_inclusion(leaf_hash(entry), self.index, head.size, self.hashes, head.root)
        return head


def prove(reader: TileReader, checkpoint: Note, index: int) -> Proof:
    """Make the proof of one entry from a ledger's files, checked before it is handed out.

    Args:
        reader: Reads the tree of exactly the size that the checkpoint states.
        checkpoint: Whose signatures the reader of the proof will check.
        index: Which entry.

    Raises:
        UsageError: There is no such entry.
        LedgerBrokenError: The files do not lead to the root.
    """
    head = Checkpoint.parse(checkpoint.text)
    hashes = tuple(inclusion_proof(reader, index, head.size))
    verify_inclusion(reader.node(0, index), index, head.size, hashes, head.root)
    return Proof(index, hashes, checkpoint)
