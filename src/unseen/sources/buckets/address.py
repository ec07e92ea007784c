"""How a person names a bucket, or some of its objects."""

import re
from dataclasses import dataclass
from typing import Self

from unseen.errors import SourceError

__all__ = ["BucketAddress", "is_bucket"]

_ADDRESS = re.compile(r"(inventory\+)?(s3|gs|az)://([^/]*)(?:/(.*))?", re.DOTALL)
_LIKE_ONE = re.compile(r"[a-z][a-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A bucket and the beginning of the keys that are meant.

    Attributes:
        scheme: `s3`, `gs` or `az`.
        bucket: Its name; of Azure that of a container.
        prefix: What keys begin with, to the letter; empty for all.
        is_inventory: The prefix is the key of an inventory's manifest, which lists the objects of another bucket.
    """

    scheme: str
    bucket: str
    prefix: str = ""
    is_inventory: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address as a person gives it.

        Raises:
            SourceError: It names no bucket.
        """
        match = _ADDRESS.fullmatch(text)
        if match is None or not match[3]:
            raise SourceError(
                f"{text[:200]!r} names no bucket",
                hint="s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, or inventory+s3://BUCKET/KEY",
            )
        if match[1] and match[2] != "s3":
            raise SourceError(f"{text[:200]!r}: only S3 writes inventories that are read here")
        return cls(match[2], match[3], match[4] or "", bool(match[1]))

    def url(self, key: str) -> str:
        """The address of one object."""
        return f"{self.scheme}://{self.bucket}/{key}"


def is_bucket(text: str) -> bool:
    """Whether a source is an address and no path; a path that looks like one can be given as `./s3://...`."""
    return _LIKE_ONE.match(text) is not None
