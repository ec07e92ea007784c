"""Which layers there are, how each is recognised by its bytes, and which module looks into it."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, cast

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.archives import signatures as archives
from unseen.sources.disks import signatures as disks
from unseen.sources.documents import signs as documents
from unseen.sources.filesystems import recognition as volumes
from unseen.sources.layers.member import Context, Medium, Member
from unseen.sources.mail import signs as mail
from unseen.sources.phones import signatures as phones
from unseen.sources.pictures import outline as pictures

__all__ = ["FORMATS", "HEAD_BYTES", "UNKNOWN", "Format", "Unpack", "load_formats", "recognise"]

# ISO 9660 names itself at byte 32,769; every other signature at a start lies nearer.
HEAD_BYTES = 33_000


# Packages whose readers look at disks.
DISK_READERS: tuple[str, ...] = ("unseen.sources.disks.", "unseen.sources.filesystems.")


class Unpack(Protocol):
    """Looks into one layer."""

    def __call__(self, source: ByteSource, context: Context, /) -> Iterator[Member | Medium | Reason]:
        """Give the members in order; a bare reason says that something of this layer could not be looked into, why.

        Members come one at a time: the next is asked for when the last has been read or left alone. `UnreadError` may
        be raised at any moment and ends the layer with its reason; any other exception is a fault of the reader.
        """


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of container.

    Attributes:
        name: As reasons and locators name it.
        is_mine: Says whether a range is of this kind, from its first `HEAD_BYTES` bytes and, where these do not
            decide, from the range itself. Cheap, pure, and may raise nothing but `UnreadError`.
        module: Where `unpack` is; imported only by the process that looks inside.
        is_picture: The item is hashed as a picture all the same: this layer is what lies beside its pixels.
    """

    name: str
    is_mine: Callable[[bytes, ByteSource], bool]
    module: str
    is_picture: bool = False

    @property
    def is_disk(self) -> bool:
        """Whether it is an image of a disk, or on one: the process that looks into it is never given another file."""
        return self.module.startswith(DISK_READERS)


_STREAMS = "unseen.sources.archives.streams"

# In the order of asking: the first that says yes has it.
FORMATS: tuple[Format, ...] = (
    # First: what begins as a picture is one, whatever its end or its middle say.
    Format("picture", pictures.has_more, "unseen.sources.pictures.reader", is_picture=True),
    Format("ewf", disks.is_ewf, "unseen.sources.disks.ewf.medium"),
    Format("qcow2", disks.is_qcow2, "unseen.sources.disks.images.qcow"),
    Format("vmdk", disks.is_vmdk, "unseen.sources.disks.images.vmdk"),
    Format("vdi", disks.is_vdi, "unseen.sources.disks.images.vdi"),
    Format("vhd", disks.is_vhd, "unseen.sources.disks.images.vhd"),
    Format("dmg", disks.is_dmg, "unseen.sources.disks.images.dmg"),
    Format("bitlocker", disks.is_bitlocker, "unseen.sources.disks.encryption.bitlocker"),
    Format("luks", disks.is_luks, "unseen.sources.disks.encryption.luks"),
    Format("filevault", disks.is_filevault, "unseen.sources.disks.encryption.filevault"),
    Format("lvm2", disks.is_lvm2, "unseen.sources.disks.lvm.volumes"),
    Format("mdraid", disks.is_mdraid, "unseen.sources.disks.pools"),
    Format("foreign-image", disks.is_foreign_image, "unseen.sources.disks.images.foreign"),
    Format("zip", archives.starts_as_zip, "unseen.sources.archives.zip_files.reader"),
    Format("7z", archives.is_behind_program(archives.SEVEN_ZIP), "unseen.sources.archives.sevenzip"),
    Format("gz", archives.starts_with(b"\x1f\x8b\x08"), "unseen.sources.archives.gzips"),
    Format("bz2", archives.starts_with(b"BZh"), _STREAMS),
    Format("xz", archives.starts_with(b"\xfd7zXZ\0"), _STREAMS),
    Format("zstd", archives.starts_with(b"\x28\xb5\x2f\xfd"), _STREAMS),
    Format("lz4", archives.starts_with(b"\x04\x22\x4d\x18"), _STREAMS),
    Format("lzip", archives.starts_with(b"LZIP"), _STREAMS),
    Format("compress", archives.starts_with(b"\x1f\x9d"), _STREAMS),
    Format("cab", archives.starts_with(b"MSCF\0\0\0\0"), _STREAMS),
    Format("ar", archives.starts_with(b"!<arch>\n"), _STREAMS),
    Format("xar", archives.starts_with(b"xar!"), _STREAMS),
    Format("rar", archives.is_behind_program(archives.RAR), _STREAMS),
    Format("lha", archives.is_lha, _STREAMS),
    Format("cpio", archives.is_cpio, _STREAMS),
    Format("tar", archives.is_tar, _STREAMS),
    Format("lzma", archives.is_lzma, _STREAMS),
    Format("other archive", archives.is_unread, "unseen.sources.archives.unread"),
    Format("ab", phones.is_android_backup, "unseen.sources.phones.android_backup"),
    Format("itunes backup", phones.is_folder, "unseen.sources.phones.itunes_backup"),
    Format("itunes", phones.is_itunes_manifest, "unseen.sources.phones.itunes_manifest"),
    Format("pst", mail.is_pst, "unseen.sources.mail.pst"),
    Format("tnef", mail.is_tnef, "unseen.sources.mail.tnef"),
    Format("mbox", mail.is_mailbox, "unseen.sources.mail.mailbox"),
    Format("mail", mail.is_message, "unseen.sources.mail.message"),
    Format("pdf", documents.is_pdf, "unseen.sources.documents.pdf"),
    Format("ole", documents.is_ole, "unseen.sources.documents.ole"),
    Format("rtf", documents.is_rtf, "unseen.sources.documents.rtf"),
    Format("packed rtf", mail.is_packed_rtf, "unseen.sources.mail.packed_rtf"),
    Format("thumbcache", pictures.is_thumbcache, "unseen.sources.pictures.thumbcache"),
    # File systems before tables of partitions: an ISO 9660 image may have one too, which leads back to its own start.
    Format("ntfs", volumes.is_ntfs, "unseen.sources.filesystems.sleuthkit.reader"),
    Format("exfat", volumes.is_exfat, "unseen.sources.filesystems.sleuthkit.reader"),
    Format("iso9660", volumes.is_iso9660, "unseen.sources.filesystems.sleuthkit.reader"),
    Format("ext", volumes.is_ext, "unseen.sources.filesystems.sleuthkit.reader"),
    Format("hfs", volumes.is_hfs, "unseen.sources.filesystems.sleuthkit.reader"),
    Format("apfs", volumes.is_apfs, "unseen.sources.filesystems.apfs"),
    Format("fat", volumes.is_fat, "unseen.sources.filesystems.sleuthkit.reader"),
    Format("foreign-file-system", volumes.is_unsupported, "unseen.sources.filesystems.foreign"),
    Format("disk", disks.is_disk, "unseen.sources.disks.volumes"),
    # Last, since it asks for the end of everything that nobody else knows.
    Format("zip", archives.ends_as_zip, "unseen.sources.archives.zip_files.reader"),
)

# For what is of no known kind, neither container nor picture, where `unseen.sources.carving.may_hold_pictures` says
# yes to a piece of it.
UNKNOWN = Format("carved", lambda _head, _source: True, "unseen.sources.carving.unknown")


def recognise(source: ByteSource) -> Format | None:
    """Say which kind of container some bytes are, by their content and never by a name; None for none.

    Raises:
        UnreadError: The first bytes cannot be read.
    """
    head = source.read_at(0, HEAD_BYTES)
    for each in FORMATS:
        try:
            if each.is_mine(head, source):
                return each
        except UnreadError:
            # Some ask for the end of everything: an image cut short keeps the file system at its beginning.
            continue
    return None


def load_formats() -> dict[str, Unpack | None]:
    """Import every reader: a process that is to be locked can import nothing afterwards.

    Returns:
        By name of the format; None where what it needs is not installed.
    """
    loaded: dict[str, Unpack | None] = {}
    for each in (*FORMATS, UNKNOWN):
        try:
            module = importlib.import_module(each.module)
            # Some libraries load parts of themselves when these are first used.
            getattr(module, "warm_up", lambda: None)()
            loaded[each.name] = cast("Unpack", module.unpack)
        except ImportError:
            loaded[each.name] = None
    return loaded
