"""How backups of phones begin."""

import struct

from unseen.model import ByteSource

__all__ = [
    "FOLDER_ENTRY",
    "FOLDER_LENGTH",
    "FOLDER_MAGIC",
    "INDEX_NAMES",
    "JOURNAL_NAME",
    "MANIFEST_BYTES_MAX",
    "PLIST_NAME",
    "is_android_backup",
    "is_folder",
    "is_itunes_manifest",
]

# How a folder is lent: see `unseen.sources.backup_folders`.
FOLDER_MAGIC = b"UNSEEN FOLDER 1\n"
FOLDER_LENGTH = struct.Struct("<Q")
FOLDER_ENTRY = struct.Struct("<QH")
# What says how a backup was made, and what its files were called; the second of these before iOS 10.
PLIST_NAME, INDEX_NAMES = "Manifest.plist", ("Manifest.db", "Manifest.mbdb")
# Changes to the first of them that a program had not yet written into it.
JOURNAL_NAME = "Manifest.db-wal"
# A manifest names each application that was installed, in some hundred bytes.
MANIFEST_BYTES_MAX = 16 << 20


def is_android_backup(head: bytes, _source: ByteSource) -> bool:
    """Whether it is what `adb backup` writes."""
    return head.startswith(b"ANDROID BACKUP\n")


def is_folder(head: bytes, _source: ByteSource) -> bool:
    """Whether it is a folder of a backup, as `unseen.sources.phones.folder` lends it."""
    return head.startswith(FOLDER_MAGIC)


def is_itunes_manifest(head: bytes, source: ByteSource) -> bool:
    """Whether it is the Manifest.plist of a backup by iTunes or the Finder: a property list with a bag of keys."""
    is_list = head.startswith(b"bplist00") or (head.startswith(b"<?xml") and b"<plist" in head)
    if not is_list or source.size_bytes > MANIFEST_BYTES_MAX:
        return False
    return b"BackupKeyBag" in head or b"BackupKeyBag" in source.read_at(0, source.size_bytes)
