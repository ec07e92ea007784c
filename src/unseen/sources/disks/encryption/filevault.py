"""FileVault 2 on CoreStorage, as macOS wrote it before APFS."""

import hashlib
import re
from collections.abc import Iterator, Sequence

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.encryption.corestorage import Group, LogicalVolume, read_group
from unseen.sources.disks.encryption.filevault_keys import find_master_key, root_keys
from unseen.sources.disks.encryption.sectors import SECTOR_BYTES, EncryptedSectors
from unseen.sources.disks.volumes import volumes_if_opened
from unseen.sources.layers import Context, Member, Part, Segments

__all__ = ["open_filevault", "unpack"]

# A volume in the clear begins with HFS+ or HFSX: macOS made no other kind on CoreStorage.
_PLAIN_AT, _PLAIN = 1024, (b"H+", b"HX")
# Some of it is encrypted and some is not, and where the one ends is kept nowhere that is known.
_CONVERTING = re.compile(rb"<key>ConversionStatus</key>\s*<string[^>]*>Converting<")


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give what the logical volumes hold; `encrypted` for one that no password opens."""
    for volume in open_filevault(source, context.secrets.spelled):
        yield from volumes_if_opened(volume)


def open_filevault(source: ByteSource, passwords: tuple[str, ...]) -> Iterator[ByteSource | None]:
    """Open each logical volume with the first password that fits; None for one that none fits.

    Raises:
        UnreadError: Its descriptions are broken, it lies on several disks, or is half way through being encrypted.
    """
    try:
        group = read_group(source)
    except UnreadError as error:
        if error.reason is not Reason.UNREADABLE:
            raise
        yield None
        return
    key = _master_key(source, group, passwords)
    for volume in group.volumes:
        parts = [(each.at, Part(source, each.offset, each.size_bytes)) for each in volume.stretches]
        if any(part.size_bytes < each.size_bytes for (_, part), each in zip(parts, volume.stretches, strict=True)):
            raise UnreadError(Reason.TRUNCATED)
        if parts[0][1].read_at(_PLAIN_AT, 2) in _PLAIN:
            yield _joined(volume, parts)
        else:
            yield _joined(volume, [(at, _decrypted(part, at, key, volume)) for at, part in parts]) if key else None


def _master_key(source: ByteSource, group: Group, passwords: tuple[str, ...]) -> bytes | None:
    lists = group.keys[-1:] or list(root_keys(source, group.key))
    if any(_CONVERTING.search(each) for each in lists):
        raise UnreadError(Reason.UNSUPPORTED)
    return find_master_key(lists, passwords)


def _decrypted(part: Part, at: int, key: bytes, volume: LogicalVolume) -> EncryptedSectors:
    tweak = hashlib.sha256(key + volume.family).digest()[:16]
    return EncryptedSectors(part, key + tweak, first=at // SECTOR_BYTES)


def _joined(volume: LogicalVolume, parts: Sequence[tuple[int, ByteSource]]) -> ByteSource:
    """The volume, with zeros where nothing of it lies anywhere."""
    laid: list[ByteSource] = []
    end = 0
    for at, part in [*parts, (volume.size_bytes, None)]:
        if at > end:
            laid.append(_Zeros(at - end))
        if part is not None:
            laid.append(part)
            end = at + part.size_bytes
    return Part(Segments(laid), 0, volume.size_bytes)


class _Zeros:
    """What was never written."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes

    def read_at(self, offset: int, size: int) -> bytes:
        """See `ByteSource.read_at`."""
        return bytes(max(0, min(size, self.size_bytes - offset)))
