"""Three digests of the same bytes by the standard library: what native code must equal."""

import hashlib

__all__ = ["TripleDigest"]


class TripleDigest:
    """SHA-256, SHA-1 and MD5, one after the other."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256(usedforsecurity=False)
        # Lists speak MD5 and SHA-1; nothing here rests on their strength.
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._md5 = hashlib.md5(usedforsecurity=False)

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._sha256.update(data)
        self._sha1.update(data)
        self._md5.update(data)

    def digests(self) -> tuple[bytes, bytes, bytes]:
        """SHA-256, SHA-1 and MD5 of all bytes so far."""
        return self._sha256.digest(), self._sha1.digest(), self._md5.digest()
