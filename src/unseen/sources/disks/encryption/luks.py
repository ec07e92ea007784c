"""LUKS volumes of Linux, of both versions."""

import struct
from collections.abc import Iterator

from unseen.model import ByteSource, Reason
from unseen.sources.disks.encryption.luks1 import open_luks1
from unseen.sources.disks.encryption.luks2 import open_luks2
from unseen.sources.disks.volumes import volumes_if_opened
from unseen.sources.layers import Context, Member

__all__ = ["open_luks", "unpack"]


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
    return open_luks1(source, passwords) if version == 1 and passwords else None
