"""What of the lists some item has not been compared with yet: new to the list, or new to count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from unseen.casework.known.loading import KnownMaterial
from unseen.matching import StoredColumn
from unseen.model import Codes, Signal
from unseen.store import Compared, ListInfo, Store, compared, load_changes, touched_entries

__all__ = ["Basis", "Comparing", "changed_columns", "find_basis"]

# By name of the list: the number of the record up to which all items were compared with it. 0: not at all.
Basis = Mapping[str, int]

# Beyond this a list is searched by its own index rather than by one of what is new: bounded memory, and no slower.
_ENTRIES_HELD_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Comparing:
    """How a comparison to come is made.

    Attributes:
        threshold_bits: Largest distance that counts.
        version: Of the program.
        signals: Of hashers that are plugged in.
        policies: By name of a list, the number of the record of its policy; the default holds for the others.
    """

    threshold_bits: int
    version: str
    signals: frozenset[str]
    policies: Mapping[str, int] = field(default_factory=dict)


def find_basis(store: Store, infos: Sequence[ListInfo], how: Comparing) -> Basis:
    """Say of each list up to which record everything that is held was compared with it.

    A comparison counts where nothing about it was less than what is to come: the same version of the program, no
    smaller threshold, the same policy, and every hasher that is plugged in now.
    """
    all_of = compared(store)
    counted = [
        one
        for one in all_of
        if one.version == how.version and one.threshold_bits >= how.threshold_bits and one.signals >= how.signals
    ]
    scans = [one for one in all_of if not one.is_recheck]
    basis = {}
    for info in infos:
        policy = how.policies.get(info.name)
        reached = (
            max((_covered_to(one, info.record, policy) for one in counted if _covers(one, scan)), default=0)
            for scan in scans
        )
        basis[info.name] = min(reached, default=0)
    return basis


def _covered_to(one: Compared, record: int, policy: int | None) -> int:
    """Up to which record a comparison knew a list; 0 where it did not, or weighed it otherwise."""
    number, then = one.lists.get(record, (0, None))
    return number if then == policy else 0


def _covers(one: Compared, scan: Compared) -> bool:
    """Whether all items of a scan were compared: by itself, or by a recheck after it."""
    return one is scan or (one.is_recheck and scan.scan_id < one.scan_id and scan.scan_id not in one.unfinished)


def changed_columns(
    store: Store, known: KnownMaterial, infos: Sequence[ListInfo], basis: Basis
) -> list[Codes | StoredColumn]:
    """Everything that some item has not been compared with: what is near none of it matches as it did.

    Args:
        store: The store.
        known: All lists, loaded.
        infos: Of the lists.
        basis: As `find_basis` gives it.

    Returns:
        Columns of the lists as they are now, or of what changed in them since.
    """
    columns: list[Codes | StoredColumn] = []
    for info in infos:
        whole = [column for column in known.columns if column.list == info.name]
        since = basis[info.name]
        changed = None if since < info.record else _changed(store, info, since)
        if changed is None or sum(len(codes.rows) for codes in changed) > _ENTRIES_HELD_MAX:
            columns += whole
        else:
            columns += changed
            # What only plugged-in hashers compare is short, and loaded as it is.
            columns += [one for one in whole if since < info.version and one.signal not in set(Signal)]
    return columns


def _changed(store: Store, info: ListInfo, since: int) -> list[Codes]:
    found = touched_entries(store, info.name, since)
    for change in load_changes(store, info.name, since):
        rows = found.setdefault(change.signal, {})
        rows.update(zip(change.rows.tolist(), map(bytes, change.values), strict=True))
    return [_codes(info, signal, found[signal.value]) for signal in Signal if found.get(signal.value)]


def _codes(info: ListInfo, signal: Signal, rows: Mapping[int, bytes]) -> Codes:
    values = np.frombuffer(b"".join(rows.values()), np.uint8).reshape(len(rows), signal.size_bytes)
    return Codes(info.name, info.list_class, signal.value, values, np.fromiter(rows, np.int64, len(rows)))
