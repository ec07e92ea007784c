"""Backups of phones. Full images of their file systems are archives or disk images like any other."""

from unseen.sources.phones.signatures import is_android_backup, is_itunes_manifest

__all__ = ["is_android_backup", "is_itunes_manifest"]
