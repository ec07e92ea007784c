"""Messages (RFC 5322, RFC 2045): every part, however deep, decoded; pages saved as MHTML are messages too."""

import codecs
import contextlib
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesFeedParser
from encodings.aliases import aliases
from functools import partial

from unseen.model import ByteSource, Reason
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import MemoryRange

__all__ = ["unpack", "warm_up"]

# Parsing takes some four times as much memory; servers refuse messages a fifth as long.
_MESSAGE_BYTES_MAX = 512 << 20
_PIECE_BYTES = 1 << 20
# Mail programs nest a few; more would run out of stack.
_DEPTH_MAX = 50
_PARTS_MAX = 100_000
_ENCRYPTED = frozenset({"multipart/encrypted", "application/pgp-encrypted"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give the decoded content of each part under its number and name; see `registry.Unpack`."""
    del context
    if source.size_bytes > _MESSAGE_BYTES_MAX:
        yield Reason.TOO_LARGE
        return
    parser = BytesFeedParser()
    at = 0
    try:
        while piece := source.read_at(at, _PIECE_BYTES):
            parser.feed(piece)
            at += len(piece)
        message = parser.close()
    except RecursionError:
        yield Reason.TOO_DEEP
        return
    for count, (number, part) in enumerate(_parts(message), start=1):
        if count > _PARTS_MAX or number.count(".") > _DEPTH_MAX:
            yield Reason.TOO_MANY if count > _PARTS_MAX else Reason.TOO_DEEP
            return
        if _is_encrypted(part):
            yield Reason.ENCRYPTED
        yield from _contents(part, number)


def _parts(message: Message) -> Iterator[tuple[str, Message]]:
    """Each part that has no parts, and each that has, numbered as mail servers number them, in order."""
    waiting = [("", message)]
    while waiting:
        number, part = waiting.pop()
        yield number or "1", part
        inner = part.get_payload()
        if isinstance(inner, list):
            prefix = f"{number}." if number else ""
            waiting += [(f"{prefix}{index}", each) for index, each in reversed(list(enumerate(inner, start=1)))]


def _is_encrypted(part: Message) -> bool:
    kind = part.get_content_type()
    return kind in _ENCRYPTED or (kind in _SMIME and "signed" not in str(part.get_param("smime-type", "")))


def _contents(part: Message, number: str) -> Iterator[Member]:
    """Give what a part holds of its own."""
    if part.is_multipart():
        # What stands before the first part and behind the last is shown by nobody.
        for place, text in (("before", part.preamble), ("behind", part.epilogue)):
            if text and text.strip():
                yield _member(f"{number} {place}", _packed(text))
        return
    content = _decoded(part)
    if not content:
        return
    yield _member(f"{number} {_name(part)}".strip(), content)


def _packed(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _decoded(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return content
    text = part.get_payload()
    return _packed(text) if isinstance(text, str) else b""


def _name(part: Message) -> str:
    try:
        return str(part.get_filename("") or part.get_content_type())
    except (LookupError, ValueError, TypeError):
        # The name claims an encoding that does not exist, or is broken otherwise.
        return part.get_content_type()


def _member(address: str, content: bytes) -> Member:
    return Member(layer="mail", address=address.replace("\0", ""), open=partial(MemoryRange, content))


def warm_up() -> None:
    """Load every character encoding of Python's: names of files come in any, and each is loaded when first met."""
    for name in {*aliases.values(), "idna", "punycode", "raw_unicode_escape", "unicode_escape"}:
        with contextlib.suppress(LookupError):
            # Some exist on other systems only.
            codecs.lookup(name)
