"""VHD and VHDX images, fixed and growing."""

from collections.abc import Iterator

import pyvhdi

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.images.leftovers import leftovers
from unseen.sources.disks.images.native import FileObject, NativeMedium
from unseen.sources.disks.images.placed import placed_in_vhd, placed_in_vhdx, vhd_end
from unseen.sources.disks.volumes import volumes_on
from unseen.sources.layers import Context, Medium, Member, Part

__all__ = ["open_vhd", "unpack"]


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Medium | Reason]:
    """Give the volumes on the disk, then what lies in the file and not on the disk."""
    end = vhd_end(source) if source.read_at(0, 8) == b"conectix" else source.size_bytes
    image = Part(source, 0, end)
    disk = open_vhd(image)
    yield Medium(disk.size_bytes)
    yield from volumes_on(disk)
    is_newer = source.read_at(0, 8) == b"vhdxfile"
    placed = (placed_in_vhdx if is_newer else placed_in_vhd)(image, disk.size_bytes)
    yield from leftovers(source, placed, layer="vhd")


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
