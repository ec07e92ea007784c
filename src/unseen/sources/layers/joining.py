"""Members of one container that continue each other: images and archives that their maker cut into several files."""

from unseen.model import ByteSource
from unseen.sources.layers.member import Member
from unseen.sources.layers.ranges import Segments
from unseen.sources.segments import is_later_segment, may_be_segment, open_later_segments

__all__ = ["BESIDE_MEMORY_BYTES", "PARTS_MAX", "whole_of"]

# What is unpacked may be held in memory up to here; of more, each part is unpacked again as it is read.
BESIDE_MEMORY_BYTES = 1 << 20
# Each part that is unpacked while it is read has some eight mebibytes of it in memory: see `Rereadable`.
PARTS_MAX = 100


def whole_of(member: Member, content: ByteSource) -> ByteSource | None:
    """What a member and those that continue it are together.

    Returns:
        As `Segments`, if there are any; else its own content. None where another member is continued by this one.
    """
    beside = member.beside
    folder, slash, name = member.address.rpartition("/")
    if beside is None or not may_be_segment(name):
        return content

    def opener(other: str) -> ByteSource | None:
        return beside(folder + slash + other)

    if is_later_segment(name, opener, segments_max=PARTS_MAX):
        return None
    later = open_later_segments(name, content, opener, segments_max=PARTS_MAX)
    return Segments([content, *later]) if later else content
