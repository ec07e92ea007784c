"""Where the ledger of a store stood when a scan had ended: what a report can state and a verifier can hold it to."""

import json

from unseen.ledger import Checkpoint, leaf_hash
from unseen.ledger.merkle import Frontier
from unseen.model.report import Checkpoint as Stated
from unseen.store import Store, entries_of_type, read_entries, read_entry

__all__ = ["standing_at_end"]


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
