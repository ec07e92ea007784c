"""How mail is recognised by its first bytes."""

import re

from unseen.model import ByteSource

__all__ = ["SEPARATOR", "is_mailbox", "is_message", "is_packed_rtf", "is_pst", "is_tnef"]

# Before each message of a mailbox stands a line with a sender and a date, and then the message's headers begin. Two
# ways of quoting such lines in the text of a message differ in what they quote, and neither matters here.
SEPARATOR = re.compile(rb"^From [^\r\n]{0,900}\d\d:\d\d[^\r\n]{0,100}\r?\n(?=>?[!-9;-~]{1,100}:)", re.MULTILINE)
_HEADER = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*")
# Of these a message has at least two; a text that looks like headers otherwise has other words.
_OF_MAIL = frozenset(
    {
        *(b"received", b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"mime-version", b"content-type"),
        *(b"return-path", b"delivered-to", b"reply-to", b"sender", b"x-mailer", b"dkim-signature", b"in-reply-to"),
        *(b"content-transfer-encoding", b"x-original-to", b"envelope-to", b"arc-seal", b"x-received", b"bcc"),
        *(b"authentication-results", b"received-spf", b"user-agent", b"x-uidl", b"x-mozilla-status", b"newsgroups"),
    }
)
_HEADERS_MIN = 2
_HEADERS_MAX = 60


def is_mailbox(head: bytes, source: ByteSource) -> bool:
    """Whether a range is a mailbox (RFC 4155): see `Format.is_mine`."""
    del source
    return SEPARATOR.match(head) is not None


def is_message(head: bytes, source: ByteSource) -> bool:
    """Whether a range is a message (RFC 5322), or a page saved like one: see `Format.is_mine`."""
    del source
    at = len(head) - len(head.lstrip(b"\r\n \xef\xbb\xbf"))
    known = 0
    for _ in range(_HEADERS_MAX):
        header = _HEADER.match(head, at)
        if header is None:
            break
        known += header[1].lower() in _OF_MAIL
        if known >= _HEADERS_MIN:
            return True
        at = header.end()
    return False


def is_tnef(head: bytes, source: ByteSource) -> bool:
    """Whether a range is a `winmail.dat` ([MS-OXTNEF]): see `Format.is_mine`."""
    del source
    return head.startswith(b"\x78\x9f\x3e\x22")


def is_pst(head: bytes, source: ByteSource) -> bool:
    """Whether a range is a store of Outlook's ([MS-PST]): see `Format.is_mine`."""
    del source
    return head.startswith(b"!BDN")


def is_packed_rtf(head: bytes, source: ByteSource) -> bool:
    """Whether a range is a compressed RTF text ([MS-OXRTFCP]), whose size it states: see `Format.is_mine`."""
    return head[8:12] in {b"LZFu", b"MELA"} and int.from_bytes(head[:4], "little") + 4 <= source.size_bytes + 64
