"""7z archives: libarchive reads what is open, py7zr what needs a password.

Format: 7zFormat.txt of the LZMA SDK. Entries lie packed together in folders, each with one key; py7zr parses and
unpacks, and what it offers for whole archives is left alone, since that opens files and holds everything.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, Any, cast

from py7zr import SevenZipFile
from py7zr.compressor import AESDecompressor, SupportedMethods
from py7zr.exceptions import UnsupportedCompressionMethodError

from unseen.model import ByteSource, Reason, Times, UnreadError
from unseen.sources.archives.names import to_address
from unseen.sources.archives.signatures import SEVEN_ZIP, find_behind_program
from unseen.sources.archives.streams import Pass
from unseen.sources.archives.zip_files.records import FILETIME_1970
from unseen.sources.carving.carver import carve
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.range_file import RangeFile
from unseen.sources.layers.ranges import Part
from unseen.sources.layers.registry import HEAD_BYTES
from unseen.sources.layers.rereadable import hold
from unseen.sources.layers.rest import rest_of

__all__ = ["unpack"]

_PIECE_BYTES = 1 << 20
# Offsets in an archive count from behind its first header.
_START_BYTES = 32
# One block decrypted: py7zr imports a codec and parts of its cipher at that moment, which no locked process can.
AESDecompressor(b"\x41\x0f" + bytes(16), "").decompress(bytes(16))


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give the entries of a 7z archive: the open ones first, then those that a password opens."""
    start = find_behind_program(source.read_at(0, HEAD_BYTES), source, SEVEN_ZIP)
    archive = Part(source, start, source.size_bytes)
    if not _begins_well(archive):
        # libarchive passes over that, and may then see an archive of nothing.
        yield Reason.UNREADABLE
    if any(archive.read_at(12, 16)):
        yield from _entries(archive, context)
    yield from _rest(archive)


def _begins_well(source: ByteSource) -> bool:
    """Whether the checksum over what says where the list of entries lies is right."""
    start = source.read_at(0, _START_BYTES)
    return len(start) == _START_BYTES and zlib.crc32(start[12:]) == int.from_bytes(start[8:12], "little")


def _rest(source: ByteSource) -> Iterator[Member]:
    """What lies before and behind what is packed, if it shows a picture; and behind the list, with which all ends."""
    next_at, next_bytes = struct.unpack("<12xQQ", source.read_at(0, 28).ljust(28, b"\0"))
    for start, stop in _unpacked(source, _START_BYTES + next_at):
        # The list itself is packed, and lies there too.
        if next(carve(Part(source, start, stop - start)), None) is not None:
            yield from rest_of(source, start, "7z", stop=stop)
    yield from rest_of(source, _START_BYTES + next_at + next_bytes, "7z")


def _unpacked(source: ByteSource, list_at: int) -> list[tuple[int, int]]:
    """Stretches before the list of entries that hold no packed data, as far as that list can be read."""
    first = last = min(list_at, source.size_bytes)
    with suppress(UnreadError):
        streams = _parse(source, "").header.main_streams
        sizes = streams.packinfo.packsizes if streams is not None else []
        first = _START_BYTES + (streams.packinfo.packpos if streams is not None else 0)
        last = first + sum(sizes)
    return [
        (start, stop) for start, stop in ((_START_BYTES, first), (last, list_at)) if start < stop <= source.size_bytes
    ]


def _entries(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    look = Pass(source, context, ("7zip",))
    look.locked = []
    is_hidden, is_listed = False, False
    for given in look.members():
        if given is Reason.ENCRYPTED:
            is_hidden = True
        elif isinstance(given, Member) or is_listed or not _lists_nothing(source):
            # Of an archive without entries libarchive says that it is broken.
            is_listed = is_listed or isinstance(given, Member)
            yield given
    if is_listed and not is_hidden and not look.locked:
        return
    # Also where libarchive lists nothing at all: it may be an encryption that it does not know as one.
    keys = _Keys(source, context)
    try:
        yield from keys.members()
    except UnreadError as error:
        if is_hidden:
            yield error.reason
        for entry in look.locked:
            yield Member(
                layer="7z", address=to_address(entry.path), open=partial(_refuse, error.reason), times=entry.times
            )


def _lists_nothing(source: ByteSource) -> bool:
    """Whether the list of entries can be read without a password, and is empty."""
    try:
        return not _parse(source, "").files
    except UnreadError:
        return False


def _refuse(reason: Reason) -> Reason:
    return reason


class _Keys:
    """A look into the encrypted folders of one archive."""

    def __init__(self, source: ByteSource, context: Context) -> None:
        self._source = source
        self._context = context
        self._passwords = list(context.secrets.passwords)
        self._damage: list[Reason] = []
        self._inflated_bytes = 0

    def members(self) -> Iterator[Member | Reason]:
        """Give the entries of every encrypted folder.

        Raises:
            UnreadError: No password opens the list of entries.
        """
        for index, folder in enumerate(_folders(self._parse_any())):
            if not folder.files or not SupportedMethods.needs_password(folder.coders):
                continue
            stream = self._find_stream(index)
            for position, entry in enumerate(folder.files):
                if entry.is_directory:
                    continue
                yield Member(
                    layer="7z",
                    address=to_address(entry.filename),
                    open=partial(_refuse, stream)
                    if isinstance(stream, Reason)
                    else partial(self._open, stream, position),
                    times=_read_times(entry),
                )
                yield from self._damage
                self._damage.clear()

    def _parse_any(self) -> SevenZipFile:
        found = Reason.ENCRYPTED
        for password in self._passwords or [""]:
            try:
                return _parse(self._source, password)
            except UnreadError as error:
                found = found if error.reason is Reason.UNREADABLE else error.reason
        raise UnreadError(found)

    def _find_stream(self, index: int) -> "_Stream | Reason":
        """A folder opened with the password that gives its first entry right to the last byte, or why there is none."""
        found = Reason.ENCRYPTED
        for password in self._passwords:
            stream = _Stream(self._source, index, password)
            try:
                stream.prove()
            except UnreadError as error:
                found = found if error.reason is Reason.UNREADABLE else error.reason
                continue
            # The next folder most likely has the same one.
            self._passwords.remove(password)
            self._passwords.insert(0, password)
            return _Stream(self._source, index, password)
        return found

    def _open(self, stream: "_Stream", position: int) -> ByteSource:
        first = stream if stream.position <= position else stream.anew()
        return hold(
            self._counted(first.read(position)),
            partial(_reread, stream, position),
            memory_bytes_max=self._context.limits.memory_bytes_max,
        )

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        size_bytes = 0
        try:
            for piece in pieces:
                self._context.budget.inflate(
                    len(piece), inflated_before=self._inflated_bytes, compressed_bytes=self._source.size_bytes
                )
                self._inflated_bytes += len(piece)
                size_bytes += len(piece)
                yield piece
        except UnreadError as error:
            if not size_bytes or error.reason is Reason.TOO_LARGE:
                raise
            self._damage.append(error.reason)


def _reread(stream: "_Stream", position: int) -> Iterator[bytes]:
    """The bytes of an entry once more; it ends where the first reading broke off."""
    some = False
    try:
        for piece in stream.anew().read(position):
            some = True
            yield piece
    except UnreadError:
        if not some:
            raise


class _Stream:
    """One folder, decrypted and unpacked from front to end.

    Attributes:
        position: Of the entry that comes next.
    """

    def __init__(self, source: ByteSource, index: int, password: str) -> None:
        self.position = 0
        self._origin = (source, index, password)
        self._file: RangeFile | None = None
        self._folder: Any = None
        self._unpacker: Any = None

    def anew(self) -> "_Stream":
        """The same, from the start."""
        return _Stream(*self._origin)

    def prove(self) -> None:
        """Unpack the first entry that has bytes, and see that its checksum is right.

        Raises:
            UnreadError: It is not, or there is none to compare with.
        """
        self._start()
        for position, entry in enumerate(self._folder.files):
            if entry.uncompressed:
                if entry.crc32 is None:
                    raise UnreadError(Reason.ENCRYPTED)
                for _ in self.read(position):
                    pass
                return
        raise UnreadError(Reason.ENCRYPTED)

    def read(self, position: int) -> Iterator[bytes]:
        """Give the bytes of an entry, which must not lie before the one read last.

        Raises:
            UnreadError: They cannot be unpacked, or their checksum is wrong.
        """
        self._start()
        while self.position < position:
            for _ in self._next():
                pass
        yield from self._next()

    def _start(self) -> None:
        if self._folder is not None:
            return
        source, index, password = self._origin
        archive = _parse(source, password)
        with _translated():
            self._folder = _folders(archive)[index]
            self._unpacker = self._folder.get_decompressor(_packed_bytes(archive, index), reset=True)
            self._file = RangeFile(source)
            self._file.seek(archive.afterheader + archive.header.main_streams.packinfo.packpositions[index])

    def _next(self) -> Iterator[bytes]:
        entry = self._folder.files[self.position]
        self.position += 1
        left, crc = entry.uncompressed, 0
        while left > 0:
            before = self._file.tell() if self._file else 0
            with _translated():
                piece = bytes(self._unpacker.decompress(self._file, min(left, _PIECE_BYTES)))
            if not piece and self._file and self._file.tell() == before:
                raise UnreadError(Reason.UNREADABLE)
            crc = zlib.crc32(piece, crc)
            left -= len(piece)
            if piece:
                yield piece
        if entry.crc32 is not None and crc != entry.crc32:
            raise UnreadError(Reason.UNREADABLE)


def _parse(source: ByteSource, password: str) -> SevenZipFile:
    with _translated():
        return SevenZipFile(cast("IO[bytes]", RangeFile(source)), password=password)


def _folders(archive: SevenZipFile) -> list[Any]:
    with _translated():
        streams = archive.header.main_streams
        return list(streams.unpackinfo.folders) if streams is not None else []


def _read_times(entry: Any) -> Times | None:
    written = entry.lastwritetime
    return None if written is None else Times(modified_ns=(int(written) - FILETIME_1970) * 100)


def _packed_bytes(archive: SevenZipFile, index: int) -> int:
    positions = archive.header.main_streams.packinfo.packpositions
    return int(positions[index + 1] - positions[index])


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever the parser stumbles over in hostile bytes is a reason."""
    try:
        yield
    except UnreadError:
        raise
    except MemoryError as error:
        raise UnreadError(Reason.TOO_LARGE) from error
    except UnsupportedCompressionMethodError as error:
        raise UnreadError(Reason.UNSUPPORTED) from error
    except Exception as error:  # its own errors, and those of every decompressor below it
        raise UnreadError(Reason.UNREADABLE) from error
