"""Text of others, made safe to read: names of files, lists and entries are chosen by strangers. Not here: markup."""

import re
import unicodedata
from collections.abc import Callable, Iterator

__all__ = ["read_shown", "restrict", "show", "wrap"]

# One character, or one escape that must not be torn apart.
_PIECE = re.compile(r"\\x[0-9a-f]{2}|\\u\{[0-9a-f]+\}|\\.|.", re.DOTALL)
# A line may end early behind one of these, if not by more than this many characters.
_BREAK_AFTER = frozenset("/ >,;")
_BREAK_EARLY_MAX = 24
_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_PLAIN = {written: character for character, written in _NAMED.items()}
# A byte that is no text, a character by its number, one of those with a name; else a backslash that begins nothing.
_ESCAPE = re.compile(r"\\x([89a-f][0-9a-f])|\\u\{([0-9a-f]{1,6})\}|\\[\\nrt]|\\")
_CODE_MAX = 0x10FFFF


def show(text: str) -> str:
    r"""Write text so that it can be read in one way only, whatever was put into it.

    Letters, digits, marks and single blanks stay. What is unseen, steers the direction of writing, ends a line, stands
    for a byte that is no text, or could pass for another spelling of the same letter becomes an escape: `\n`, `\xff`
    (a byte), `\u{202e}` (a character). A backslash is doubled, so that no name can feign an escape.

    Args:
        text: Bytes that are not UTF-8 are held as Python's `surrogateescape` holds them.
    """
    if text.isascii() and text.isprintable() and "\\" not in text and "  " not in text and text == text.strip():
        return text
    # Letters with separate marks look like those with built-in ones: only one of the two spellings may stay as it is.
    is_composed = unicodedata.is_normalized("NFC", text)
    return "".join(_shown(text, at, is_composed=is_composed) for at in range(len(text)))


def read_shown(shown: str) -> str | None:
    r"""Read back what `show` wrote, also where more characters than need be are escapes; None where it is no such text.

    Example:
        >>> read_shown(r"a\\b\u{20}")
        'a\\b '
    """
    pieces: list[str] = []
    at = 0
    for escape in _ESCAPE.finditer(shown):
        character = _read_escape(escape)
        if character is None:
            return None
        pieces += (shown[at : escape.start()], character)
        at = escape.end()
    return "".join((*pieces, shown[at:]))


def wrap(shown: str, width: int) -> Iterator[str]:
    """Cut what `show` gave into lines, at blanks and slashes where these are near, and never inside an escape.

    Args:
        shown: The text; nothing is added or left out.
        width: Most characters in a line; at least 10, the longest escape.
    """
    line: list[str] = []
    length = 0
    for piece in _PIECE.findall(shown):
        # What is left over behind an early end may still be too long for the next piece.
        while line and length + len(piece) > width:
            kept = _good_end(line)
            yield "".join(line[:kept])
            line = line[kept:]
            length = sum(map(len, line))
        line.append(piece)
        length += len(piece)
    yield "".join(line)


def restrict(shown: str, has_glyph: Callable[[str], bool]) -> str:
    """Escape further characters of what `show` gave: those for which a font has no glyph."""
    if shown.isascii():
        return shown
    return "".join(one if has_glyph(one) else f"\\u{{{ord(one):x}}}" for one in shown)


def _read_escape(escape: re.Match[str]) -> str | None:
    byte, code = escape[1], escape[2]
    if byte is not None:
        return chr(0xDC00 + int(byte, 16))
    if code is not None:
        return chr(int(code, 16)) if int(code, 16) <= _CODE_MAX else None
    return _PLAIN.get(escape[0])


def _shown(text: str, at: int, *, is_composed: bool) -> str:
    character = text[at]
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character == " ":
        # Blanks at an end, and all but the first of several, would vanish in print.
        is_plain = 0 < at < len(text) - 1 and text[at - 1] != " "
        return " " if is_plain else "\\u{20}"
    kind = unicodedata.category(character)
    if kind[0] == "M":
        # A mark belongs to a letter; piled up, or alone, marks are there to deface what stands around them.
        before = unicodedata.category(text[at - 1])[0] if at else ""
        piled = at > 1 and before == "M" and unicodedata.category(text[at - 2])[0] == "M"
        is_plain = is_composed and before in {"L", "M"} and not piled
        return character if is_plain else f"\\u{{{code:x}}}"
    return character if character.isprintable() and not _is_invisible(code) else f"\\u{{{code:x}}}"


def _is_invisible(code: int) -> bool:
    """Letters and symbols by category, yet without any ink: fillers and the empty Braille cell."""
    return code in {0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x1D159}


def _good_end(line: list[str]) -> int:
    for kept in range(len(line), max(0, len(line) - _BREAK_EARLY_MAX), -1):
        if line[kept - 1] in _BREAK_AFTER:
            return kept
    return len(line)
