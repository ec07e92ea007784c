"""What a physical volume of LVM 2 says of itself and of its group: a label in sectors, and a description in text.

Format: the LVM2 project, lib/format_text/layout.h and `man lvmdevices`; J. Metz, "Logical Volume Manager (LVM) format".
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from unseen.model import ByteSource, Reason, UnreadError

__all__ = ["LABEL_BYTES", "Physical", "Value", "read_description", "read_physical"]

# What a description holds: numbers, texts, lists of both, and tables of all.
Value = int | str | list["Value"] | dict[str, "Value"]

_SECTOR_BYTES = 512
_LABEL = struct.Struct("<8sQII8s")
LABEL_BYTES = _LABEL.size
_AREA = struct.Struct("<QQ")
_AREAS_MAX = 64
# Checksum, magic, version, where it lies and its size; then where texts lie in it, their sizes and checksums.
_HEADER = struct.Struct("<I16sIQQ")
_MAGIC = b" LVM2 x[5A%r0N*>"
_PLACE = struct.Struct("<QQII")
# The group's volumes and all their pieces, in some hundred bytes each.
_TEXT_BYTES_MAX = 64 << 20
_DEPTH_MAX = 16
_END = ("end", "")
_TOKEN = re.compile(
    r'\s+|#[^\n]*|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?)(?![A-Za-z_.+-])|([A-Za-z_0-9.+-]+)|([{}=\[\],])'
)


@dataclass(frozen=True, slots=True)
class Physical:
    """A physical volume.

    Attributes:
        identity: 32 letters and digits.
        label_at: Where its label lies, in bytes.
        areas: Places and sizes, in bytes, of what describes its group.
    """

    identity: str
    label_at: int
    areas: tuple[tuple[int, int], ...]


def read_physical(source: ByteSource) -> Physical:
    """Read the label.

    Raises:
        UnreadError: There is none, or it is broken.
    """
    for sector in range(4):
        raw = source.read_at(sector * _SECTOR_BYTES, _SECTOR_BYTES).ljust(_SECTOR_BYTES, b"\0")
        name, _, _, offset, kind = _LABEL.unpack_from(raw)
        if name == b"LABELONE" and kind == b"LVM2 001" and offset + 40 <= _SECTOR_BYTES:
            places = iter(_AREA.iter_unpack(raw[offset + 40 :][: (_SECTOR_BYTES - offset - 40) // 16 * 16]))
            # Areas of data, then of descriptions; each list ends with zeros.
            for _ in _until_zero(places):
                pass
            identity = raw[offset : offset + 32].decode("ascii", "replace")
            return Physical(identity, sector * _SECTOR_BYTES, tuple(_until_zero(places)))
    raise UnreadError(Reason.UNREADABLE)


def _until_zero(places: Iterator[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    for start, size in places:
        if not start:
            return
        yield start, size


def read_description(source: ByteSource) -> dict[str, Value]:
    """Read the newest description of the group that can be read.

    Raises:
        UnreadError: None can be.
    """
    for start, _ in read_physical(source).areas[:_AREAS_MAX]:
        raw = source.read_at(start, _SECTOR_BYTES).ljust(_SECTOR_BYTES, b"\0")
        _, magic, _, stated, size = _HEADER.unpack_from(raw)
        place, text_bytes, _, flags = _PLACE.unpack_from(raw, _HEADER.size)
        # The first bit of its flags says that this place is not in use.
        if magic != _MAGIC or stated != start or flags & 1 or not 0 < text_bytes <= min(size, _TEXT_BYTES_MAX):
            continue
        # Behind its end the area goes on after its header.
        first = source.read_at(start + place, min(text_bytes, max(0, size - place)))
        text = first + source.read_at(start + _SECTOR_BYTES, text_bytes - len(first))
        try:
            return _group_in(text.rstrip(b"\0").decode("utf-8"))
        except ValueError:
            continue
    raise UnreadError(Reason.UNREADABLE)


def _group_in(text: str) -> dict[str, Value]:
    tables = [each for each in _Parser(text).table(0).values() if isinstance(each, dict)]
    if len(tables) != 1:
        raise ValueError
    return tables[0]


class _Parser:
    """Follows `name = value`, `name { … }`, and lists in brackets."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)

    def table(self, depth: int) -> dict[str, Value]:
        """All up to a closing brace, or the end."""
        if depth > _DEPTH_MAX:
            raise ValueError
        table: dict[str, Value] = {}
        while (token := next(self._tokens, _END)) not in {_END, ("sign", "}")}:
            sign = next(self._tokens, _END)
            if sign == ("sign", "{"):
                table[str(token[1])] = self.table(depth + 1)
            elif sign == ("sign", "="):
                table[str(token[1])] = self._value()
            else:
                raise ValueError
        return table

    def _value(self) -> Value:
        token = next(self._tokens, _END)
        if token != ("sign", "["):
            return token[1]
        items: list[Value] = []
        while (token := next(self._tokens, _END)) != ("sign", "]"):
            if token == _END:
                raise ValueError
            if token != ("sign", ","):
                items.append(token[1])
        return items


def _tokens(text: str) -> Iterator[tuple[str, int | str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError
        at = found.end()
        quoted, number, word, sign = found.groups()
        if quoted is not None:
            yield "text", quoted[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        elif number is not None:
            # Fractions occur in settings that do not matter here.
            yield "number", int(number.partition(".")[0])
        elif word is not None:
            yield "text", word
        elif sign is not None:
            yield "sign", sign
