"""Near-duplicates among files, so that a hundred copies of one picture count as one trial and not as a hundred.

Single linkage: two files are linked where a PDQ of one, in any orientation or convention in which a scan would match
it, lies within a stated distance of the other's own PDQ; a cluster is whatever such links hold together. The search is
the exact index that also searches lists.
"""

from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from unseen.matching import Index
from unseen.model import PDQ_BITS, QUALITY_MIN, ItemHashes

__all__ = ["NearDuplicates", "Unions", "clear_codes"]

Codes = npt.NDArray[np.uint8]
# A crowd of near-duplicates answers each query with all of its members.
_QUERIES_AT_ONCE = 256


class Unions:
    """Sets that are joined, pair by pair (union-find, with paths halved)."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def join(self, one: int, other: int) -> None:
        """Make one set of those that hold these two."""
        first, second = sorted((self.root(one), self.root(other)))
        self._parents[second] = first

    def root(self, one: int) -> int:
        """The smallest member of the set that holds this one."""
        parents = self._parents
        while parents[one] != one:
            parents[one] = one = parents[parents[one]]
        return one

    def roots(self) -> npt.NDArray[np.int64]:
        """The smallest member of the set of each, in order."""
        return np.fromiter(map(self.root, range(len(self._parents))), np.int64, len(self._parents))


class NearDuplicates:
    """Files and their codes. Some 500 bytes of memory for each picture, until the clusters are told."""

    def __init__(self, *, within_bits: int) -> None:
        """Begin with no file.

        Args:
            within_bits: Distance of near-duplicates, inclusive, 0 … 64.
        """
        self._within_bits = within_bits
        self._own, self._asked = bytearray(), bytearray()
        self._own_files, self._asked_files = array("q"), array("q")
        self._count = 0

    def add(self, hashes: ItemHashes) -> int:
        """Take the next file; gives its number, from 0."""
        own, others = clear_codes(hashes)
        for code in own:
            self._own += code
            self._own_files.append(self._count)
        for code in (*own, *others):
            self._asked += code
            self._asked_files.append(self._count)
        self._count += 1
        return self._count - 1

    def clusters(self) -> npt.NDArray[np.int64]:
        """For each file the number of the first file of its cluster."""
        unions = Unions(self._count)
        own, own_of = _distinct(self._own)
        owner = _join_equal(unions, own_of, self._own_files, len(own))
        asked, asked_of = _distinct(self._asked)
        asker = np.full(len(asked), -1, np.int64)
        index = Index.build(own, threshold_bits=self._within_bits)
        for at in range(0, len(asked), _QUERIES_AT_ONCE):
            query_at, entry_at, _ = index.search(asked[at : at + _QUERIES_AT_ONCE])
            for query, entry in zip((query_at + at).tolist(), entry_at.tolist(), strict=True):
                if asker[query] < 0:
                    asker[query] = owner[entry]
                unions.join(int(asker[query]), int(owner[entry]))
        # Whoever bears a code that came near something belongs to what it came near.
        for code, file in zip(asked_of.tolist(), self._asked_files, strict=True):
            if asker[code] >= 0:
                unions.join(int(asker[code]), file)
        return unions.roots()


def clear_codes(hashes: ItemHashes) -> tuple[list[bytes], list[bytes]]:
    """The PDQs of an item that may be matched: its own, or its frames'; and those of its variants."""
    frames = [frame.pdq for frame in hashes.vpdq or () if frame.pdq_quality >= QUALITY_MIN]
    is_clear = hashes.pdq is not None and (hashes.pdq_quality or 0) >= QUALITY_MIN
    canonical = [hashes.pdq] if is_clear and hashes.pdq is not None else []
    variants = [variant.pdq for variant in hashes.variants if variant.pdq_quality >= QUALITY_MIN]
    if not canonical and not frames:
        # Nothing but a variant can be matched: a picture over white, a frame of an animation.
        canonical, variants = variants[:1], variants[1:]
    return list(dict.fromkeys([*canonical, *frames])), variants


def _distinct(codes: bytearray) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Each code once; and for each that was given, which of these it is."""
    rows = np.frombuffer(codes, np.uint8).reshape(-1, PDQ_BITS // 8)
    if not len(rows):
        return rows, np.empty(0, np.int64)
    distinct, of = np.unique(rows, axis=0, return_inverse=True)
    return distinct, of.reshape(-1)


def _join_equal(
    unions: Unions, codes: npt.NDArray[np.int64], files: Sequence[int], count: int
) -> npt.NDArray[np.int64]:
    """Join the files that share a code of their own; gives for each code the first of them."""
    owner = np.full(count, -1, np.int64)
    for code, file in zip(codes.tolist(), files, strict=True):
        if owner[code] < 0:
            owner[code] = file
        else:
            unions.join(int(owner[code]), file)
    return owner
