"""The bytes of a list, read once from front to back: their digest, their text, their lines. Not here: any format."""

import codecs
import hashlib
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from unseen.errors import ListError, ListFormatError
from unseen.lists.values import BadValueError

__all__ = ["STANDARD_INPUT", "ListStream"]

STANDARD_INPUT = "-"

# Large enough that Python's work per block vanishes, small enough for a processor's cache.
BLOCK_BYTES = 1 << 20
# A line that goes on beyond what it may hold is passed over to its end. One without end is no line.
_PASSED_OVER_CHARS_MAX = 1 << 28

# What stands for a byte that is not UTF-8, and what no text holds.
_BAD_CHARACTER = re.compile("[\x00\udc80-\udcff]")
_SAVE_AS_UTF8 = "save the list as UTF-8"

_UNPACK = "unpack it first"
_FOREIGN_STARTS = (
    (b"\x1f\x8b", "packed with gzip", _UNPACK),
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet", "unpack it, or save the sheet as CSV"),
    (b"\xfd7zXZ\x00", "packed with xz", _UNPACK),
    (b"BZh", "packed with bzip2", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "packed with 7-Zip", _UNPACK),
    (b"SQLite format 3\x00", "an SQLite file", "export the hashes as CSV"),
    (codecs.BOM_UTF16_LE, "text in UTF-16", "save it as UTF-8"),
    (codecs.BOM_UTF16_BE, "text in UTF-16", "save it as UTF-8"),
)


class ListStream:
    """A list's file, or a pipe, open for one reading.

    Attributes:
        name: Its path as given.
        head: The start of its text, as much as one reading gives, for guessing the format.
    """

    def __init__(self, path: str | Path) -> None:
        self.name = str(path)
        self._digest = hashlib.sha256()
        self._lines = 0
        try:
            self._file = os.fdopen(_open_file(path), "rb", buffering=0)
        except OSError as error:
            raise ListError(f"cannot read {self.name}: {error.strerror or error}") from error
        try:
            start = self._read()
            _refuse_foreign(self.name, start)
            self._bytes_ahead = start
            text = codecs.getincrementaldecoder("utf-8-sig")("replace").decode(start[: 1 << 16])
            self.head = text
        except BaseException:
            self._file.close()
            raise

    @property
    def sha256(self) -> bytes:
        """Digest of all bytes read; of the whole file once `blocks` or `lines` has ended."""
        return self._digest.digest()

    def blocks(self) -> Iterator[str]:
        """The file's text in pieces, without a byte order mark. Only once.

        Raises:
            ListFormatError: A byte that is not UTF-8, or a NUL.
            ListError: The file cannot be read.
        """
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        data = self._bytes_ahead
        self._bytes_ahead = b""
        while data:
            self._digest.update(data)
            if b"\x00" in data:
                raise self._bad_byte(data, data.index(b"\x00"), "a NUL byte")
            try:
                text = decoder.decode(data)
            except UnicodeDecodeError as error:
                raise self._bad_byte(data, max(error.start, 0), "other bytes") from error
            self._lines += data.count(b"\n")
            if text:
                yield text
            data = self._read()
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise self._bad_byte(b"", 0, "a character cut short") from error

    def lines(self, *, chars_max: int, refuse: Callable[[int, BadValueError], None]) -> Iterator[tuple[int, str]]:
        """The file's lines with their numbers from 1, without their ends. Only once.

        Args:
            chars_max: Longer lines are refused.
            refuse: Told of each line that is too long or no text, which is then not given.

        Raises:
            ListFormatError: A line has no end.
            ListError: The file cannot be read.
        """
        rest, number, is_doubtful = "", 0, False
        # How much of a line that is too long was passed over.
        passed_over = 0
        for block in self._texts():
            is_doubtful = is_doubtful or ((not block.isascii() or "\0" in block) and bool(_BAD_CHARACTER.search(block)))
            parts = (rest + block).split("\n")
            rest = parts.pop()
            for part in parts:
                number += 1
                if passed_over:
                    passed_over = 0
                elif len(part) > chars_max:
                    refuse(number, _long_line(chars_max))
                elif is_doubtful and (bad := _BAD_CHARACTER.search(part)):
                    refuse(number, _bad_character(bad[0]))
                else:
                    yield number, part
            if len(rest) > chars_max:
                if not passed_over:
                    refuse(number + 1, _long_line(chars_max))
                passed_over += len(rest)
                rest = ""
                if passed_over > _PASSED_OVER_CHARS_MAX:
                    problem = _long_line(chars_max)
                    raise ListFormatError(
                        self.name, number + 1, expected=problem.expected, found="a line without end", hint=problem.hint
                    )
        if rest and not passed_over:
            if bad := _BAD_CHARACTER.search(rest):
                refuse(number + 1, _bad_character(bad[0]))
            else:
                yield number + 1, rest

    def _texts(self) -> Iterator[str]:
        """The file's text in pieces; of bytes that are not UTF-8, what stands for them."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        data = self._bytes_ahead
        self._bytes_ahead = b""
        while data:
            self._digest.update(data)
            yield decoder.decode(data)
            data = self._read()
        yield decoder.decode(b"", final=True)

    def _read(self) -> bytes:
        try:
            return self._file.read(BLOCK_BYTES) or b""
        except OSError as error:
            raise ListError(f"cannot read {self.name}: {error.strerror or error}") from error

    def _bad_byte(self, data: bytes, at: int, found: str) -> ListFormatError:
        line = self._lines + data.count(b"\n", 0, at) + 1
        return ListFormatError(self.name, line, expected="UTF-8 text", found=found, hint=_SAVE_AS_UTF8)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _long_line(chars_max: int) -> BadValueError:
    return BadValueError(
        f"at most {chars_max} characters", "a longer line", hint="is this a list of hashes, one in each line?"
    )


def _bad_character(character: str) -> BadValueError:
    return BadValueError("UTF-8 text", "a NUL byte" if character == "\0" else "other bytes", hint=_SAVE_AS_UTF8)


def _open_file(path: str | Path) -> int:
    if str(path) == STANDARD_INPUT:
        return os.dup(sys.stdin.fileno())
    # A fifo without a writer would wait for ever: it is opened without waiting, and then is empty.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        os.close(descriptor)
        raise ListError(f"{path} is not an ordinary file", hint="give a file that holds a list")
    os.set_blocking(descriptor, True)
    return descriptor


def _refuse_foreign(name: str, start: bytes) -> None:
    for magic, what, hint in _FOREIGN_STARTS:
        if start.startswith(magic):
            raise ListError(f"{name} is {what}, expected a list as UTF-8 text", hint=hint)
