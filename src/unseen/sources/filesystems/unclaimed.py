"""What no file of a volume claims: free blocks, rests of last blocks, the file system's own, and what lies behind.

Told from what the files claim, not from the file system's own account of free blocks, which may be damaged or lie: so
every byte of a volume is read as part of a file or looked through here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from unseen.model import ByteSource, Reason, State
from unseen.sources.carving import find
from unseen.sources.filesystems.extents import Claims, Extent, Scattered, cut, joined
from unseen.sources.layers.member import Member

__all__ = ["Account"]


@dataclass(slots=True)
class Account:
    """Which bytes of a volume have been given as items, and which belong to anything.

    Attributes:
        source: The volume.
        occupied: Blocks of all that is allocated, directories too.
    """

    source: ByteSource
    occupied: Claims = field(init=False)
    _screened: Claims = field(init=False)
    _recovered: set[tuple[Extent, ...]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.occupied = Claims(self.source.size_bytes)
        self._screened = Claims(self.source.size_bytes)

    def screened(self, extents: tuple[Extent, ...]) -> None:
        """Note that these bytes are an allocated item's."""
        self._screened.add(extents)

    def recovered(self, extents: tuple[Extent, ...]) -> None:
        """Note that these bytes are a deleted item's: found again as they are, they are not given twice."""
        self._recovered.add(joined(extents))

    def carve(self, layer: str) -> Iterator[Member | Reason]:
        """Look through all that no allocated item claims: first what belongs to nothing, then what is left.

        Free blocks are looked through as if they followed on each other: a deleted file that lay in several of them is
        found whole where only other files lie between.

        Yields:
            Members with state `carved` and address `@OFFSET+SIZE`: where in the volume the first byte lies, and how
            many bytes there are.
        """
        free = tuple(self.occupied.merged().gaps())
        yield from self._carve_in(Scattered(self.source, free), layer)
        self._screened.add(free)
        yield from self._carve_in(Scattered(self.source, self._screened.merged().gaps()), layer)

    def _carve_in(self, space: Scattered, layer: str) -> Iterator[Member | Reason]:
        for found in find(space):
            if isinstance(found, Reason):
                yield found
                continue
            extents = joined(space.within(found.offset, found.size_bytes))
            if extents not in self._recovered:
                yield self._member(layer, extents, found.size_bytes)

    def _member(self, layer: str, extents: tuple[Extent, ...], size_bytes: int) -> Member:
        return Member(
            layer=layer,
            address=f"@{extents[0].offset}+{size_bytes}",
            open=lambda: Scattered(self.source, cut(extents, size_bytes)),
            state=State.CARVED,
        )
