"""What stands behind the end of a container, where nobody looks."""

from collections.abc import Iterator

from unseen.model import ByteSource, State
from unseen.sources.layers.member import Member
from unseen.sources.layers.ranges import Part

__all__ = ["REST_BYTES_MIN", "rest_of"]

# Fewer bytes than any picture has.
REST_BYTES_MIN = 64
_PIECE_BYTES = 1 << 20


def rest_of(source: ByteSource, start: int, layer: str, *, stop: int | None = None) -> Iterator[Member]:
    """Give some bytes that belong to nothing as a member `bytes from N`, unless they are few, or all zeros.

    Args:
        source: The container.
        start: Where they begin.
        layer: Kind of the step that leads there.
        stop: Where they end; None for the end of the container.

    Raises:
        UnreadError: They cannot be read.
    """
    rest = Part(source, start, (source.size_bytes if stop is None else stop) - start)
    if rest.size_bytes >= REST_BYTES_MIN and not _is_blank(rest):
        yield Member(layer=layer, address=f"bytes from {start}", open=lambda: rest, state=State.ORPHAN)


def _is_blank(part: Part) -> bool:
    return not any(part.read_at(at, _PIECE_BYTES).strip(b"\0") for at in range(0, part.size_bytes, _PIECE_BYTES))
