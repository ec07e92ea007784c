"""Where the ledger of a store stood when a scan had ended, and whether the store is older than what was signed."""

import json
from contextlib import suppress

from unseen.casework.proof.places import LEDGER_FOLDER, key_folder
from unseen.errors import SigningKeyError, UsageError
from unseen.ledger import Checkpoint, KeyFolder, leaf_hash
from unseen.ledger.merkle import Frontier
from unseen.ledger.note import NOTE_BYTES_MAX, Note
from unseen.ledger.tiles import CHECKPOINT_NAME, read_limited
from unseen.model.report import Checkpoint as Stated
from unseen.store import Store, count_entries, entries_of_type, read_entries, read_entry

__all__ = ["count_missing", "signed_size", "standing_at_end"]


def standing_at_end(store: Store, scan_id: int) -> Stated | None:
    """Say which records stood in the ledger when a scan had ended, and to which root they lead.

    Not the newest checkpoint: that one changes with every record, the one of the report itself included, and two
    reports of one scan would differ. The root is made from the records, so that it needs no file beside them.

    Returns:
        The text of that checkpoint, its size and the key that the ledger began with; None where the store keeps no
        ledger, or the scan's end is not in it.
    """
    first = read_entry(store, 0)
    with store.read() as connection:
        ends = [json.loads(entry) for entry in entries_of_type(connection, "scan_finished")]
    size = next((int(end["n"]) + 1 for end in ends if end["scan"] == scan_id), 0)
    if first is None or not size:
        return None
    begun, frontier = json.loads(first), Frontier()
    for entry in read_entries(store, 0, size):
        frontier.append(leaf_hash(entry))
    return Stated(note=str(Checkpoint(begun["origin"], size, frontier.root())), size=size, public_key=begun["key"])


def count_missing(store: Store) -> int:
    """How many records were signed on this machine, or lie signed beside the store, and are not in it.

    By the memory beside the signing key, which no copy of a store brings back. What was written before the copy was
    made is there, and verifies; what came after it, whole cases too, is gone and nothing in the store says so.

    Raises:
        VerificationError: What was signed cannot be read any more.
        StoreError: The store cannot be read.
    """
    signed = signed_size(store)
    remembered = 0
    first = read_entry(store, 0)
    if first is not None:
        # A key that does not lie here remembers nothing.
        with suppress(SigningKeyError, UsageError):
            last = KeyFolder(key_folder()).last_seen(str(json.loads(first)["origin"]))
            remembered = 0 if last is None else Checkpoint.parse(last.text).size
    # After what was signed: somebody may be writing.
    return max(0, max(signed, remembered) - count_entries(store))


def signed_size(store: Store) -> int:
    """How many entries the checkpoint beside the records covers; 0 where there is none.

    Raises:
        VerificationError: It was altered.
        StoreError: It cannot be read.
    """
    data = read_limited(store.path / LEDGER_FOLDER / CHECKPOINT_NAME, NOTE_BYTES_MAX)
    return 0 if data is None else Checkpoint.parse(Note.parse(data, "checkpoint").text).size
