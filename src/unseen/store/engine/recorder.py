"""What an open store asks of whoever keeps its ledger."""

from collections.abc import Mapping
from typing import Protocol

__all__ = ["Fields", "Recorder"]

Fields = Mapping[str, object]


class Recorder(Protocol):
    """What makes entries of values: `unseen.casework.proof.recording.Bookkeeper`."""

    def hide(self, value: Fields, /) -> tuple[bytes, str]:
        """Draw a salt for a value; give it, and the commitment to both."""

    def encode(self, entry: Fields, /) -> bytes:
        """Write an entry as the bytes that the tree is made of."""

    def kept(self) -> None:
        """Hear that entries were kept: a time to seal them."""
