"""`KnownFiles`: whether a digest is that of a commonplace file, read from sorted files a few bytes at a time.

A locked worker asks it, which may neither open nor map a file: it is handed open descriptors and bisects in them. The
files are those of the index, whose blocks were verified by whoever opened it.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["DigestFile", "KnownFiles"]


@dataclass(frozen=True, slots=True)
class DigestFile:
    """Digests of one kind, ascending, somewhere in an open file.

    Attributes:
        descriptor: Readable, seekable.
        offset: Where the first begins.
        count: How many there are.
        digest_bytes: 16 of md5, 20 of sha1, 32 of sha256.
    """

    descriptor: int
    offset: int
    count: int
    digest_bytes: int

    def holds(self, digest: bytes) -> bool:
        """Whether it is one of them; a file that cannot be read, or ends early, holds nothing."""
        first, end = 0, self.count
        while first < end:
            middle = (first + end) // 2
            try:
                found = os.pread(self.descriptor, self.digest_bytes, self.offset + middle * self.digest_bytes)
            except OSError:
                return False
            if found == digest:
                return True
            if found < digest:
                first = middle + 1
            else:
                end = middle
        return False


class KnownFiles:
    """All commonplace files of a run; none, until some are added."""

    def __init__(self, files: Iterable[DigestFile] = ()) -> None:
        self._files = list(files)

    def __len__(self) -> int:
        """How many files are asked."""
        return len(self._files)

    def add(self, file: DigestFile) -> None:
        """Ask this one too."""
        self._files.append(file)

    def hold(self, sha256: bytes, sha1: bytes, md5: bytes) -> bool:
        """Whether one of the digests of an item is that of a commonplace file."""
        by_size = {32: sha256, 20: sha1, 16: md5}
        return any(file.holds(by_size[file.digest_bytes]) for file in self._files)
