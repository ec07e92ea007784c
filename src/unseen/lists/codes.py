"""A list from a file for one run, ready to be searched, without a store."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from unseen.lists.reading import ListFile
from unseen.model import Codes, ListClass, Signal

__all__ = ["FileCodes", "read_codes"]


@dataclass(frozen=True, slots=True, eq=False)
class FileCodes:
    """All of a list's file that a search needs.

    Attributes:
        codes: One for each searchable signal that occurs.
        names: Identifier of each row, by row number from `first_row`.
        first_row: Number of the first row.
        sha256: Digest of the file.
        by_signal: Number of entries of each signal, those not searchable included.
    """

    codes: tuple[Codes, ...]
    names: tuple[str, ...]
    first_row: int
    sha256: bytes
    by_signal: Counter[str]


def read_codes(
    file: ListFile,
    *,
    name: str,
    list_class: ListClass,
    first_row: int = 0,
    readers: Mapping[str, Callable[[str], bytes]] | None = None,
) -> FileCodes:
    """Read a list whole into memory: about 150 bytes for each entry.

    Entries that say the same twice are both kept: they cannot change a match, only the count.

    Args:
        file: The list, not yet read.
        name: Its name in matches.
        list_class: What it is for.
        first_row: Rows are numbered from here on, so that several lists can share one range of numbers.
        readers: For each further signal, of a plugged-in hasher: turns a value as the list wrote it into bytes of
            one fixed size.

    Raises:
        ListError: As of `ListFile.entries`.
    """
    values: dict[str, bytearray] = {}
    rows: dict[str, list[int]] = {}
    names: list[str] = []
    by_signal: Counter[str] = Counter()
    for entry in file.entries(is_strict=True):
        by_signal[entry.signal] += 1
        reader = readers.get(entry.signal) if readers else None
        if entry.is_searchable or reader is not None:
            value = entry.value if reader is None else reader(entry.value.decode())
            values.setdefault(entry.signal, bytearray()).extend(value)
            rows.setdefault(entry.signal, []).append(first_row + len(names))
            names.append(entry.entry)
    codes = tuple(
        _freeze(name, list_class, signal, values[signal], rows[signal]) for signal in sorted(values, key=_order)
    )
    return FileCodes(codes, tuple(names), first_row, file.sha256, by_signal)


def _order(signal: str) -> tuple[int, str]:
    ours = [each.value for each in Signal]
    return (ours.index(signal) if signal in ours else len(ours)), signal


def _freeze(name: str, list_class: ListClass, signal: str, values: bytearray, rows: list[int]) -> Codes:
    matrix = np.frombuffer(bytes(values), dtype=np.uint8).reshape(len(rows), -1)
    return Codes(name, list_class, signal, matrix, np.asarray(rows, dtype=np.int64))
