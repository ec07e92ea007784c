"""VMDK images: sparse, flat and stream-optimized, in one file or in several."""

from collections.abc import Iterator

import pyvmdk

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.images.leftovers import leftovers
from unseen.sources.disks.images.native import FileObject, NativeMedium
from unseen.sources.disks.images.placed import placed_in_vmdk, vmdk_end
from unseen.sources.disks.volumes import volumes_on
from unseen.sources.layers import Context, Medium, Member, Part, Segments

__all__ = ["open_vmdk", "unpack"]

# Says of an image that it lists only what differs from none other.
_NO_PARENT = 0xFFFFFFFF


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Medium | Reason]:
    """Give the volumes on the disk, then what lies in its files and not on the disk.

    Of an image in several files places are counted over all of them, the description first.
    """
    image = source if isinstance(source, Segments) else Part(source, 0, vmdk_end(source))
    disk = open_vmdk(image)
    yield Medium(disk.size_bytes)
    yield from volumes_on(disk)
    parts = image.parts if isinstance(image, Segments) else (image,)
    yield from leftovers(source, placed_in_vmdk(parts), layer="vmdk")


def open_vmdk(source: ByteSource) -> NativeMedium:
    """Open the disk in an image.

    Args:
        source: A sparse image; or, as `Segments`, a description and after it the files that it names.

    Raises:
        UnreadError: It builds on another image, a file of it is missing, or it is broken.
    """
    parts = source.parts if isinstance(source, Segments) else (source,)
    handle = pyvmdk.handle()
    try:
        handle.open_file_object(FileObject(parts[0]))
        parent = handle.get_parent_content_identifier()
        extents = handle.get_number_of_extents()
    except (OSError, MemoryError) as error:
        raise UnreadError(Reason.UNREADABLE) from error
    if parent not in {None, _NO_PARENT}:
        raise UnreadError(Reason.UNSUPPORTED)
    if len(parts) == 1 and source.read_at(0, 4) == b"KDMV":
        files = [FileObject(parts[0])]
    else:
        files = [FileObject(part) for part in parts[1:]]
    if len(files) < extents:
        raise UnreadError(Reason.TRUNCATED)
    try:
        handle.open_extent_data_files_as_file_objects(files)
        return NativeMedium(handle, handle.get_media_size())
    except (OSError, MemoryError) as error:
        raise UnreadError(Reason.UNREADABLE) from error
