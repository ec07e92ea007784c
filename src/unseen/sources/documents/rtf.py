"""RTF documents: pictures and objects that stand in them as hexadecimal digits, or as bytes between the words.

Format: Rich Text Format Specification 1.9.1, "Pictures" and "Objects".
"""

import re
from collections.abc import Iterator
from functools import partial

from unseen.model import ByteSource, Reason
from unseen.sources.carving import carve
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import MemoryRange

__all__ = ["unpack"]

# Held in memory; documents with scanned pages have some tens of megabytes.
_DOCUMENT_BYTES_MAX = 256 << 20
# Bytes given as they are; other control words, whose numbers are no data; a character by its number; digits, as many as
# the smallest picture has.
_TOKEN = re.compile(
    rb"\\bin(\d{1,10}) ?|\\[A-Za-z]{1,40}-?\d{0,11} ?|\\'[0-9A-Fa-f]{2}|((?:[0-9A-Fa-f][ \t\r\n]*){128,})"
)


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Give what stands in digits, decoded, then what the bytes of the document show by their own structure."""
    if source.size_bytes > _DOCUMENT_BYTES_MAX:
        yield Reason.TOO_LARGE
    else:
        yield from _in_digits(source.read_at(0, source.size_bytes))
    yield from carve(source)


def _in_digits(document: bytes) -> Iterator[Member]:
    at = 0
    while (token := _TOKEN.search(document, at)) is not None:
        at = token.end() + int(token[1] or 0)
        if token[2]:
            address = f"hex@{token.start()}+{len(token[2])}"
            yield Member(layer="rtf", address=address, open=partial(_decode, token[2]))


def _decode(digits: bytes) -> MemoryRange:
    plain = digits.translate(None, b" \t\r\n")
    return MemoryRange(bytes.fromhex(plain[: len(plain) // 2 * 2].decode("ascii")))
