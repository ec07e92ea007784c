"""Which items come near anything in some columns: a first look, exact in that it misses none, over very many items.

The index is built over what changed in the lists, which is little; what a store holds streams through it.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt

from unseen.casework.hashing import worker_count
from unseen.hashing.plugin import Hasher
from unseen.matching import DigestTable, Index, StoredColumn
from unseen.model import Codes, Signal
from unseen.store import Held

__all__ = ["Sieve"]

Values = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_DIGESTS = (Signal.MD5, Signal.SHA1, Signal.SHA256)
_PERCEPTUAL = (Signal.PDQ, Signal.VPDQ)
# Three bytes of a digest: sixteen megabytes of marks, of which a hundred thousand entries set one in 160.
_MARKED_BYTES = 3


class Sieve:
    """Columns of lists, and which items come near them.

    Attributes:
        signals: Of which hashes are looked at.
        is_empty: Whether nothing can come near.
    """

    def __init__(
        self, columns: Sequence[Codes | StoredColumn], *, threshold_bits: int, hashers: Sequence[Hasher] = ()
    ) -> None:
        """Build the search over these columns.

        Raises:
            ThresholdError: `threshold_bits` is outside 0 … 64.
        """
        held = [column for column in columns if isinstance(column, Codes)]
        codes = [column.values for column in held if column.signal in _PERCEPTUAL]
        # A frame of a known video and a known picture are found alike: one search instead of two.
        self._index = Index.build(iter(codes), threshold_bits=threshold_bits) if codes else None
        self._tables = {
            signal: _MarkedTable(np.concatenate(values))
            for signal in _DIGESTS
            if (values := [column.values for column in held if column.signal == signal])
        }
        self._stored = [column for column in columns if isinstance(column, StoredColumn)]
        self._hashers = [
            (hasher, np.concatenate(values))
            for hasher in hashers
            if (values := [column.values for column in held if column.signal == hasher.signal])
        ]
        # Searches let go of Python's lock: every core takes its share.
        self._pool_size = worker_count()
        self._pool = ThreadPoolExecutor(self._pool_size)
        signals = {column.signal for column in columns}
        self.is_empty = not signals
        self.signals = [signal.value for signal in _DIGESTS if signal in signals]
        self.signals += [Signal.PDQ.value] if signals & set(_PERCEPTUAL) else []

    def pass_through(self, held: Held) -> set[int]:
        """Give the numbers of items that come near anything."""
        near: list[Numbers] = []
        if self._index is not None:
            near += self._pool.map(partial(_search, self._index), *_shares(held, self._pool_size))
        for signal, table in self._tables.items():
            values, numbers = held.digests[signal]
            near.append(numbers[table.find(values)])
        for column in self._stored:
            if column.signal in _PERCEPTUAL:
                near += self._pool.map(partial(_search, column), *_shares(held, self._pool_size))
            else:
                near.append(_search(column, *held.digests[Signal(column.signal)]))
        found = {int(number) for numbers in near for number in np.unique(numbers)}
        return found | {
            number
            for number, signal, value in held.plugged_in
            for hasher, values in self._hashers
            if hasher.signal == signal and np.any(np.asarray(hasher.distances(value, values)) <= hasher.threshold)
        }


def _shares(held: Held, count: int) -> tuple[list[Values], list[Numbers]]:
    return np.array_split(held.pdqs, count), np.array_split(held.pdq_items, count)


def _search(column: Index | StoredColumn, values: Values, numbers: Numbers) -> Numbers:
    """The items of those values that come near anything."""
    found: Numbers = numbers[column.search(values)[0]] if len(values) else numbers[:0]
    return found


class _MarkedTable:
    """Digests, with a mark for the first bytes of each: a look at one byte spares nearly every search."""

    def __init__(self, digests: npt.NDArray[np.uint8]) -> None:
        self._table = DigestTable.build(digests)
        self._marks = np.zeros(1 << 8 * _MARKED_BYTES, bool)
        self._marks[_first_bytes(digests)] = True

    def find(self, digests: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Positions of those that are in the table."""
        maybe = np.flatnonzero(self._marks[_first_bytes(digests)])
        return maybe[np.unique(self._table.search(digests[maybe])[0])]


def _first_bytes(digests: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    first = digests[:, :_MARKED_BYTES].astype(np.int64)
    return first[:, 0] << 16 | first[:, 1] << 8 | first[:, 2]
