"""DMG images of macOS (UDIF), with their compressions, and sparse images."""

from collections.abc import Iterator

import pymodi

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.images.native import FileObject, NativeMedium
from unseen.sources.disks.volumes import volumes_on
from unseen.sources.layers import Context, Member

__all__ = ["open_dmg", "unpack"]


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Give the volumes on the disk."""
    return volumes_on(open_dmg(source))


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
