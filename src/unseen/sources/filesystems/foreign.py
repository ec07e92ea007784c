"""File systems that are known by their signs and not read: their bytes are looked through all the same."""

from collections.abc import Iterator

from unseen.model import ByteSource, Reason
from unseen.sources.filesystems.unclaimed import Account
from unseen.sources.layers.member import Context, Member

__all__ = ["unpack"]

_LAYER = "blocks"


def unpack(source: ByteSource, _: Context) -> Iterator[Member | Reason]:
    """Say that no file of it can be given, then give what its bytes show by their own structure."""
    yield Reason.UNSUPPORTED
    yield from Account(source).carve(_LAYER)
