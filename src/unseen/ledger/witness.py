"""A witness: somebody else, who signs a checkpoint only if it continues the last one that they saw.

One folder: a file for each ledger watched, holding the last checkpoint that was cosigned. A witness learns a size and a
root, nothing about entries.
"""

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from unseen.errors import LedgerBrokenError, StoreError
from unseen.ledger.checkpoint import Checkpoint, verify_signatures
from unseen.ledger.keys import SigningKey
from unseen.ledger.merkle import verify_consistency
from unseen.ledger.note import NOTE_BYTES_MAX, Note, Signature, VerifierKey
from unseen.ledger.tiles import read_limited, sync_folder, write_whole

__all__ = ["Witness"]


@dataclass(frozen=True, slots=True)
class Witness:
    """Cosigns under one key (kind 0x04), remembering each ledger's last checkpoint in a folder."""

    folder: Path
    key: SigningKey

    def last(self, origin: str) -> Note | None:
        """The last checkpoint of a ledger that was cosigned here: proofs of consistency begin at its size."""
        data = read_limited(self._path(origin), NOTE_BYTES_MAX)
        return None if data is None else Note.parse(data, "last checkpoint seen")

    def cosign(
        self, checkpoint: bytes, proof: Sequence[bytes], *, keys: Sequence[VerifierKey], time_unix_s: int
    ) -> Signature:
        """Cosign a checkpoint that continues the last one seen. It is on disk before anybody holds the signature.

        Args:
            checkpoint: The signed note.
            proof: The consistency proof from the size of `last` to this one; empty for a ledger never seen before.
            keys: The public keys that this ledger may be signed with.
            time_unix_s: Now, in seconds since 1970.

        Raises:
            LedgerBrokenError: None of the keys signed, or it does not continue what was seen: smaller, or altered.
            MalformedError: It is not a checkpoint.
            StoreError: It cannot be remembered, and so is not signed.
        """
        note = Note.parse(checkpoint, "checkpoint")
        head = Checkpoint.parse(note.text)
        if not verify_signatures(note, keys).by:
            raise LedgerBrokenError(
                f"the checkpoint of {head.origin} is signed by none of the keys it may be signed by"
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            # Two requests at once could otherwise both continue the same older checkpoint, differently.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            last = self.last(head.origin)
            if last is not None:
                seen = Checkpoint.parse(last.text)
                verify_consistency((seen.size, seen.root), (head.size, head.root), proof)
            elif proof:
                raise LedgerBrokenError(f"{head.origin} was never seen here: a first checkpoint comes without proof")
            write_whole(self._path(head.origin), note.to_bytes())
            sync_folder(self.folder)
        except OSError as error:
            raise StoreError(f"cannot lock {self.folder}: {error.strerror}") from error
        finally:
            os.close(descriptor)
        return self.key.sign(note.text, time_unix_s=time_unix_s)

    def _path(self, origin: str) -> Path:
        # Origins of other people's ledgers may hold anything; a file name may not.
        return self.folder / f"{sha256(origin.encode()).hexdigest()}.checkpoint"
