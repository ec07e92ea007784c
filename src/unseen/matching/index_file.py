"""Files of the index: written whole, mapped into memory, checked block by block. Not here: what a search does.

The format is documented in docs/reference/formats/index-v1.md. A file is a cache: when it is refused, build it anew.
"""

import hashlib
import json
import mmap
import os
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from unseen.errors import IndexFileError
from unseen.kernel import BLOCK_BYTES, block_checksums

__all__ = ["TEMPORARY_PREFIX", "FileRef", "MappedFile", "map_file", "replace_file", "write_named", "write_segment"]

Bytes = npt.NDArray[np.uint8]

_MAGIC = b"\x89UNSEEN\n"
_FORMAT = 1
# Of files that are still being written; a writer that was killed leaves them behind.
TEMPORARY_PREFIX = ".part-"
_PREFIX = struct.Struct("<8sI32s")
_ALIGNMENT = 64
# Vector loads of the kernel may run this far beyond the last part.
_PAD_BYTES = 128
# Some hundred bytes for each of at most 32 chunks; a header that claims more is not ours.
_HEADER_BYTES_MAX = 1 << 16
_HINT = "the file is only a cache: delete it and build the index anew from its list"


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file by its content.

    Attributes:
        sha256: Of all its bytes, in hexadecimal; also its name.
        size_bytes: Its size.
        count: How many entries it holds.
    """

    sha256: str
    size_bytes: int
    count: int


@dataclass(frozen=True, slots=True)
class MappedFile:
    """A file as it lies in memory, its header and table of checksums verified, its content not yet.

    Attributes:
        path: Where it was found.
        header: What it says of itself.
        parts: Name, and place in `file` as (offset, size), of each part.
        file: uint8[n], the mapping up to the table of checksums.
        start: Where the content begins.
        checksums: uint32[blocks], of the content.
    """

    path: Path
    header: Mapping[str, Any]
    parts: list[tuple[str, tuple[int, int]]]
    file: Bytes
    start: int
    checksums: npt.NDArray[np.uint32]
    _whole: Bytes = field(repr=False)

    def part(self, name: str, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """A part as a row of elements, read by nobody yet.

        Raises:
            IndexFileError: There is no such part, or it is not made of such elements.
        """
        offset, size = dict(self.parts).get(name, (0, -1))
        _expect(self.path, 0 <= size <= len(self.file) - offset, f"part missing: {name}")
        _expect(self.path, size % np.dtype(dtype).itemsize == 0, f"part of another size: {name}")
        return self.file[offset : offset + size].view(dtype)

    def check_blocks(self, part: str | None = None) -> None:
        """Verify the checksum of every block, or of those in which one part lies.

        Raises:
            IndexFileError: A block is not what was written.
        """
        offset, size = dict(self.parts)[part] if part else (self.start, len(self.file) - self.start)
        first, end = (offset - self.start) // BLOCK_BYTES, -(-(offset + size - self.start) // BLOCK_BYTES)
        found = block_checksums(self.file[self.start + first * BLOCK_BYTES : self.start + end * BLOCK_BYTES])
        damaged = np.flatnonzero(found != self.checksums[first:end])
        _expect(self.path, not len(damaged), f"block {first + damaged[:1]} is damaged")

    def check_sha256(self, expected: str) -> None:
        """Verify the digest of the whole file; takes a second for some two gigabytes.

        Raises:
            IndexFileError: It is another file.
        """
        found = hashlib.sha256(self._whole.data).hexdigest()
        _expect(self.path, found == expected, f"its SHA-256 is {found[:12]}, expected {expected[:12]}")


def write_segment(path: Path, kind: str, facts: Mapping[str, object], parts: Sequence[tuple[str, Bytes]]) -> None:
    """Write a file so that `path` holds either what it held before or the whole new file.

    Args:
        path: Where.
        kind: `codes`, `digests` or `removed`.
        facts: What the header says besides.
        parts: Name and content of each part.

    Raises:
        IndexFileError: The file cannot be written.
    """
    with _translated(path):
        replace_file(path, _blocks(kind, facts, parts))


def write_named(folder: Path, kind: str, facts: Mapping[str, object], parts: Sequence[tuple[str, Bytes]]) -> FileRef:
    """Write a file into a folder under the SHA-256 of its content.

    Raises:
        IndexFileError: The file cannot be written.
    """
    digest, size_bytes = hashlib.sha256(), 0

    def counted() -> Iterable[bytes | memoryview]:
        nonlocal size_bytes
        for block in _blocks(kind, facts, parts):
            digest.update(block)
            size_bytes += len(block)
            yield block

    with _translated(folder):
        replace_file(folder, counted(), name=lambda: f"{digest.hexdigest()}.seg")
    return FileRef(digest.hexdigest(), size_bytes, cast("int", facts["count"]))


def map_file(path: Path, kind: str, *, size_bytes: int | None = None) -> MappedFile:
    """Map a file and verify its header, its size and its table of checksums.

    Args:
        path: Where it is.
        kind: Which kind it must be.
        size_bytes: Its size, where somebody remembers.

    Raises:
        IndexFileError: The file cannot be read, or is torn, altered, foreign or from another kind of machine.
    """
    with _translated(path, "read"), path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        _expect(path, size >= _PREFIX.size, "shorter than any index file")
        _expect(path, size_bytes in {None, size}, f"{size} bytes, expected {size_bytes}")
        whole = np.frombuffer(mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ), np.uint8)
    with _translated(path, "read"):
        return _verify_outline(path, whole, kind)


def _verify_outline(path: Path, whole: Bytes, kind: str) -> MappedFile:
    header, header_end = _read_header(path, whole)
    size = len(whole)
    _expect(path, header["kind"] == kind, f"a file of {header['kind']}, expected {kind}")
    start = -(-header_end // BLOCK_BYTES) * BLOCK_BYTES
    content_bytes = header["content_bytes"]
    table_bytes = 4 * -(-content_bytes // BLOCK_BYTES)
    expected = start + content_bytes + table_bytes
    _expect(path, size == expected, f"{size} bytes, expected {expected}")
    _expect(path, not whole[header_end:start].any(), "data where there should be zeros")
    table = whole[start + content_bytes :]
    _expect(path, hashlib.sha256(table.data).hexdigest() == header["checksums_sha256"], "damaged checksums")
    parts = [(name, (start + offset, part_bytes)) for name, offset, part_bytes in header["parts"]]
    return MappedFile(path, header, parts, whole[: start + content_bytes], start, table.view("<u4"), whole)


def _read_header(path: Path, whole: Bytes) -> tuple[dict[str, Any], int]:
    magic, header_bytes, digest = _PREFIX.unpack(whole[: _PREFIX.size].tobytes())
    _expect(path, magic == _MAGIC, "not an index file of unseen")
    _expect(path, header_bytes <= _HEADER_BYTES_MAX, "an impossible header size")
    text = whole[_PREFIX.size : _PREFIX.size + header_bytes].tobytes()
    _expect(path, hashlib.sha256(text).digest() == digest, "a damaged header")
    header = cast("dict[str, Any]", json.loads(text))
    _expect(path, header["format"] == _FORMAT, f"format {header['format']}, this version reads {_FORMAT}")
    _expect(path, header["byte_order"] == sys.byteorder, f"written on a {header['byte_order']}-endian machine")
    return header, _PREFIX.size + header_bytes


def _blocks(kind: str, facts: Mapping[str, object], parts: Sequence[tuple[str, Bytes]]) -> Iterable[bytes | memoryview]:
    places, end = [], 0
    for name, data in parts:
        places.append([name, end, data.nbytes])
        end += -(-data.nbytes // _ALIGNMENT) * _ALIGNMENT
    content = list(_padded(parts))
    table = _checksums(content).astype("<u4").tobytes()
    header = {
        "format": _FORMAT,
        "kind": kind,
        "byte_order": sys.byteorder,
        **facts,
        "parts": places,
        "content_bytes": end + _PAD_BYTES,
        "checksums_sha256": hashlib.sha256(table).hexdigest(),
    }
    text = json.dumps(header).encode()
    prefix = _PREFIX.pack(_MAGIC, len(text), hashlib.sha256(text).digest()) + text
    yield prefix + bytes(-len(prefix) % BLOCK_BYTES)
    yield from content
    yield table


def _padded(parts: Sequence[tuple[str, Bytes]]) -> Iterable[memoryview]:
    for _, data in parts:
        yield data.data
        yield memoryview(bytes(-data.nbytes % _ALIGNMENT))
    yield memoryview(bytes(_PAD_BYTES))


def _checksums(content: Iterable[memoryview]) -> npt.NDArray[np.uint32]:
    """Of the blocks of all this in one row, though it lies in many pieces; nothing large is copied."""
    done, rest = [], b""
    for piece in content:
        at = min(-len(rest) % BLOCK_BYTES, len(piece)) if rest else 0
        rest += bytes(piece[:at])
        if len(rest) == BLOCK_BYTES:
            done.append(block_checksums(np.frombuffer(rest, np.uint8)))
            rest = b""
        whole = (len(piece) - at) // BLOCK_BYTES * BLOCK_BYTES
        if whole:
            done.append(block_checksums(np.frombuffer(piece[at : at + whole], np.uint8)))
        rest += bytes(piece[at + whole :])
    if rest:
        done.append(block_checksums(np.frombuffer(rest, np.uint8)))
    return np.concatenate(done)


def _expect(path: Path, holds: bool, otherwise: str) -> None:
    if not holds:
        raise IndexFileError(f"{path}: {otherwise}", hint=_HINT)


@contextmanager
def _translated(path: Path, verb: str = "write") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexFileError(f"{path}: cannot {verb} the index: {error.strerror or error}", hint=_HINT) from error
    except (KeyError, TypeError, ValueError) as error:
        raise IndexFileError(f"{path}: not made as the format says: {error!r}", hint=_HINT) from error


def replace_file(path: Path, blocks: Iterable[bytes | memoryview], *, name: Callable[[], str] | None = None) -> None:
    """Write a file beside its place, force it to disk, and put it in its place, which is forced to disk too.

    Args:
        path: The file, which may exist; or, with `name`, the folder in which it goes.
        blocks: Its content.
        name: Gives the file's name once all blocks are taken.

    Raises:
        OSError: The file cannot be written; the place is as it was.
    """
    folder = path.parent if name is None else path
    descriptor, temporary = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for block in blocks:
                stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path if name is None else folder / name())
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    # The new name must survive a power failure too.
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
