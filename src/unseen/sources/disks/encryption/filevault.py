"""FileVault 2 on CoreStorage, as macOS wrote it before APFS."""

from collections.abc import Iterator

import pyfvde

from unseen.model import ByteSource, Reason
from unseen.sources.disks.images.native import FileObject, NativeMedium
from unseen.sources.disks.volumes import volumes_if_opened
from unseen.sources.layers import Context, Member

__all__ = ["open_filevault", "unpack"]


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give what the logical volumes hold; `encrypted` for one that no password opens."""
    for volume in open_filevault(source, context.secrets.passwords):
        yield from volumes_if_opened(volume)


def open_filevault(source: ByteSource, passwords: tuple[str, ...]) -> Iterator[NativeMedium | None]:
    """Open each logical volume with the first password that fits; None for one that none fits."""
    count = _count(source)
    if not count:
        yield None
    for index in range(count):
        opened = (_try(source, index, password) for password in (None, *passwords))
        yield next((volume for volume in opened if volume is not None), None)


def _count(source: ByteSource) -> int:
    try:
        return int(_open(source).get_volume_group().get_number_of_logical_volumes())
    except (OSError, MemoryError):
        return 0


def _try(source: ByteSource, index: int, password: str | None) -> NativeMedium | None:
    try:
        outer = _open(source)
        volume = outer.get_volume_group().get_logical_volume(index)
        if password is not None:
            volume.set_password(password)
            volume.unlock()
        return None if volume.is_locked() else _Kept(volume, outer)
    except (OSError, MemoryError, UnicodeEncodeError):
        return None


def _open(source: ByteSource) -> "pyfvde.volume":
    outer = pyfvde.volume()
    outer.open_file_object(FileObject(source))
    outer.open_physical_volume_files_as_file_objects([FileObject(source)])
    return outer


class _Kept(NativeMedium):
    """A logical volume; what it belongs to must stay as long as it does."""

    def __init__(self, volume: "pyfvde.logical_volume", outer: "pyfvde.volume") -> None:
        super().__init__(volume, volume.get_size())
        self._outer = outer
