"""How pictures, videos and documents begin, and a quick look for any of these beginnings in a piece of memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unseen import kernel

__all__ = ["OVERLAP_BYTES", "SIGNATURES", "Signature", "may_hold_pictures", "starts"]

# Whoever looks through something piece by piece keeps this much of the end of each piece before the next: a beginning
# is decided by no more bytes than these.
OVERLAP_BYTES = 64
# Whoever asks for the first beginning only need not wait for all of them.
_PIECE_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Signature:
    """Bytes by which a kind of file is told.

    Attributes:
        kind: Name of the kind, as `carver` knows it.
        magic: The bytes.
        behind: How far behind the beginning of the file they stand.
    """

    kind: str
    magic: bytes
    behind: int = 0


# Formats whose beginning says enough to tell it from chance. Not here, since a few bytes of anything look like them:
# Targa, PCX, PPM, SGI, MPEG streams without a container, QuickTime without `ftyp`.
SIGNATURES = (
    Signature("jpeg", b"\xff\xd8\xff"),
    Signature("png", b"\x89PNG\r\n\x1a\n"),
    Signature("gif", b"GIF8"),
    Signature("riff", b"WEBPVP8", behind=8),
    Signature("riff", b"AVI LIST", behind=8),
    Signature("boxes", b"ftyp", behind=4),
    Signature("bmp", b"BM"),
    Signature("tiff", b"II*\x00"),
    Signature("tiff", b"MM\x00*"),
    Signature("jp2", b"jP  \r\n\x87\n", behind=4),
    Signature("matroska", b"\x1aE\xdf\xa3"),
    Signature("asf", b"0&\xb2u\x8ef\xcf\x11\xa6\xd9\x00\xaa\x00b\xcel"),
    Signature("pdf", b"%PDF-"),
    Signature("zip", b"PK\x03\x04"),
    Signature("ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    # The first bytes of JPEG, PNG, GIF and RIFF files written as text.
    Signature("text", b"/9j/"),
    Signature("text", b"/9j\\/"),
    Signature("text", b"iVBORw0KGgo"),
    Signature("text", b"R0lGOD"),
    Signature("text", b"UklGR"),
    Signature("uuencoded", b"begin "),
    Signature("uuencoded", b"begin-base64 "),
)
# What may follow the mark at the start of a JPEG: tables, frames, restart intervals, application data, comments.
_JPEG_FIRST = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xC9, 0xCA, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


def _bytes_table(position: int) -> npt.NDArray[np.uint8]:
    """A bit for each group of signatures that has a byte in this position.

    Signatures share eight bits. Where three bytes in a row have a bit in common, one of its signatures may begin.
    """
    table = np.zeros(256, np.uint8)
    for index, signature in enumerate(SIGNATURES):
        table[_byte_of(signature, position)] |= 1 << index % 8
    return table


def _byte_of(signature: Signature, position: int) -> int | slice:
    return signature.magic[position] if position < len(signature.magic) else slice(None)


_BY_FIRST_BYTE = {byte: tuple(each for each in SIGNATURES if each.magic[0] == byte) for byte in range(256)}
_TABLES = np.stack([_bytes_table(position) for position in range(3)])


def starts(data: bytes) -> Iterator[tuple[int, Signature]]:
    """Find where files may begin.

    Args:
        data: Any piece of something larger.

    Yields:
        Where a signature stands in `data` (not where its file begins, which may be before it), in order, and which;
        those whose next bytes rule it out are left out, where these bytes are there.
    """
    view = memoryview(data)
    for base in range(0, len(data), _PIECE_BYTES):
        # Two bytes more, so that what straddles the end is seen.
        for at in kernel.likely_places(view[base : base + _PIECE_BYTES + 2], _TABLES):
            for signature in _BY_FIRST_BYTE[data[base + at]]:
                if data.startswith(signature.magic, base + at) and _may_begin(signature, data, base + at):
                    yield base + at, signature


def may_hold_pictures(data: bytes) -> bool:
    """Say whether some picture, video or document may begin in a piece of memory: quick, and never wrongly no.

    Args:
        data: A piece; consecutive ones must share `OVERLAP_BYTES`.
    """
    return next(starts(data), None) is not None


def _may_begin(signature: Signature, data: bytes, at: int) -> bool:
    """Look at what follows a short signature, where it is there to be looked at."""
    head = data[at : at + 32]
    if signature.kind == "jpeg":
        return len(head) < 4 or head[3] in _JPEG_FIRST
    if signature.kind == "gif":
        return len(head) < 6 or head[4:6] in {b"7a", b"9a"}
    if signature.kind == "uuencoded":
        mode = head[len(signature.magic) :][:3]
        return len(mode) < 3 or mode.isdigit()
    if signature.kind == "bmp":
        return len(head) < 18 or (head[6:10] == bytes(4) and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES)
    return True
