"""Images of disks that are recognised, and that nothing here looks into."""

from collections.abc import Iterator

from unseen.model import ByteSource, Reason
from unseen.sources.layers import Context, Member

__all__ = ["unpack"]


def unpack(_source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Say so."""
    yield Reason.UNSUPPORTED
