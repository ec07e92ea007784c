"""Mailboxes (RFC 4155): one message behind the other. Read piece by piece, however long they are."""

from collections.abc import Iterator
from functools import partial

from unseen.model import ByteSource, Reason
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.ranges import Part
from unseen.sources.mail.signs import SEPARATOR

__all__ = ["unpack"]

_PIECE_BYTES = 4 << 20
# A separator and the first header behind it are no longer.
_SEAM_BYTES = 2_048


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give each message, without the line that separates it; see `registry.Unpack`."""
    del context
    begun: int | None = None
    number = 0
    for start, end in _separators(source):
        if begun is not None:
            number += 1
            yield _message(source, number, begun, start)
        begun = end
    if begun is not None:
        yield _message(source, number + 1, begun, source.size_bytes)


def _separators(source: ByteSource) -> Iterator[tuple[int, int]]:
    """Where each separating line begins and ends."""
    at = done = 0
    while at < source.size_bytes:
        # One byte before, so that a line is seen to begin.
        before = min(at, 1)
        piece = source.read_at(at - before, before + _PIECE_BYTES + _SEAM_BYTES)
        for match in SEPARATOR.finditer(piece):
            start = at - before + match.start()
            is_line = match.start() > 0 or start == 0
            if is_line and start >= done and match.start() - before < _PIECE_BYTES:
                done = at - before + match.end()
                yield start, done
        at += _PIECE_BYTES


def _message(source: ByteSource, number: int, start: int, end: int) -> Member:
    return Member(layer="mbox", address=f"message {number}", open=partial(Part, source, start, end - start))
