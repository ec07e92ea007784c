"""Files written as text by `uuencode` (POSIX.1-2017), as mail, news and old texts hold them.

Every line says how many bytes it holds, and has exactly as many characters as these take: so whole files of any kind
can be told from the text around them, not only pictures.
"""

import binascii
import re

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.carving.blocks import BLOCK_BYTES, Blocks
from unseen.sources.carving.extent import Extent

__all__ = ["decode_uuencoded", "follow_uuencoded"]

_BEGIN = re.compile(rb"begin(-base64)? [0-7]{3,4} [^\r\n]{1,255}\r?\n")
# Six bits a character, from the blank on; the backquote stands for the blank.
_LINE = re.compile(rb"[ -`]+")
# Some encoders put a character or two behind a line, and pad the last one too far.
_CHECKSUM_BYTES_MAX = 3
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]{2,512}={0,2}")
# A line holds at most 63 bytes, in 84 characters; one of base64 some more.
_LINE_BYTES_MAX = 1_024
# Held in memory, and decoded beside it.
_TEXT_BYTES_MAX = 128 << 20
# Broken lines in a row that end a text: what follows is no part of it.
_BROKEN_MAX = 3
_BYTES_PER_READ = 64


def follow_uuencoded(blocks: Blocks, start: int) -> Extent | None:
    """Find the end of a text; None where its first line does not decode."""
    before = blocks.read(start - 1, 1) if start else b"\n"
    head = blocks.read(start, _LINE_BYTES_MAX)
    begin = _BEGIN.match(head)
    if begin is None or before not in {b"\n", b"\r"}:
        return None
    text = _Text(is_base64=begin[1] is not None)
    at, rest = start + begin.end(), b""
    while not text.has_ended and at - start < _TEXT_BYTES_MAX:
        piece = blocks.read(at, BLOCK_BYTES - at % BLOCK_BYTES)
        at += len(piece)
        *lines, rest = (rest + piece).split(b"\n")
        if not piece or len(rest) > _LINE_BYTES_MAX:
            lines, rest = [*lines, rest], b""
        for line in lines:
            text.add(line)
        if not piece:
            break
    blocks.spend((at - start) // _BYTES_PER_READ)
    if not text.size_bytes:
        return None
    end = start + begin.end() + text.used_bytes
    end = min(end, blocks.size_bytes)
    return Extent(end if text.is_whole else None, end, end)


def decode_uuencoded(source: ByteSource) -> tuple[bytes, Reason | None]:
    """Decode a text as far as it goes; a line that is broken is left out, and is a reason.

    Raises:
        UnreadError: It cannot be read.
    """
    whole = source.read_at(0, min(source.size_bytes, _TEXT_BYTES_MAX))
    begin = _BEGIN.match(whole)
    if begin is None:
        raise UnreadError(Reason.CHANGED)
    text = _Text(is_base64=begin[1] is not None, is_kept=True)
    for line in whole[begin.end() :].split(b"\n"):
        text.add(line)
    return b"".join(text.pieces), text.reason


class _Text:
    """Lines as they come.

    Attributes:
        pieces: What they decode to, where that is wanted.
        size_bytes: Of what they decode to.
        used_bytes: Up to the end of the last line that belongs to the text.
        has_ended: Nothing more belongs to it.
        is_whole: It ended as it should, and no line was broken.
    """

    def __init__(self, *, is_base64: bool, is_kept: bool = False) -> None:
        self.pieces: list[bytes] = []
        self.size_bytes = self.used_bytes = 0
        self.has_ended = False
        self._is_base64 = is_base64
        self._is_kept = is_kept
        self._is_closed = False
        self._broken = self._broken_now = self._passed_bytes = 0

    @property
    def is_whole(self) -> bool:
        """Whether the text ended as it should, and no line was broken."""
        return self._is_closed and not self._broken

    @property
    def reason(self) -> Reason | None:
        """Why not all of it could be decoded."""
        if self._broken:
            return Reason.UNREADABLE
        return None if self._is_closed else Reason.TRUNCATED

    def add(self, line: bytes) -> None:
        """Take in the next line, without its end."""
        if self.has_ended:
            return
        self._passed_bytes += len(line) + 1
        words = line.rstrip(b"\r")
        if words.rstrip() in {b"end", b"===="}:
            self.has_ended = self._is_closed = True
            self._broken += self._broken_now
            self.used_bytes = self._passed_bytes
            return
        if not words.strip():
            # Between lines, or a last one of no bytes.
            return
        piece = _decode_base64(words) if self._is_base64 else _decode_line(words, is_first=not self.size_bytes)
        if piece is None:
            self._broken_now += 1
            self.has_ended = self._broken_now > _BROKEN_MAX
            return
        self._broken += self._broken_now
        self._broken_now = 0
        self.used_bytes = self._passed_bytes
        self.size_bytes += len(piece)
        if self._is_kept:
            self.pieces.append(piece)


def _decode_line(line: bytes, *, is_first: bool) -> bytes | None:
    """What a line holds; None where it is none.

    Blanks at the end of a line may have been lost on the way; not in the first line, which must show what this is.
    """
    digits = -(-(line[0] - 32 & 63) // 3) * 4
    if not _LINE.fullmatch(line) or len(line) > 1 + digits + _CHECKSUM_BYTES_MAX or (is_first and len(line) <= digits):
        return None
    try:
        return binascii.a2b_uu(line[: 1 + digits])
    except binascii.Error:
        return None


def _decode_base64(line: bytes) -> bytes | None:
    try:
        return binascii.a2b_base64(line) if _BASE64_LINE.fullmatch(line) else None
    except binascii.Error:
        return None
