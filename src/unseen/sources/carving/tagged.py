"""Where a TIFF file ends: at the farthest byte that its directories lead to (TIFF 6.0; camera originals alike)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from unseen.sources.carving.blocks import Blocks
from unseen.sources.carving.extent import Extent

__all__ = ["follow_tiff"]

# Directories are pages, previews, and what cameras note; longer chains are no camera's.
_DIRECTORIES_MAX = 1_024
_ENTRIES_MAX = 512
# A picture beyond this is no photograph's: 200 megapixels of 16 bits in three colours.
_BYTES_MAX = 1_300_000_000
# Bytes of one value of each type.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WIDTH, _HEIGHT = 256, 257
_SUB, _EXIF, _GPS = 330, 34_665, 34_853
# Where data lies, and how long it is: strips, tiles, an embedded JPEG.
_DATA = ((273, 279), (324, 325), (513, 514))
# Values of one entry that are looked at: a gigapixel in strips of one row has 32,768.
_VALUES_MAX = 100_000


@dataclass(slots=True)
class _Tiff:
    """What is known while the directories are walked, in order of the file's own offsets."""

    blocks: Blocks
    start: int
    order: str
    end: int = 8
    has_picture: bool = False


def follow_tiff(blocks: Blocks, start: int) -> Extent | None:
    """Walk the directories of a TIFF file; None where the first makes no sense or none holds a picture."""
    head = blocks.read(start, 8)
    tiff = _Tiff(blocks, start, "<" if head[:2] == b"II" else ">")
    waiting, seen = [int.from_bytes(head[4:8], "little" if tiff.order == "<" else "big")], set[int]()
    while waiting:
        offset = waiting.pop()
        if offset in seen or offset < 8 or len(seen) > _DIRECTORIES_MAX:
            continue
        entries = _entries(tiff, offset)
        if entries is None:
            if not seen:
                return None
            continue
        seen.add(offset)
        waiting.extend(_read_directory(tiff, entries))
        after = offset + 2 + 12 * len(entries)
        waiting.append(int.from_bytes(blocks.read(start + after, 4), "little" if tiff.order == "<" else "big"))
    end = start + tiff.end
    if not tiff.has_picture or tiff.end > _BYTES_MAX:
        return None
    return Extent(end if end <= blocks.size_bytes else None, start + 8, min(end, blocks.size_bytes))


def _entries(tiff: _Tiff, offset: int) -> list[tuple[int, int, int, bytes]] | None:
    """Tag, type, count and raw value of each entry of a directory; None where it is none."""
    count = tiff.blocks.read(tiff.start + offset, 2)
    number = struct.unpack(tiff.order + "H", count)[0] if len(count) == 2 else 0
    data = tiff.blocks.read(tiff.start + offset + 2, 12 * number) if 0 < number <= _ENTRIES_MAX else b""
    if not data or len(data) < 12 * number:
        return None
    entries = list(struct.iter_unpack(tiff.order + "HHI4s", data))
    if any(kind not in _SIZES for _, kind, _, _ in entries):
        return None
    tiff.end = max(tiff.end, offset + 6 + 12 * number)
    return entries


def _read_directory(tiff: _Tiff, entries: list[tuple[int, int, int, bytes]]) -> Iterator[int]:
    """Note how far a directory's values reach, and give the offsets of further directories."""
    values: dict[int, list[int]] = {}
    for tag, kind, count, raw in entries:
        size_bytes = _SIZES[kind] * count
        offset = struct.unpack(tiff.order + "I", raw)[0]
        if size_bytes > 4 and offset + size_bytes <= _BYTES_MAX:
            tiff.end = max(tiff.end, offset + size_bytes)
        if kind in {3, 4, 13} and count <= _VALUES_MAX:
            data = raw if size_bytes <= 4 else tiff.blocks.read(tiff.start + offset, size_bytes)
            values[tag] = [
                value[0] for value in struct.iter_unpack(tiff.order + ("H" if kind == 3 else "I"), _whole(data, kind))
            ][:count]
    tiff.has_picture |= all(any(values.get(tag, ())) for tag in (_WIDTH, _HEIGHT))
    for offsets, sizes in _DATA:
        for offset, size_bytes in zip(values.get(offsets, ()), values.get(sizes, ()), strict=False):
            if offset + size_bytes <= _BYTES_MAX:
                tiff.end = max(tiff.end, offset + size_bytes)
    for tag in (_SUB, _EXIF, _GPS):
        yield from values.get(tag, ())[:16]


def _whole(data: bytes, kind: int) -> bytes:
    size = 2 if kind == 3 else 4
    return data[: len(data) // size * size]
