"""Archives that are recognised and not read: they are stated, and looked through by carving."""

from collections.abc import Iterator

from unseen.model import ByteSource, Reason
from unseen.sources.carving.carver import carve
from unseen.sources.layers.member import Context, Member

__all__ = ["unpack"]


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Say that nothing here reads this kind, then give what its bytes show: what is only stored can be found."""
    yield Reason.UNSUPPORTED
    yield from carve(source)
