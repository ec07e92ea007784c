"""Entries of lists in the store as matrices, in memory or in files without a name. Not here: how lists are kept."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, TypeVar, cast

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from unseen.model import Codes, Signal
from unseen.store.engine import Store, bulk_select
from unseen.store.lists import find_list
from unseen.store.schema import entries, lists

__all__ = ["ColumnChange", "load_changes", "load_codes"]

_Number = TypeVar("_Number", np.int64, np.uint8)


def load_codes(
    store: Store,
    names: Sequence[str],
    *,
    signals: Iterable[Signal] = tuple(Signal),
    readers: Mapping[str, Callable[[str], bytes]] | None = None,
    folder: Path | None = None,
) -> Iterator[Codes]:
    """Load the searchable entries of lists as matrices.

    Args:
        store: The store.
        names: Of the lists, in the order wanted.
        signals: Which of ours.
        readers: For each further signal, of a plugged-in hasher: turns a value as the list wrote it into bytes of
            one fixed size.
        folder: Where to put what is loaded, in files without a name, instead of into memory; None for memory.

    Yields:
        One `Codes` for each list and signal that occurs, signals in the order of `Signal`, then of `readers`.

    Raises:
        ListError: There is no such list.
    """
    with store.read() as connection:
        for name in names:
            list_class = find_list(connection, name).list_class
            list_id = connection.execute(select(lists.c.id).where(lists.c.name == name)).scalar_one()
            for signal in signals:
                rows, values = _load(connection, list_id, signal.value, None, folder)
                if len(rows):
                    yield Codes(name, list_class, signal.value, values, rows)
            for other, reader in (readers or {}).items():
                rows, values = _load(connection, list_id, other, reader, folder)
                if len(rows):
                    yield Codes(name, list_class, other, values, rows)


@dataclass(frozen=True, slots=True, eq=False)
class ColumnChange:
    """What became of the entries of one signal in one list.

    Attributes:
        signal: Name of the signal.
        values: uint8[n, size_bytes], of the entries that came.
        rows: int64[n], their keys.
        removed: int64[m], keys of the entries that went.
    """

    signal: str
    values: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int64]
    removed: npt.NDArray[np.int64]


def load_changes(store: Store, name: str, since: int) -> list[ColumnChange]:
    """Load what came to a list and went from it; reads no more rows than those, and one besides.

    Args:
        store: The store.
        name: Of the list.
        since: Number of the change after which the list was as the caller knows it.

    Returns:
        One for each of our signals of which anything came or went.

    Raises:
        ListError: There is no such list.
    """
    with store.read() as connection:
        list_id = find_list(connection, name).record
        # Without the signal: the index of withdrawn rows is short, that of a signal is as long as the list.
        of_list = entries.c.list_id == list_id, entries.c.withdrawn_n > since, entries.c.added_n <= since
        gone: dict[str, list[int]] = {}
        for number, signal in connection.execute(select(entries.c.id, entries.c.signal).where(*of_list)):
            gone.setdefault(signal, []).append(number)
        changes = [_load_change(connection, list_id, one, since, gone.get(one, [])) for one in Signal]
        return [one for one in changes if len(one.rows) or len(one.removed)]


def _load_change(connection: Connection, list_id: int, signal: Signal, since: int, gone: Sequence[int]) -> ColumnChange:
    of_signal = entries.c.list_id == list_id, entries.c.signal == signal.value
    columns = entries.c.id, entries.c.value, entries.c.added_n, entries.c.withdrawn_n
    # Rows only ever come at the end.
    newest_first = select(*columns).where(*of_signal).order_by(entries.c.id.desc())
    rows, values = array("q"), bytearray()
    for some in bulk_select(connection, newest_first):
        is_new = [row for row in some if row[2] > since]
        for number, value, _, withdrawn in is_new:
            if withdrawn is None:
                rows.append(number)
                values += value
        if len(is_new) < len(some):
            break
    return ColumnChange(
        signal.value,
        np.frombuffer(bytes(values), np.uint8).reshape(-1, signal.size_bytes),
        np.array(rows, np.int64),
        np.array(gone, np.int64),
    )


def _load(
    connection: Connection,
    list_id: int,
    signal: str,
    reader: Callable[[str], bytes] | None,
    folder: Path | None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    query = (
        select(entries.c.id, entries.c.value)
        .where(entries.c.list_id == list_id, entries.c.signal == signal, entries.c.withdrawn_n.is_(None))
        .order_by(entries.c.id)
    )
    with ExitStack() as stack:
        rows, values = (stack.enter_context(_room(folder)) for _ in range(2))
        count = 0
        for found in bulk_select(connection, query):
            ids, blobs = zip(*found, strict=True)
            rows.write(array("q", ids))
            values.write(b"".join(blobs if reader is None else (reader(blob.decode()) for blob in blobs)))
            count += len(ids)
        if not count:
            return np.empty(0, np.int64), np.empty((0, 0), np.uint8)
        return _content(rows, np.int64), _content(values, np.uint8).reshape(count, -1)


def _room(folder: Path | None) -> BinaryIO:
    return BytesIO() if folder is None else cast("BinaryIO", TemporaryFile(dir=folder))


def _content(room: BinaryIO, dtype: type[_Number]) -> npt.NDArray[_Number]:
    """What was written there: where it lies, without a copy. A mapping outlives the file that it maps."""
    if isinstance(room, BytesIO):
        return np.frombuffer(room.getvalue(), dtype)
    room.flush()
    return np.memmap(room, dtype, mode="r")
