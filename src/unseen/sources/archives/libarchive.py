"""The system's libarchive, called over a range of bytes: entries one after the other, and their data.

libarchive-c finds and loads the library. Its own functions log warnings and convert names by the locale, so the few
that are needed are declared here once more: names stay bytes, outcomes stay numbers.
"""

import ctypes
import locale
from collections.abc import Iterable, Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_long, c_size_t, c_void_p, c_wchar_p
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Self

from libarchive import ffi

from unseen.model import ByteSource, Reason, Times, UnreadError

__all__ = ["Entry", "Reader", "UnreadEntryError"]

# libarchive holds names as bytes or as wide characters, and converts through the locale of the process.
if "utf" not in locale.nl_langinfo(locale.CODESET).lower():
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")

_OK, _EOF, _WARN, _FATAL = 0, 1, -20, -30
_ENOMEM = 12
_PIECE_BYTES = 256 << 10
# Formats whose entries lie one behind the other: what is not wanted is stepped over without unpacking it.
_SEQUENTIAL = {"cpio": 0x10000, "tar": 0x30000, "ar": 0x70000}
_NAMES = _SEQUENTIAL | {"lha": 0xB0000, "cab": 0xC0000, "rar": 0xD0000, "7z": 0xE0000, "xar": 0xA0000, "raw": 0x90000}
_FORMATS = {value: name for name, value in _NAMES.items()} | {0x50000: "zip", 0x100000: "rar"}
# A directory, a link, or anything else that is no ordinary file (the bits of S_IFMT).
_REGULAR, _DIRECTORY, _LINK = 0o100000, 0o040000, 0o120000

# What libarchive says in words only. Numbers of its errors say less: most are "EINVAL" or "miscellaneous".
_REASONS = (
    ("ncrypt", Reason.ENCRYPTED),
    ("assphrase", Reason.ENCRYPTED),
    ("emory", Reason.TOO_LARGE),
    ("runcated", Reason.TRUNCATED),
    ("ot supported", Reason.UNSUPPORTED),
    ("nsupported", Reason.UNSUPPORTED),
    ("navailable", Reason.UNSUPPORTED),
)

# The entry at the end of a cpio archive: header, name, and what fills up both and the entry before.
_CPIO_END_BYTES_MAX = 110 + 11 + 3 * 3
# Warnings about names and attributes. Any other may be about bytes that were passed over.
_HARMLESS = (b"onvert", b"pax", b"attribute")

_library = ctypes.CDLL(ffi.libarchive_path)


def _declare(name: str, result: type | None, *arguments: type) -> "ctypes._NamedFuncPointer":
    function: ctypes._NamedFuncPointer = getattr(_library, f"archive_{name}")
    function.restype, function.argtypes = result, arguments
    return function


_new = _declare("read_new", c_void_p)
_free = _declare("read_free", c_int, c_void_p)
_open = _declare("read_open", c_int, c_void_p, c_void_p, ffi.OPEN_CALLBACK, ffi.READ_CALLBACK, ffi.CLOSE_CALLBACK)
_set_seek = _declare("read_set_seek_callback", c_int, c_void_p, ffi.SEEK_CALLBACK)
_set_options = _declare("read_set_options", c_int, c_void_p, c_char_p)
_add_password = _declare("read_add_passphrase", c_int, c_void_p, c_char_p)
_next_header = _declare("read_next_header", c_int, c_void_p, POINTER(c_void_p))
_data = _declare("read_data_block", c_int, c_void_p, POINTER(c_void_p), POINTER(c_size_t), POINTER(c_int64))
_error_number = _declare("errno", c_int, c_void_p)
_error_text = _declare("error_string", c_char_p, c_void_p)
_format = _declare("format", c_int, c_void_p)
_consumed = _declare("filter_bytes", c_int64, c_void_p, c_int)
_filter_count = _declare("filter_count", c_int, c_void_p)
_path = _declare("entry_pathname", c_char_p, c_void_p)
_path_wide = _declare("entry_pathname_w", c_wchar_p, c_void_p)
_hardlink = _declare("entry_hardlink", c_char_p, c_void_p)
_symlink = _declare("entry_symlink", c_char_p, c_void_p)
_filetype = _declare("entry_filetype", c_int, c_void_p)
_size = _declare("entry_size", c_int64, c_void_p)
_sparse_count = _declare("entry_sparse_count", c_int, c_void_p)
_is_encrypted = _declare("entry_is_data_encrypted", c_int, c_void_p)
_TIMES = tuple(
    (
        f"{ours}_ns",
        _declare(f"entry_{theirs}_is_set", c_int, c_void_p),
        _declare(f"entry_{theirs}", c_int64, c_void_p),
        _declare(f"entry_{theirs}_nsec", c_long, c_void_p),
    )
    for ours, theirs in (("modified", "mtime"), ("accessed", "atime"), ("changed", "ctime"), ("born", "birthtime"))
)


@cache
def _built_in(kind: str, names: tuple[str, ...]) -> tuple["ctypes._NamedFuncPointer", ...]:
    """Those that this libarchive reads itself: for others it would start a program, which no locked process can."""
    scratch = _new()
    functions = [_declare(f"read_support_{kind}_{name}", c_int, c_void_p) for name in names]
    kept = tuple(function for function in functions if function(scratch) == _OK)
    _free(scratch)
    return kept


_FILTERS = _built_in("filter", ("gzip", "bzip2", "compress", "lzip", "lzma", "xz", "lz4", "zstd"))


class UnreadEntryError(UnreadError):
    """One entry could not be described; the next one may be."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an archive says of one entry.

    Attributes:
        path: As stored; decoded as UTF-8 with `surrogateescape`.
        link: Where it leads, for links of both kinds; None for others.
        is_hard: The link is a hard one, by the path of another entry.
        is_directory: It is one.
        is_regular: It is an ordinary file.
        is_sparse: Its data has holes.
        is_encrypted: Its data needs a password.
        is_behind_damage: Bytes before it were passed over, since they made no sense.
        size_bytes: As declared; 0 where it is not.
        times: As stored.
    """

    path: str
    link: str | None
    is_hard: bool
    is_directory: bool
    is_regular: bool
    is_sparse: bool
    is_encrypted: bool
    is_behind_damage: bool
    size_bytes: int
    times: Times | None


class Reader:
    """One pass through an archive."""

    def __init__(
        self, source: ByteSource, formats: Iterable[str], *, passwords: Iterable[bytes] = (), options: bytes = b""
    ):
        """Open an archive.

        Args:
            source: All of it.
            formats: The kinds that it may be, as libarchive's functions are named.
            passwords: Any of them may open it.
            options: Of formats, as `archive_read_set_options` takes them.

        Raises:
            UnreadError: It is of no such kind, or cannot be read.
        """
        self._source = source
        self._at = 0
        self._failure: UnreadError | MemoryError | None = None
        self._chunk = b""
        self._entry = c_void_p()
        self._entry_stop = 0
        self._archive = c_void_p(_new())
        if not self._archive:
            raise UnreadError(Reason.TOO_LARGE)
        try:
            for support in (*_FILTERS, *_built_in("format", tuple(formats))):
                support(self._archive)
            for password in passwords:
                _add_password(self._archive, password)
            if options:
                _set_options(self._archive, options)
            _set_seek(self._archive, _on_seek)
            _readers[id(self)] = self
            self._check(_open(self._archive, id(self), ffi.NO_OPEN_CB, _on_read, ffi.NO_CLOSE_CB))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give everything back; no other method may be called afterwards."""
        archive, self._archive = self._archive, c_void_p()
        if archive:
            _free(archive)
        _readers.pop(id(self), None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def format(self) -> str:
        """The kind of archive, once an entry was read; `raw` for none."""
        return _FORMATS.get(_format(self._archive) & 0xFF0000, "archive")

    @property
    def is_compressed(self) -> bool:
        """Whether the whole archive is compressed as one stream."""
        return bool(_filter_count(self._archive) > 1)

    @property
    def skips_cheaply(self) -> bool:
        """Whether an entry that is not wanted costs nothing."""
        return self.format in _SEQUENTIAL and not self.is_compressed

    @property
    def consumed_bytes(self) -> int:
        """How far into the source this pass has come, for archives that are read from front to end."""
        return int(_consumed(self._archive, -1))

    @property
    def ended_behind_damage(self) -> bool:
        """Whether bytes before the end, once it was reached, were passed over since they made no sense.

        Readers of cpio look for the next header wherever it may be, and say nothing if it is the one at the end.
        """
        passed_over = _consumed(self._archive, 0) - self._entry_stop
        return bool(self.format == "cpio" and passed_over > _CPIO_END_BYTES_MAX)

    def next_entry(self) -> Entry | None:
        """Go to the next entry; None at the end.

        Raises:
            UnreadEntryError: It cannot be understood; the one behind it may be.
            UnreadError: Nothing further can be read.
        """
        result = _next_header(self._archive, byref(self._entry))
        if result == _EOF:
            return None
        if _FATAL < result < _WARN:
            raise UnreadEntryError(self._reason())
        self._check(result)
        self._entry_stop = _consumed(self._archive, 0) + max(0, _size(self._entry))
        return self._describe(is_behind_damage=result == _WARN and not self._is_harmless())

    def data(self) -> Iterator[bytes]:
        """Give the bytes of the entry last described, holes as zeros.

        Raises:
            UnreadError: It goes no further.
        """
        block, size, offset = c_void_p(), c_size_t(), c_int64()
        at = 0
        while (result := _data(self._archive, byref(block), byref(size), byref(offset))) != _EOF:
            self._check(result)
            yield from _hole(at, offset.value)
            at = max(at, offset.value)
            if size.value and block.value is not None:
                at += size.value
                yield ctypes.string_at(block, size.value)
        # A hole at the end has no block behind it. Readers of some kinds leave other numbers here.
        if offset.value == _size(self._entry):
            yield from _hole(at, offset.value)

    def _is_harmless(self) -> bool:
        text = _error_text(self._archive) or b""
        return any(word in text for word in _HARMLESS)

    def _describe(self, *, is_behind_damage: bool) -> Entry:
        entry = self._entry
        filetype = _filetype(entry) & 0o170000
        hard, soft = _hardlink(entry), _symlink(entry)
        link = hard if hard is not None else soft if filetype == _LINK else None
        return Entry(
            path=_text(_path(entry)) or _path_wide(entry) or "",
            link=None if link is None else _text(link),
            is_hard=hard is not None,
            is_directory=filetype == _DIRECTORY,
            is_regular=filetype in {_REGULAR, 0},
            is_sparse=_sparse_count(entry) > 0,
            is_encrypted=bool(_is_encrypted(entry)),
            is_behind_damage=is_behind_damage,
            size_bytes=_size(entry),
            times=_read_times(entry),
        )

    def _check(self, result: int) -> None:
        if self._failure is not None:
            raise self._failure
        if result < _WARN:
            raise UnreadError(self._reason())

    def _reason(self) -> Reason:
        if _error_number(self._archive) == _ENOMEM:
            return Reason.TOO_LARGE
        text = (_error_text(self._archive) or b"").decode("utf-8", "replace")
        return next((reason for word, reason in _REASONS if word in text), Reason.UNREADABLE)

    def give(self, place: "ctypes._Pointer[c_void_p]") -> int:
        """Point libarchive at the next bytes; for the library alone."""
        try:
            self._chunk = self._source.read_at(self._at, _PIECE_BYTES)
        except (UnreadError, MemoryError) as error:
            # No exception can pass through libarchive: it is kept, and raised where libarchive was called.
            self._failure = error
            return _FATAL
        self._at += len(self._chunk)
        place[0] = ctypes.cast(c_char_p(self._chunk), c_void_p)
        return len(self._chunk)

    def seek(self, offset: int, whence: int) -> int:
        """Go to a place of the source; for the library alone."""
        origin = (0, self._at, self._source.size_bytes)[whence]
        self._at = min(max(0, origin + offset), self._source.size_bytes)
        return self._at


def _hole(start: int, stop: int) -> Iterator[bytes]:
    for at in range(start, stop, _PIECE_BYTES):
        yield bytes(min(_PIECE_BYTES, stop - at))


def _text(name: bytes | None) -> str | None:
    return None if name is None else name.decode("utf-8", "surrogateescape")


# Made once: a function that C can call needs memory that may be executed, which a locked process gets no more of.
# libarchive hands back the number of the reader that it was opened with.
_readers: dict[int, Reader] = {}


def _give(_archive: int, reader: int, place: "ctypes._Pointer[c_void_p]") -> int:
    return _readers[reader].give(place)


def _seek(_archive: int, reader: int, offset: int, whence: int) -> int:
    return _readers[reader].seek(offset, whence)


_on_read, _on_seek = ffi.READ_CALLBACK(_give), ffi.SEEK_CALLBACK(_seek)


def _read_times(entry: c_void_p) -> Times | None:
    found = {
        name: seconds * 1_000_000_000 + nanoseconds(entry)
        for name, is_set, whole, nanoseconds in _TIMES
        # Anything outside the years 1677 to 2262 is nonsense, and does not fit into 64 bits.
        if is_set(entry) and abs(seconds := whole(entry)) < 9_223_372_036
    }
    return Times(**found) if found else None
