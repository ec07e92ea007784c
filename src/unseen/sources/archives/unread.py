"""Archives that are recognised and not read: they are stated."""

from collections.abc import Iterator

from unseen.model import ByteSource, Reason
from unseen.sources.layers.member import Context, Member

__all__ = ["unpack"]


def unpack(_source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Say that nothing here reads this kind."""
    yield Reason.UNSUPPORTED
