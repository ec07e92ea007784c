"""Open a list in any of the formats we read, and say which one it is."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from unseen.errors import ListError, UsageError
from unseen.lists.notes import Notes
from unseen.lists.nsrl import RdsFile, is_sqlite, read_rds
from unseen.lists.pickled import StateFile, is_state, read_state
from unseen.lists.questions import ask_for, read_question_rows
from unseen.lists.rows import is_hash_row, load_object, read_rows
from unseen.lists.stream import ListStream
from unseen.lists.table import find_columns, read_iwf, read_table
from unseen.lists.text import is_digests, read_digests, read_text
from unseen.lists.values import BadValueError, name_signal
from unseen.lists.vics import read_vics
from unseen.lists.vpdq import is_vpdq, read_vpdq
from unseen.model import Entry, ItemHashes, Refused

__all__ = ["ENTRIES_MAX", "ListFile", "ListFormat"]

_T = TypeVar("_T")

# The largest set of known files (NSRL, 2024) names 186 million; a file that goes on for longer is not a list.
ENTRIES_MAX = 300_000_000

_VICS = re.compile(r'"(?:@odata\.context|odata\.metadata|Media|value)"\s*:')


class ListFormat(StrEnum):
    """Format of a list's file."""

    TEXT = "text"
    CSV = "csv"
    JSONL = "jsonl"
    # JSON Lines too, but of `unseen hash --json`: one object for each item.
    HASH = "hash"
    VICS = "vics"
    # The frames of one video.
    VPDQ = "vpdq"
    # Bare digests, told by their length.
    DIGESTS = "digests"
    # A table whose labels are those of the Internet Watch Foundation.
    IWF = "iwf"
    # Hashes that people made of images of themselves, in any of the plain formats.
    TAKE_IT_DOWN = "take-it-down"
    # What python-threatexchange keeps of what it fetched: a pickle, no text.
    STATE = "threatexchange-state"
    # The NSRL's Reference Data Set, version 3: SQLite, no text either.
    NSRL = "nsrl"


_READERS: dict[ListFormat, Callable[[ListStream, Notes], Iterator[Entry]]] = {
    ListFormat.TEXT: read_text,
    ListFormat.CSV: read_table,
    ListFormat.JSONL: read_rows,
    ListFormat.HASH: read_rows,
    ListFormat.VICS: read_vics,
    ListFormat.VPDQ: read_vpdq,
    ListFormat.DIGESTS: read_digests,
    ListFormat.IWF: read_iwf,
}
# Take It Down's members get its hashes through NCMEC's service; how they come as a file is not published.
_PLAIN = (ListFormat.TEXT, ListFormat.CSV, ListFormat.JSONL, ListFormat.DIGESTS)


class ListFile:
    """A list in a file, open for one reading, in bounded memory.

    Attributes:
        name: The path as given.
        format: In which format it is read.
        is_guessed: Whether the format was guessed from the content.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        file_format: str | None = None,
        signal: str | None = None,
        plugged: Collection[str] = (),
        is_question: bool = False,
    ) -> None:
        """Open a list.

        Args:
            path: An ordinary file or a pipe; `-` for standard input.
            file_format: A `ListFormat`; None to guess it from the content.
            signal: Signal of values that name none.
            plugged: Further signals that count as known, of hashers that a licensee plugged in.
            is_question: Whether the file holds hashes to be looked up: what is unspecific is then passed over.

        Raises:
            UsageError: No such format or signal.
            ListError: The file cannot be read, or holds something else than text.
        """
        self._notes = Notes(str(path), _check_signal(signal, plugged), plugged, is_question)
        chosen = _check_format(file_format)
        self.name = str(path)
        self.is_guessed = chosen is None
        self._stream, guessed = _open(path, chosen)
        self.format = chosen or guessed
        self._shape = self.format
        if chosen is ListFormat.TAKE_IT_DOWN:
            self._shape = guessed
            if guessed not in _PLAIN:
                self.close()
                raise ListError(f"{self.name} is read as {guessed}", hint=f"{chosen} is one of {', '.join(_PLAIN)}")

    @property
    def sha256(self) -> bytes:
        """Digest of the file, once `entries` has ended."""
        return self._stream.sha256

    @property
    def passed_over(self) -> Counter[str]:
        """What was left out on purpose, by reason, once `entries` has ended."""
        return self._notes.passed_over

    @property
    def refused(self) -> tuple[Refused, ...]:
        """Entries that are corrupt, or hashes that unrelated files share, by place, once `entries` has ended.

        At most `REFUSED_KEPT_MAX` of them.
        """
        return tuple(self._notes.refused)

    @property
    def refused_count(self) -> int:
        """How many entries were refused, once `entries` has ended."""
        return self._notes.bad_count

    def refusals(self) -> tuple[int, tuple[Refused, ...]]:
        """Both of these, once `entries` has ended."""
        return self.refused_count, self.refused

    @property
    def unread_columns(self) -> tuple[str, ...]:
        """Columns of a table that mean nothing to us, once `entries` has ended."""
        return self._notes.unread_columns

    @property
    def is_distinct(self) -> bool:
        """Whether no entry says what an earlier one said, so that nobody need compare them."""
        return isinstance(self._stream, RdsFile)

    def entries(self, *, is_strict: bool = False) -> Iterator[Entry]:
        """Read the entries, in their order. Only once.

        A corrupt entry is refused, noted by its place, and does not stand in the way of the rest. Only where more than
        one in ten is corrupt, the file is not what it is taken for and this raises at its end. Whoever keeps entries
        must therefore drop them all when this raises.

        Args:
            is_strict: Whether any bad line spoils the file: for readings of which nobody keeps what was refused.

        Raises:
            ListFormatError: Bad lines: the first in full, 20 by number, and their count.
            ListError: The file cannot be read, or holds no entry, or more than anybody's list.
        """
        if isinstance(self._stream, RdsFile):
            return self._whole(read_rds(self._stream, self._notes), is_strict=is_strict)
        if isinstance(self._stream, StateFile):
            return self._whole(read_state(self._stream, self._notes), is_strict=is_strict)
        # The frames of one video are one entry in many lines: without one of them it is another video.
        is_strict = is_strict or self.format is ListFormat.VPDQ
        return self._whole(_READERS[self._shape](self._stream, self._notes), is_strict=is_strict)

    def questions(self) -> Iterator[tuple[str, ItemHashes]]:
        """Read hashes to be looked up: (identifier, hashes), of rows of `unseen hash` all their hashes. Only once.

        What comes before the first bad line is given.

        Raises:
            ListFormatError, ListError: As of `entries`.
        """
        if self._shape in {ListFormat.JSONL, ListFormat.HASH} and isinstance(self._stream, ListStream):
            return self._whole(read_question_rows(self._stream, self._notes), is_strict=True)
        return map(ask_for, self.entries(is_strict=True))

    def _whole(self, read: Iterator[_T], *, is_strict: bool) -> Iterator[_T]:
        notes, count = self._notes, 0
        for each in read:
            if is_strict and notes.bad_count:
                continue
            count += 1
            if count > ENTRIES_MAX:
                raise ListError(f"{self.name} holds more than {ENTRIES_MAX} entries", hint="split it")
            yield each
        if notes.bad_count and (is_strict or notes.is_spoilt(count)):
            raise notes.error()
        if count == 0 and not notes.is_question:
            raise ListError(f"{self.name} holds no entry", hint=f"it was read as {self.format}; give --format")

    def close(self) -> None:
        """Close the file."""
        self._stream.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open(path: str | Path, chosen: ListFormat | None) -> tuple[ListStream | RdsFile | StateFile, ListFormat]:
    """The file, and the format that its content looks like."""
    if chosen is ListFormat.NSRL or (chosen is None and is_sqlite(path)):
        return RdsFile(path), ListFormat.NSRL
    if chosen is ListFormat.STATE or (chosen is None and is_state(path)):
        return StateFile(path), ListFormat.STATE
    stream = ListStream(path)
    return stream, _guess(stream.head)


def _check_signal(signal: str | None, plugged: Collection[str]) -> str | None:
    if signal is None:
        return None
    try:
        return name_signal(signal, plugged)
    except BadValueError as problem:
        raise UsageError(f"unknown signal {signal[:40]!r}", hint=problem.hint) from problem


def _check_format(name: str | None) -> ListFormat | None:
    if name is None:
        return None
    try:
        return ListFormat(name.lower())
    except ValueError:
        raise UsageError(
            f"unknown format {name[:40]!r}", hint=f"one of {', '.join(ListFormat)}, or none to guess it"
        ) from None


def _guess(head: str) -> ListFormat:
    if is_vpdq(head):
        return ListFormat.VPDQ
    if is_digests(head):
        return ListFormat.DIGESTS
    start = head.lstrip()
    if start.startswith(("{", "[")):
        return _guess_json(start)
    first = next((line for line in head.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    # A signal, a tab and a hash look like a header of two columns too.
    is_line_of_text = re.fullmatch(r"\s*[\w-]+\s+[0-9a-fA-F]{16,}\s*", first) is not None
    return ListFormat.CSV if find_columns(first) is not None and not is_line_of_text else ListFormat.TEXT


def _guess_json(start: str) -> ListFormat:
    try:
        row = load_object(start.partition("\n")[0])
    except BadValueError:
        # One document over many lines, or one line longer than the start that we see.
        return ListFormat.VICS if _VICS.search(start) else ListFormat.JSONL
    if "value" in row and isinstance(row["value"], list):
        return ListFormat.VICS
    return ListFormat.HASH if is_hash_row(row) else ListFormat.JSONL
