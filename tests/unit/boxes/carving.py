"""Carves what follows the sign in bytes of no known kind."""

from collections.abc import Iterator

from tests.unit.boxes.box import SIGN

from unseen.model import ByteSource, Reason, State
from unseen.sources.layers import Context, Member, Part


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """See `unseen.sources.layers.registry.Unpack`."""
    at = source.read_at(0, source.size_bytes).find(SIGN)
    part = Part(source, at + len(SIGN), 10)
    yield Member(layer="carved", address=f"@{at}", open=lambda: part, state=State.CARVED)
