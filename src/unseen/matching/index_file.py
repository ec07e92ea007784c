"""The file of an `Index`: written whole, checked whole, mapped into memory. Not here: what an index does.

Layout, version 1: 8 bytes magic, 4 bytes size of the header (little endian), 32 bytes SHA-256 of the header, the
header (JSON), zeros up to a multiple of 64, then the parts that the header lists, each at a multiple of 64. The header
holds the SHA-256 of everything from the first part on. An index is a cache: when a file is refused, build it anew.
"""

import hashlib
import json
import mmap
import os
import struct
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from unseen.errors import IndexFileError

__all__ = ["MappedIndex", "map_index", "write_index"]

Bytes = npt.NDArray[np.uint8]

_MAGIC = b"\x89UNSEEN\n"
_FORMAT = 1
_PREFIX = struct.Struct("<8sI32s")
_ALIGNMENT = 64
# Vector loads of the kernel may run this far beyond the last part.
_PAD_BYTES = 128
# Some 400 bytes for each of at most 32 chunks; a header that claims more is not ours.
_HEADER_BYTES_MAX = 1 << 16
_HINT = "the file is only a cache: delete it and build the index anew from its list"


@dataclass(frozen=True, slots=True)
class MappedIndex:
    """An index file as it lies in memory, its checksums verified."""

    threshold_bits: int
    count: int
    shapes: list[list[int]]
    parts: list[tuple[str, tuple[int, int]]]
    file: Bytes


def write_index(
    path: Path, threshold_bits: int, count: int, shapes: list[list[int]], parts: Sequence[tuple[str, Bytes]]
) -> None:
    """Write an index file so that `path` holds either what it held before or the whole new file.

    Raises:
        IndexFileError: The file cannot be written.
    """
    places, end = [], 0
    for name, data in parts:
        places.append([name, end, data.nbytes])
        end += -(-data.nbytes // _ALIGNMENT) * _ALIGNMENT
    blocks = list(_padded(parts))
    header = {
        "format": _FORMAT,
        "byte_order": sys.byteorder,
        "threshold_bits": threshold_bits,
        "count": count,
        "shapes": shapes,
        "parts": places,
        "content_bytes": end + _PAD_BYTES,
        "content_sha256": _digest(blocks),
    }
    text = json.dumps(header).encode()
    prefix = _PREFIX.pack(_MAGIC, len(text), hashlib.sha256(text).digest()) + text
    try:
        _replace(path, [prefix + bytes(-len(prefix) % _ALIGNMENT), *blocks])
    except OSError as error:
        raise IndexFileError(f"{path}: cannot write the index: {error.strerror}") from error


def map_index(path: Path) -> MappedIndex:
    """Map an index file and verify every byte of it.

    Raises:
        IndexFileError: The file cannot be read, or is torn, altered, foreign or from another kind of machine.
    """
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            _expect(path, size >= _PREFIX.size, "shorter than any index file")
            mapped = np.frombuffer(mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ), np.uint8)
    except OSError as error:
        raise IndexFileError(f"{path}: cannot read the index: {error.strerror}", hint=_HINT) from error
    magic, header_bytes, header_digest = _PREFIX.unpack(mapped[: _PREFIX.size].tobytes())
    _expect(path, magic == _MAGIC, "not an index file of unseen")
    _expect(path, header_bytes <= _HEADER_BYTES_MAX, "an impossible header size")
    text = mapped[_PREFIX.size : _PREFIX.size + header_bytes].tobytes()
    _expect(path, hashlib.sha256(text).digest() == header_digest, "a damaged header")
    header = cast("dict[str, Any]", json.loads(text))
    _expect(path, header["format"] == _FORMAT, f"format {header['format']}, this version reads {_FORMAT}")
    _expect(path, header["byte_order"] == sys.byteorder, f"written on a {header['byte_order']}-endian machine")
    start = -(-(_PREFIX.size + header_bytes) // _ALIGNMENT) * _ALIGNMENT
    expected = start + header["content_bytes"]
    _expect(path, size == expected, f"{size} bytes, expected {expected}")
    _expect(path, not mapped[_PREFIX.size + header_bytes : start].any(), "data where there should be zeros")
    _expect(path, _digest([mapped[start:].data]) == header["content_sha256"], "damaged content")
    parts = [(name, (start + offset, size)) for name, offset, size in header["parts"]]
    return MappedIndex(header["threshold_bits"], header["count"], header["shapes"], parts, mapped)


def _expect(path: Path, holds: bool, otherwise: str) -> None:
    if not holds:
        raise IndexFileError(f"{path}: {otherwise}", hint=_HINT)


def _padded(parts: Sequence[tuple[str, Bytes]]) -> Iterable[memoryview]:
    for _, data in parts:
        yield data.data
        yield memoryview(bytes(-data.nbytes % _ALIGNMENT))
    yield memoryview(bytes(_PAD_BYTES))


def _digest(blocks: Iterable[memoryview]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _replace(path: Path, blocks: Iterable[bytes | memoryview]) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for block in blocks:
                stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    # The new name must survive a power failure too.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
