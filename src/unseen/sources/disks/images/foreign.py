"""Images of disks that are recognised and that nothing here puts together: they are looked through by carving."""

from collections.abc import Iterator

from unseen.model import ByteSource, Reason
from unseen.sources.carving import carve
from unseen.sources.layers import Context, Member

__all__ = ["unpack"]


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Say so, then give what its bytes show by their own structure."""
    yield Reason.UNSUPPORTED
    yield from carve(source)
