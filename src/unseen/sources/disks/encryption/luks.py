"""LUKS volumes of Linux: version 1 by libluksde, version 2 by code of our own, since libluksde reads none."""

import struct
from collections.abc import Iterator

import pyluksde

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.encryption.luks2 import open_luks2
from unseen.sources.disks.images.native import FileObject, NativeMedium
from unseen.sources.disks.volumes import volumes_if_opened
from unseen.sources.layers import Context, Member

__all__ = ["open_luks", "unpack"]

_KEY_ITERATIONS_AT, _SLOTS_AT, _SLOTS = 164, 208, 8
# State, iterations, salt, place and stripes.
_SLOT, _SLOT_IN_USE = struct.Struct(">II40x"), 0x00AC71F3
# cryptsetup aims at two seconds, some millions; a header that asks for more would hold up whoever reads it.
_ITERATIONS_MAX = 50_000_000


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give what the volume holds, or `encrypted`."""
    yield from volumes_if_opened(open_luks(source, context.secrets.passwords))


def open_luks(source: ByteSource, passwords: tuple[str, ...]) -> ByteSource | None:
    """Open a volume with the first password that fits; None where none does.

    Raises:
        UnreadError: Its header is broken, or asks for a cipher that nothing here has.
    """
    (version,) = struct.unpack(">H", source.read_at(6, 2).ljust(2, b"\0"))
    if version == 2:
        return open_luks2(source, passwords)
    if passwords and _iterations(source) > _ITERATIONS_MAX:
        raise UnreadError(Reason.UNSUPPORTED)
    for password in passwords:
        volume = pyluksde.volume()
        try:
            volume.set_password(password)
            volume.open_file_object(FileObject(source))
            if not volume.is_locked():
                return NativeMedium(volume, volume.get_size())
        except (OSError, MemoryError, UnicodeEncodeError):
            continue
    return None


def _iterations(source: ByteSource) -> int:
    """How often trying one password digests something, all its slots together (LUKS On-Disk Format 1.2.3)."""
    head = source.read_at(0, _SLOTS_AT + _SLOTS * _SLOT.size).ljust(_SLOTS_AT + _SLOTS * _SLOT.size, b"\0")
    (of_key,) = struct.unpack_from(">I", head, _KEY_ITERATIONS_AT)
    slots = (_SLOT.unpack_from(head, _SLOTS_AT + number * _SLOT.size) for number in range(_SLOTS))
    in_use = sum(iterations for state, iterations in slots if state == _SLOT_IN_USE)
    return int(of_key) * _SLOTS + int(in_use)
