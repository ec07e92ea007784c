"""The certificates in an answer of a time stamping authority, brought into the order that DER asks for.

Format: RFC 3161 section 2.4.2 around RFC 5652 section 5.1. Many authorities, those built on OpenSSL among them, send
their chain in the order of the chain, and strict readers refuse it. No signature covers that order.
"""

from collections.abc import Iterator

__all__ = ["in_order"]

# Tag of the certificates: [0], implicit, of a SET.
_CERTIFICATES = 0xA0


def in_order(answer: bytes) -> bytes:
    """The same answer with its certificates sorted; what is not of that form is given back as it is.

    Args:
        answer: A TimeStampResp in DER, or anything.
    """
    try:
        # TimeStampResp: its status and the ContentInfo; in that a name and, tagged, the SignedData.
        _, token = _elements(answer, *_inside(answer, 0))
        _, tagged = _elements(answer, *_inside(answer, token))
        signed = _elements(answer, *_inside(answer, _inside(answer, tagged)[0]))
        at = next(at for at in signed if answer[at] == _CERTIFICATES)
        start, end = _inside(answer, at)
        certificates = [answer[one : _inside(answer, one)[1]] for one in _elements(answer, start, end)]
    except (ValueError, IndexError, StopIteration):
        return answer
    return answer[:start] + b"".join(sorted(certificates)) + answer[end:]


def _elements(data: bytes, start: int, end: int) -> Iterator[int]:
    """Where each element between two places begins."""
    while start < end:
        yield start
        start = _inside(data, start)[1]
    if start != end:
        raise ValueError("an element reaches beyond the one that it is in")


def _inside(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of an element begins and ends."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        width = length & 0x7F
        length, start = int.from_bytes(data[start : start + width], "big"), start + width
    if start + length > len(data):
        raise ValueError("an element reaches beyond the end")
    return start, start + length
