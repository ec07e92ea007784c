"""`DigestTable`: exact lookup of md5, sha1 and sha256 digests. Not here: perceptual hashes, which need distances."""

from typing import Final, Self

import numpy as np
import numpy.typing as npt

from unseen.errors import UsageError

__all__ = ["DigestTable"]

Digests = npt.NDArray[np.uint8]
# md5, sha1, sha256.
_SIZES = (16, 20, 32)


class DigestTable:
    """Digests of one kind, sorted: found exactly, in memory of their own size and four bytes each.

    Example:
        >>> table = DigestTable.build(np.array([[1] * 16, [2] * 16, [1] * 16], np.uint8))
        >>> [column.tolist() for column in table.search(np.array([[3] * 16, [1] * 16], np.uint8))]
        [[1, 1], [0, 2]]
    """

    __slots__ = ("_entry_at", "_sorted", "digest_bytes")

    digest_bytes: Final[int]

    def __init__(self, in_order: Digests, entry_at: npt.NDArray[np.integer]) -> None:
        self._sorted = in_order
        self._entry_at = entry_at
        self.digest_bytes = in_order.shape[1]

    @classmethod
    def build(cls, digests: Digests) -> Self:
        """Index these digests.

        Args:
            digests: uint8[n, b], n >= 0; b is 16 for md5, 20 for sha1, 32 for sha256. Copied.

        Raises:
            UsageError: The digests are of another shape or type.
        """
        if digests.dtype != np.uint8 or digests.ndim != 2 or digests.shape[1] not in _SIZES:
            raise UsageError(f"digests are {digests.dtype}{list(digests.shape)}, expected uint8[n, 16, 20 or 32]")
        order = np.argsort(_as_bytes(digests), kind="stable")
        return cls(digests[order], order.astype(np.uint32 if len(order) < 1 << 32 else np.uint64))

    def search(self, queries: Digests) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Find every entry equal to each query.

        Args:
            queries: uint8[m, b], m >= 0, b as in `build`.

        Returns:
            (query_at int64[k], entry_at int64[k]), ordered by (query, entry). Entries that stand in the list several
            times are all returned.

        Raises:
            UsageError: The queries are of another shape or type.
        """
        if queries.dtype != np.uint8 or queries.ndim != 2 or queries.shape[1] != self.digest_bytes:
            raise UsageError(
                f"queries are {queries.dtype}{list(queries.shape)}, expected uint8[m, {self.digest_bytes}]",
                hint="a table holds digests of one kind only: md5 has 16 bytes, sha1 20, sha256 32",
            )
        wanted, held = _as_bytes(queries), _as_bytes(self._sorted)
        first = np.searchsorted(held, wanted, side="left")
        counts = np.searchsorted(held, wanted, side="right") - first
        query_at = np.repeat(np.arange(len(queries), dtype=np.int64), counts)
        within = np.arange(len(query_at)) - np.repeat(np.cumsum(counts) - counts, counts)
        return query_at, self._entry_at[np.repeat(first, counts) + within].astype(np.int64)

    def __len__(self) -> int:
        """How many digests the table holds."""
        return len(self._sorted)

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return self._sorted.nbytes + self._entry_at.nbytes


def _as_bytes(digests: Digests) -> npt.NDArray[np.void]:
    return np.ascontiguousarray(digests).view(np.dtype((np.void, digests.shape[1])))[:, 0]
