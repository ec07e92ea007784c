"""Signs that a picture may lie somewhere inside bytes of no known kind: a reason to look closer, and no more."""

from unseen.sources.carving import OVERLAP_BYTES, may_hold_pictures

__all__ = ["SignFinder"]


class SignFinder:
    """Watches bytes go by, piece after piece, and notes whether a picture may begin somewhere in them.

    Attributes:
        has_signs: Whether it may.
    """

    def __init__(self) -> None:
        self.has_signs = False
        self._end = b""

    def watch(self, piece: bytes) -> None:
        """Look at the next piece."""
        if self.has_signs:
            return
        # A picture may begin across two pieces.
        seam = self._end + piece[:OVERLAP_BYTES]
        self.has_signs = may_hold_pictures(piece) or may_hold_pictures(seam)
        self._end = (self._end + piece[-OVERLAP_BYTES:])[-OVERLAP_BYTES:]
