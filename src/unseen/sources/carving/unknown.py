"""Files of no known kind, looked into by carving."""

from collections.abc import Iterator

from unseen.model import ByteSource, Reason
from unseen.sources.carving.carver import carve
from unseen.sources.layers.member import Context, Member

__all__ = ["unpack"]


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give what is found in a file of no known kind; see `unseen.sources.layers.registry.Unpack`."""
    del context
    yield from carve(source)
