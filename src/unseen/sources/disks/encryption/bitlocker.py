"""BitLocker volumes, also of removable disks: with a password, a recovery key, or none where it was suspended."""

import re
from collections.abc import Iterator

import pybde

from unseen.model import ByteSource, Reason
from unseen.sources.disks.images.native import FileObject, NativeMedium
from unseen.sources.disks.volumes import volumes_if_opened
from unseen.sources.layers import Context, Member

__all__ = ["open_bitlocker", "unpack"]

# Eight groups of six digits, as Windows prints it.
_RECOVERY_KEY = re.compile(r"\s*(?:\d{6}-){7}\d{6}\s*")


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give what the volume holds, or `encrypted`."""
    yield from volumes_if_opened(open_bitlocker(source, context.secrets.passwords))


def open_bitlocker(source: ByteSource, passwords: tuple[str, ...]) -> NativeMedium | None:
    """Open a volume with the first password that fits; None where none does.

    Args:
        source: The encrypted volume.
        passwords: Passwords and recovery keys; a volume whose key lies open needs none.
    """
    for password in (None, *passwords):
        volume = pybde.volume()
        try:
            if password is not None and _RECOVERY_KEY.fullmatch(password):
                volume.set_recovery_password(password.strip())
            elif password is not None:
                volume.set_password(password)
            volume.open_file_object(FileObject(source))
            if not volume.is_locked():
                return NativeMedium(volume, volume.get_size())
        except (OSError, MemoryError, UnicodeEncodeError):
            # What it can be opened with only is a card or a key file, or nothing typed here could be its password.
            continue
    return None
