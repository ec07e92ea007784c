"""VHD and VHDX images, fixed and growing."""

from collections.abc import Iterator

import pyvhdi

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.images.native import FileObject, NativeMedium
from unseen.sources.disks.volumes import volumes_on
from unseen.sources.layers import Context, Member

__all__ = ["open_vhd", "unpack"]


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Give the volumes on the disk."""
    return volumes_on(open_vhd(source))


def open_vhd(source: ByteSource) -> NativeMedium:
    """Open the disk in an image.

    Raises:
        UnreadError: It holds only what differs from another image, or it is broken.
    """
    image = pyvhdi.file()
    try:
        image.open_file_object(FileObject(source))
        if image.get_disk_type() == pyvhdi.disk_types.DIFFERENTIAL:
            raise UnreadError(Reason.UNSUPPORTED)
        return NativeMedium(image, image.get_media_size())
    except (OSError, MemoryError) as error:
        raise UnreadError(Reason.UNREADABLE) from error
