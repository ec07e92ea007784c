"""Three digests of the same bytes: side by side where the processor can, or by the standard library."""

from functools import cache

from unseen.kernel import _native, reference, variant

__all__ = ["TripleDigest", "digests_are_native", "new_triple_digest"]

TripleDigest = _native.TripleDigest | reference.TripleDigest

# Variants that stay away from what only some processors have.
_PLAIN = frozenset({variant.REFERENCE, "portable"})
# Ends of messages fall into one block or two; these lengths have both, and blocks before them.
_PROBE_LENGTHS = (55, 56, 1_000)


def new_triple_digest() -> TripleDigest:
    """SHA-256, SHA-1 and MD5 of bytes to come."""
    return _native.TripleDigest() if digests_are_native() else reference.TripleDigest()


def digests_are_native() -> bool:
    """Whether digests are taken side by side: this processor can, and no plain variant was chosen."""
    return variant.in_use() not in _PLAIN and _is_sound()


@cache
def _is_sound() -> bool:
    """Whether native digests can be had and are right, once in each process: a wrong digest is a silent miss."""
    if not _native.sha_is_available():
        return False
    for length in _PROBE_LENGTHS:
        probe = bytes(at * at % 251 for at in range(length))
        native, readable = _native.TripleDigest(), reference.TripleDigest()
        for one in (native, readable):
            one.update(probe)
        if native.digests() != readable.digests():
            return False
    return True
