"""Three digests of an item's bytes, in one pass."""

from unseen import hashing
from unseen.darkroom.reading.signs import SignFinder
from unseen.hashing.known_files import KnownFiles
from unseen.model import ByteSource, ItemHashes, Reason, Variant

__all__ = ["CHUNK_BYTES", "Digests", "digest_memory", "digest_source"]

# Fits the second-level cache, from which every digest then reads.
CHUNK_BYTES = 256 * 1024


class Digests(hashing.Digests):
    """Three digests of an item, and what is said of it beside them."""

    def are_of(self, known_files: KnownFiles) -> bool:
        """Whether what was digested so far is a commonplace file."""
        return bool(known_files) and known_files.hold(*self.values())

    def finish(
        self,
        reason: Reason | None,
        canonical: tuple[bytes | None, int | None] = (None, None),
        variants: tuple[Variant, ...] = (),
        extra: tuple[tuple[str, bytes], ...] = (),
    ) -> ItemHashes:
        """The digests, with what else was found."""
        sha256, sha1, md5 = self.values()
        pdq, quality = canonical
        return ItemHashes(
            size_bytes=self.size_bytes,
            sha256=sha256,
            sha1=sha1,
            md5=md5,
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
