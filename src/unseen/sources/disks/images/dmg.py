"""DMG images of macOS (UDIF), with their compressions, and sparse images."""

from collections.abc import Iterator

import pymodi

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.images.leftovers import leftovers
from unseen.sources.disks.images.native import FileObject, NativeMedium
from unseen.sources.disks.images.placed import placed_in_dmg
from unseen.sources.disks.volumes import volumes_on
from unseen.sources.layers import Context, Member

__all__ = ["open_dmg", "unpack"]


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Give the volumes on the disk; of UDIF then what lies in the file and not on the disk."""
    yield from volumes_on(open_dmg(source))
    if source.read_at(0, 4) != b"sprs":
        yield from leftovers(source, placed_in_dmg(source), layer="dmg")


def open_dmg(source: ByteSource) -> NativeMedium:
    """Open the disk in an image.

    Raises:
        UnreadError: It is broken.
    """
    image = pymodi.handle()
    try:
        image.open_file_object(FileObject(source))
        return NativeMedium(image, image.get_media_size())
    except (OSError, MemoryError) as error:
        raise UnreadError(Reason.UNREADABLE) from error
