"""The Manifest.plist of a backup by iTunes or the Finder: says whether the files beside it are encrypted.

They are named by digests, and encrypted ones look like noise: without this nothing would tell that they were not read.
Where a password opens them, the folder as a whole gives them: `unseen.sources.phones.itunes_backup`.
"""

import hashlib
from collections.abc import Iterator

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers.member import Context, Member
from unseen.sources.phones.keybag import Keys, read_manifest
from unseen.sources.phones.signatures import MANIFEST_BYTES_MAX

__all__ = ["unpack", "warm_up"]


def warm_up() -> None:
    """Use what the libraries load when it is first used."""
    for name in ("sha256", "sha1"):
        hashlib.pbkdf2_hmac(name, b"", b"salt", 1, 32)


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Say that the backup is encrypted, if it is and no password opens it."""
    try:
        manifest = read_manifest(source.read_at(0, min(source.size_bytes, MANIFEST_BYTES_MAX)))
        if manifest["IsEncrypted"] and Keys.open(manifest["BackupKeyBag"], context.secrets.passwords) is None:
            yield Reason.ENCRYPTED
    except UnreadError as error:
        yield error.reason
