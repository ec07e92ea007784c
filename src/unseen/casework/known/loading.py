"""Lists as a search wants them: those of the store by name, and those in files for one run."""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from unseen.casework.known.indexing import Indexing, open_lists
from unseen.errors import IndexFileError, ListError
from unseen.hashing.known_files import DigestFile
from unseen.hashing.plugin import Hasher
from unseen.lists import FileCodes, ListFile, ListFormat, read_codes
from unseen.matching import Aims, Matcher, Near, StoredColumn, check_threshold
from unseen.model import Altered, Codes, ListClass, ListPolicy, Mark, Signal, Terms
from unseen.store import (
    ListInfo,
    Store,
    describe_entries,
    has_entry,
    list_lists,
    load_codes,
    name_entries,
    read_account,
    read_policies,
)

__all__ = ["KnownMaterial", "load_known"]

# Rows of entries in the store are counted from 1; those of files from here on, so that one number names one entry.
_FILE_ROWS_FROM = 1 << 40
_READING = Indexing()
_DIGEST_BYTES = {signal.value: signal.size_bytes for signal in (Signal.MD5, Signal.SHA1, Signal.SHA256)}


@dataclass(slots=True)
class KnownMaterial:
    """All lists of one run.

    Attributes:
        store: Holds the stored ones; None where all lists are files.
        columns: One for each list and searchable signal.
        lists: Name, SHA-256 and class of each list, in the order given.
        entries: For each of `lists`, the number of entries of each signal, those not searchable included.
        records: For each of `lists`, the numbers of the record that took it into the store, and of that of its newest
            change; None for a file.
        policies: Of the lists for which somebody set one, by name: the number of its record, and the policy.
        entries_searchable: Entries that this program can search for.
        entries_not_searchable: Entries of signals that it does not compute.
    """

    store: Store | None
    columns: list[Codes | StoredColumn] = field(default_factory=list)
    lists: list[tuple[str, bytes, ListClass]] = field(default_factory=list)
    entries: list[Mapping[str, int]] = field(default_factory=list)
    records: list[tuple[int, int] | None] = field(default_factory=list)
    policies: dict[str, tuple[int, ListPolicy]] = field(default_factory=dict)
    entries_searchable: int = 0
    entries_not_searchable: int = 0
    _files: list[FileCodes] = field(default_factory=list)

    def name_entries(self, rows: Sequence[int]) -> Mapping[int, str]:
        """The identifiers of entries, by row."""
        # Whoever takes a list out of the store while it is being searched must not make a match vanish.
        names = {row: f"row {row}" for row in rows}
        if self.store is not None:
            names.update(name_entries(self.store, [row for row in rows if row < _FILE_ROWS_FROM]))
        for file in self._files:
            end = file.first_row + len(file.names)
            names.update((row, file.names[row - file.first_row]) for row in rows if file.first_row <= row < end)
        return names

    def describe_entries(self, rows: Sequence[int]) -> Mapping[int, tuple[str | None, tuple[Mark, ...]]]:
        """Who published entries, and what must be said of them now; of those in files nothing is known."""
        if self.store is None:
            return {}
        return describe_entries(self.store, [row for row in rows if row < _FILE_ROWS_FROM])

    def matcher(self, threshold_bits: int, hashers: Sequence[Hasher] = ()) -> Matcher:
        """The search over all of it, within so many bits."""
        return Matcher(
            self.columns,
            threshold_bits=threshold_bits,
            name_entries=self.name_entries,
            hashers=hashers,
            terms=self.terms,
            describe=self.describe_entries,
        )

    @property
    def terms(self) -> dict[str, Terms]:
        """How matches of each list are weighed."""
        default = (0, ListPolicy())
        # What was read from one file is of one origin, under however many names.
        return {
            name: Terms(list_class, self.policies.get(name, default)[1], origin=sha256.hex())
            for name, sha256, list_class in self.lists
        }

    def near(self, threshold_bits: int) -> Near:
        """Whether keyframes of a video come near anything that could make a finding."""
        return Near(self.columns, threshold_bits=threshold_bits)

    def aims(self, altered: Altered, threshold_bits: int) -> Aims | None:
        """At what a closer look for altered copies goes; None where they are not looked for."""
        if altered is Altered.OFF:
            return None
        return Aims(self.columns, altered, threshold_bits=threshold_bits)

    @contextmanager
    def open_known_files(self, note: Callable[[str], None]) -> Iterator[list[DigestFile]]:
        """Open what tells commonplace files: digests of lists of class known_file, in files of the index.

        Args:
            note: Told of lists that lie in memory, and therefore spare no work.

        Raises:
            IndexFileError: A file of the index is gone.
        """
        with ExitStack() as stack:
            files: list[DigestFile] = []
            for column in self.columns:
                if column.list_class is not ListClass.KNOWN_FILE or column.signal not in _DIGEST_BYTES:
                    continue
                if isinstance(column, Codes):
                    note(f"list {column.list} has no index: its files are decoded like any other")
                    continue
                for path, offset, count in column.digest_places():
                    file = stack.enter_context(_open_index(path))
                    files.append(DigestFile(file.fileno(), offset, count, _DIGEST_BYTES[column.signal]))
            yield files

    def has_entry(self, name: str, entry: str, signal: str) -> bool:
        """Whether a list holds an entry of this identifier and signal, searchable or not."""
        if self.store is not None and has_entry(self.store, name, entry, signal):
            return True
        return any(
            file.names[row - file.first_row] == entry
            for file in self._files
            for codes in file.codes
            if (codes.list, codes.signal) == (name, signal)
            for row in codes.rows.tolist()
        )

    def add_stored(
        self,
        store: Store,
        info: ListInfo,
        columns: Sequence[Codes | StoredColumn],
        readers: Mapping[str, Callable[[str], bytes]],
    ) -> None:
        """Take a list of the store, its index open; signals of plugged-in hashers are loaded."""
        columns = [*columns, *load_codes(store, [info.name], signals=(), readers=readers)]
        by_signal: Mapping[str, int] = {column.signal: _count(column) for column in columns}
        # Counting in SQL takes half a second for each ten million entries: only where some have not been loaded.
        if sum(by_signal.values()) != info.entry_count:
            by_signal = read_account(store, info.name).by_signal
        self.records.append((info.record, info.version))
        self._add(columns, (info.name, info.sha256, info.list_class), by_signal)

    def add_file(self, path: str, list_class: ListClass, readers: Mapping[str, Callable[[str], bytes]]) -> None:
        """Read a list from a file."""
        first_row = _FILE_ROWS_FROM + sum(len(file.names) for file in self._files)
        with ListFile(path, plugged=readers.keys()) as file:
            if file.format is ListFormat.NSRL:
                raise ListError(
                    f"{path} is a set of commonplace files, too large to be read for one run",
                    hint="take it into the store: `unseen list add nsrl FILE`",
                )
            read = read_codes(file, name=path, list_class=list_class, first_row=first_row, readers=readers)
        self._files.append(read)
        self.records.append(None)
        self._add(list(read.codes), (path, read.sha256, list_class), read.by_signal)

    def _add(
        self,
        columns: Sequence[Codes | StoredColumn],
        origin: tuple[str, bytes, ListClass],
        by_signal: Mapping[str, int],
    ) -> None:
        searchable = sum(_count(column) for column in columns)
        self.columns += columns
        self.lists.append(origin)
        self.entries.append(by_signal)
        self.entries_searchable += searchable
        self.entries_not_searchable += sum(by_signal.values()) - searchable


def _open_index(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise IndexFileError(f"{path}: cannot read the index: {error.strerror or error}") from error


def _count(column: Codes | StoredColumn) -> int:
    return len(column.rows) if isinstance(column, Codes) else column.count


def load_known(
    store: Store | None, texts: Sequence[str], *, hashers: Sequence[Hasher] = (), indexing: Indexing = _READING
) -> KnownMaterial:
    """Load lists, ready to be searched.

    Args:
        store: The store, or None where there is none.
        texts: Names of lists in the store, or paths of files; none for every list of the store. A name goes before a
            file of the same name. Files count as class `csam`, as `unseen list add` has it.
        hashers: Plugged in by a licensee; entries of their signals are searchable too.
        indexing: How the index of the store is used.

    Raises:
        ThresholdError: The threshold is outside 0 … 64.
        ListError: There is no such list and no such file, a file is not a list, or the store holds no list at all.
        StoreError: The store cannot be read.
    """
    check_threshold(indexing.threshold_bits)
    known = KnownMaterial(store)
    readers = {hasher.signal: partial(_read_value, hasher) for hasher in hashers}
    stored = {} if store is None else {info.name: info for info in list_lists(store)}
    if not texts and not stored:
        raise ListError(
            "there is no list to search" if store is None else f"the store {store.name} holds no list",
            hint="add one with `unseen list add NAME FILE`, or give --list",
        )
    wanted = dict.fromkeys(texts or stored)
    infos = [stored[text] for text in wanted if text in stored]
    if store is not None:
        set_by_name = read_policies(store)
        known.policies = {info.name: set_by_name[info.name] for info in infos if info.name in set_by_name}
    opened = {} if store is None else open_lists(store, infos, indexing)
    for text in wanted:
        if store is not None and text in stored:
            known.add_stored(store, stored[text], opened[text], readers)
        elif Path(text).exists():
            known.add_file(text, ListClass.CSAM, readers)
        else:
            raise ListError(f"there is no list named {text!r}, and no such file", hint="`unseen list ls` names them")
    return known


def _read_value(hasher: Hasher, text: str) -> bytes:
    """A value as lists write those of foreign signals: hexadecimal, or base64 as VICS has it."""
    try:
        value = bytes.fromhex(text) if len(text) == 2 * hasher.size_bytes else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        value = b""
    if len(value) != hasher.size_bytes:
        raise ListError(
            f"an entry of signal {hasher.signal} has not the {hasher.size_bytes} bytes that the plugged-in hasher gives"
        )
    return value
