"""The Manifest.plist of a backup by iTunes or the Finder: says whether the files beside it are encrypted.

They are named by digests, and encrypted ones look like noise: without this nothing would tell that they were not read.
"""

import plistlib
from collections.abc import Iterator
from xml.parsers.expat import ExpatError

from unseen.model import ByteSource, Reason
from unseen.sources.layers.member import Context, Member
from unseen.sources.phones.signatures import MANIFEST_BYTES_MAX

__all__ = ["unpack"]


def unpack(source: ByteSource, _context: Context) -> Iterator[Member | Reason]:
    """Say that the backup is encrypted, if it is."""
    try:
        manifest = plistlib.loads(source.read_at(0, min(source.size_bytes, MANIFEST_BYTES_MAX)))
        is_encrypted = manifest["IsEncrypted"]
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError, ExpatError):
        yield Reason.UNREADABLE
        return
    if is_encrypted:
        yield Reason.ENCRYPTED
