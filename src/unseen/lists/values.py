"""What one entry of a list may say: its signal, its value, its identifier, its labels. Strict, and never printed."""

import re
from collections.abc import Collection

from unseen.model import Label, Signal, other_purpose

__all__ = [
    "ENTRY_CHARS_MAX",
    "FOREIGN_CHARS_MAX",
    "FOREIGN_SIGNALS",
    "BadValueError",
    "UnspecificValueError",
    "name_signal",
    "parse_label",
    "parse_name",
    "parse_value",
    "refuse_other_purpose",
]

# An identifier is printed in every match. Paths on Linux have up to 4,096 bytes, and archives nest them.
ENTRY_CHARS_MAX = 8_192
# The longest labels in use are short sentences (INHOPE's schema); a page of text is a column gone astray.
LABEL_CHARS_MAX = 1_024
# TMK+PDQF, the longest hash in use, has 260 kB; in base64 a third more.
FOREIGN_CHARS_MAX = 400_000

# How other tools and services name the signals that we compute. MD5 of a video is MD5 of its bytes like any other.
_OURS = {
    "pdq": Signal.PDQ,
    "hash_pdq": Signal.PDQ,
    "imagepdq": Signal.PDQ,
    "md5": Signal.MD5,
    "hash_md5": Signal.MD5,
    "hash_video_md5": Signal.MD5,
    "video_md5": Signal.MD5,
    "videomd5": Signal.MD5,
    "sha1": Signal.SHA1,
    "sha_1": Signal.SHA1,
    "hash_sha1": Signal.SHA1,
    "sha256": Signal.SHA256,
    "vpdq": Signal.VPDQ,
    "videovpdq": Signal.VPDQ,
    "sha_256": Signal.SHA256,
    "hash_sha256": Signal.SHA256,
    "video_sha256": Signal.SHA256,
}
_NAMED_ALIKE = (
    *("ahash", "blake3", "clip", "crc32", "dhash", "netclean", "pdf", "pdq_ocr", "phash", "quickxor", "raw_text"),
    *("sha384", "sha512", "sha3_256", "ssdeep", "ssvh_safer_hash", "text", "tlsh", "trend_query", "url", "url_md5"),
    *("videntifier", "whash"),
)
# Signals that others compute: kept and counted, not searchable without a plugged-in hasher. Closed, because a
# mistyped `pqd` must not become a list that silently matches nothing.
_THEIRS = {
    **dict.fromkeys(("photodna", "pdna", "photo_dna", "imagephotodna", "ssvh_pdna"), "photodna"),
    **dict.fromkeys(("tmk", "tmk_pdqf", "videotmk"), "tmk_pdqf"),
    **{name: name for name in _NAMED_ALIKE},
}
FOREIGN_SIGNALS = frozenset(_THEIRS.values())

# Every empty file has these digests, and every flat picture one of these PDQs: such an entry matches what is unrelated.
_REFUSED = {
    bytes.fromhex("d41d8cd98f00b204e9800998ecf8427e"): "the hash of the empty file",
    bytes.fromhex("da39a3ee5e6b4b0d3255bfef95601890afd80709"): "the hash of the empty file",
    bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"): "the hash of the empty file",
}
_FLAT = {bytes(32), b"\xff" * 32}

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_HEX = re.compile(r"[^0-9a-fA-F]")


class BadValueError(ValueError):
    """What stands in a list is not what it promises; says both, and never the value itself."""

    def __init__(self, expected: str, found: str, hint: str = "") -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found
        self.hint = hint


class UnspecificValueError(BadValueError):
    """A hash that many unrelated files share; in a list it would match them all, in a question it means nothing."""


def name_signal(name: str, plugged: Collection[str] = ()) -> str:
    """The signal that a word names, in our spelling.

    Args:
        name: As the list spells it, in either case.
        plugged: Further signals, of hashers that a licensee plugged in.

    Raises:
        BadValueError: Nobody computes such a signal.
    """
    plain = name.strip().lower().replace("-", "_")
    known = _OURS.get(plain) or _THEIRS.get(plain) or (plain if plain in plugged else None)
    if known is None:
        # A hash in the place of a name is not repeated in the message.
        secret = len(plain) > 24 or _NOT_HEX.search(plain) is None or _CONTROL.search(plain) is not None
        raise BadValueError(
            "the name of a signal",
            "none" if secret else repr(plain),
            hint=f"searchable: {', '.join(Signal)}; kept beside them: {', '.join(sorted(FOREIGN_SIGNALS))}",
        )
    # Plain text: drivers of SQL take a detour for every value of an enumeration.
    return str(known)


def parse_value(signal: str, text: str) -> bytes:
    """The bytes of a value: those of the hexadecimal digits for our signals, the text itself for the others.

    Raises:
        BadValueError: Too long, too short, not hexadecimal, or a hash that matches unrelated files.
    """
    size_bytes = _SIZES.get(signal)
    if size_bytes is None:
        return _parse_foreign(signal, text)
    try:
        # Blanks between digits, which this would allow, make the value too short for its text.
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != size_bytes or len(text) != 2 * size_bytes:
        raise _bad_digits(signal, size_bytes, text)
    if value in _REFUSED:
        raise UnspecificValueError(
            f"the {signal} of a file with content", _REFUSED[value], hint="it would match every empty file"
        )
    if value in _FLAT and signal in {"pdq", "vpdq"}:
        raise UnspecificValueError(
            "the PDQ of a picture", "that of a flat area", hint="it would match unrelated pictures"
        )
    return value


_SIZES: dict[str, int] = {signal.value: signal.size_bytes for signal in Signal}


def _bad_digits(signal: str, size_bytes: int, text: str) -> BadValueError:
    expected = f"{2 * size_bytes} hexadecimal digits of {signal}"
    stray = _NOT_HEX.search(text)
    if stray is None:
        hint = "was the column cut by a spreadsheet?" if text else ""
        return BadValueError(expected, f"{len(text)} digits", hint=hint)
    return BadValueError(expected, f"{len(text)} characters of which number {stray.start() + 1} is no digit")


def _parse_foreign(signal: str, text: str) -> bytes:
    if not text or len(text) > FOREIGN_CHARS_MAX:
        raise BadValueError(f"1 to {FOREIGN_CHARS_MAX} characters of {signal}", str(len(text)))
    if _CONTROL.search(text):
        raise BadValueError(f"a value of {signal}", "control characters")
    return text.encode()


def parse_name(text: str) -> str:
    """An entry's own identifier.

    Raises:
        BadValueError: Empty, too long, or with characters that could steer a terminal.
    """
    if not 1 <= len(text) <= ENTRY_CHARS_MAX:
        raise BadValueError(f"an identifier of 1 to {ENTRY_CHARS_MAX} characters", str(len(text)))
    if _CONTROL.search(text):
        raise BadValueError("an identifier", "control characters in it")
    return text


def parse_label(scheme: str, code: str) -> Label:
    """A label, kept exactly as it stands.

    Raises:
        BadValueError: A part is empty, too long, or has characters that could steer a terminal.
    """
    for part in (scheme, code):
        if not 1 <= len(part) <= LABEL_CHARS_MAX:
            raise BadValueError(f"a label of 1 to {LABEL_CHARS_MAX} characters", str(len(part)))
        if _CONTROL.search(part):
            raise BadValueError("a label", "control characters in it")
    refuse_other_purpose(code)
    return Label(scheme, code)


def refuse_other_purpose(name: str) -> None:
    """Refuse what a label, a group or a program of this name shares, where it is of another purpose.

    Raises:
        BadValueError: It is.
    """
    if purpose := other_purpose(name):
        raise BadValueError(
            "known child sexual abuse material",
            f"an entry about {purpose}",
            hint="unseen serves no other purpose than finding known child sexual abuse material",
        )
