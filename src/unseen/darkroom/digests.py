"""Three digests of an item's bytes, in one pass."""

import hashlib

from unseen.darkroom.reading.signs import SignFinder
from unseen.hashing.known_files import KnownFiles
from unseen.model import ByteSource, ItemHashes, Reason, Variant

__all__ = ["CHUNK_BYTES", "Digests", "digest_memory", "digest_source"]

# Fits the second-level cache, so that three digests read memory once.
CHUNK_BYTES = 256 * 1024


class Digests:
    """Three digests of the same bytes, side by side."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256(usedforsecurity=False)
        # Lists speak MD5 and SHA-1; nothing here rests on their strength.
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.size_bytes = 0

    def update(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._sha256.update(chunk)
        self._sha1.update(chunk)
        self._md5.update(chunk)
        self.size_bytes += len(chunk)

    def are_of(self, known_files: KnownFiles) -> bool:
        """Whether what was digested so far is a commonplace file."""
        return bool(known_files) and known_files.hold(self._sha256.digest(), self._sha1.digest(), self._md5.digest())

    def finish(
        self,
        reason: Reason | None,
        canonical: tuple[bytes | None, int | None] = (None, None),
        variants: tuple[Variant, ...] = (),
        extra: tuple[tuple[str, bytes], ...] = (),
    ) -> ItemHashes:
        """The digests, with what else was found."""
        pdq, quality = canonical
        return ItemHashes(
            size_bytes=self.size_bytes,
            sha256=self._sha256.digest(),
            sha1=self._sha1.digest(),
            md5=self._md5.digest(),
            pdq=pdq,
            pdq_quality=quality,
            variants=variants,
            extra=extra,
            reason=reason,
        )


def digest_source(source: ByteSource, signs: SignFinder | None = None) -> Digests:
    """Digest some bytes in constant memory, from the first to the last.

    Args:
        source: The bytes.
        signs: Shown them too.

    Raises:
        UnreadError: They cannot be read.
    """
    digests, offset = Digests(), 0
    while piece := source.read_at(offset, CHUNK_BYTES):
        digests.update(piece)
        if signs is not None:
            signs.watch(piece)
        offset += len(piece)
    return digests


def digest_memory(data: bytes | memoryview) -> Digests:
    """Digest bytes."""
    digests, view = Digests(), memoryview(data)
    for start in range(0, len(view), CHUNK_BYTES):
        digests.update(view[start : start + CHUNK_BYTES])
    return digests
