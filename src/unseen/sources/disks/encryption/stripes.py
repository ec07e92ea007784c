"""Keys of LUKS, spread over many stripes.

Format: Clemens Fruhwirth, "LUKS On-Disk Format Specification", version 1.2.3, chapter 2.4.
"""

import hashlib
import struct
from collections.abc import Iterator

__all__ = ["merge_stripes"]


def merge_stripes(split: bytes, key_bytes: int, name: str) -> bytes:
    """Put together a key that was spread over many stripes, so that losing any of them loses it."""
    merged = bytes(key_bytes)
    for stripe in range(0, len(split), key_bytes):
        mixed = _xor(merged, split[stripe : stripe + key_bytes])
        merged = b"".join(_diffuse(mixed, name)) if stripe + key_bytes < len(split) else mixed
    return merged


def _diffuse(mixed: bytes, name: str) -> Iterator[bytes]:
    digest_bytes = hashlib.new(name).digest_size
    for number, start in enumerate(range(0, len(mixed), digest_bytes)):
        block = mixed[start : start + digest_bytes]
        yield hashlib.new(name, struct.pack(">I", number) + block).digest()[: len(block)]


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
