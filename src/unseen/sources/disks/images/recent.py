"""What readers of images keep in memory: pieces that were unpacked last, up to a number of bytes."""

from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["Recent"]


_Kept = TypeVar("_Kept")


class Recent(Generic[_Kept]):
    """Values by number; those used longest ago go first, when all together are larger than allowed."""

    def __init__(self, size_bytes_max: int) -> None:
        self._left = size_bytes_max
        self._kept: OrderedDict[int, tuple[_Kept, int]] = OrderedDict()

    def get(self, number: int) -> _Kept | None:
        """Give what is kept under a number."""
        found = self._kept.get(number)
        if found is None:
            return None
        self._kept.move_to_end(number)
        return found[0]

    def keep(self, number: int, value: _Kept, size_bytes: int) -> None:
        """Keep a value, whatever its size: the last one is always kept."""
        self._kept[number] = (value, size_bytes)
        self._left -= size_bytes
        while self._left < 0 and len(self._kept) > 1:
            _, (_, gone_bytes) = self._kept.popitem(last=False)
            self._left += gone_bytes
