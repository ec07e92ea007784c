"""The thumbnail that Exif keeps in its second directory (CIPA DC-008, Exif 2.32, part 4.5)."""

import struct

__all__ = ["thumbnail_in"]

_COMPRESSION, _JPEG_AT, _JPEG_BYTES = 259, 513, 514
_ENTRIES_MAX = 512


def thumbnail_in(tiff: bytes) -> tuple[int, int] | None:
    """Find the JPEG thumbnail in the TIFF structure of Exif.

    Returns:
        Its offset and size in bytes of `tiff`; None where there is none, or it does not lie in `tiff`.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return None
    first = struct.unpack_from(order + "I", tiff, 4)[0]
    entries = _directory(tiff, first, order)
    if entries is None:
        return None
    after = first + 2 + 12 * entries[1]
    if after + 4 > len(tiff):
        return None
    second = _directory(tiff, struct.unpack_from(order + "I", tiff, after)[0], order)
    values = second[0] if second is not None else entries[0]
    offset, size_bytes = values.get(_JPEG_AT, 0), values.get(_JPEG_BYTES, 0)
    if size_bytes == 0 or offset + size_bytes > len(tiff) or tiff[offset : offset + 2] != b"\xff\xd8":
        return None
    return offset, size_bytes


def _directory(tiff: bytes, offset: int, order: str) -> tuple[dict[int, int], int] | None:
    """The whole numbers of a directory by tag, and how many entries it has."""
    if not 8 <= offset <= len(tiff) - 2:
        return None
    count = struct.unpack_from(order + "H", tiff, offset)[0]
    if not 0 < count <= _ENTRIES_MAX or offset + 2 + 12 * count > len(tiff):
        return None
    entries = struct.iter_unpack(order + "HHI4s", tiff[offset + 2 : offset + 2 + 12 * count])
    kinds = {3: "Hxx", 4: "I"}
    return {
        tag: int(struct.unpack(order + kinds[kind], raw)[0]) for tag, kind, number, raw in entries if kind in kinds
    }, count
