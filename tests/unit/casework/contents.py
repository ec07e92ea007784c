"""Contents of findings that lie nowhere, for tests of what is kept of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from unseen.casework.custody.preserving import Reread
from unseen.model import ByteSource, Finding, Reason, UnreadError

__all__ = ["InMemory", "reread"]


class InMemory:
    """A content that lies nowhere."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size_bytes = len(content)

    def read_at(self, offset: int, size: int) -> bytes:
        """Give a slice."""
        return self._content[offset : offset + size]


def reread(change: Callable[[bytes], bytes] = lambda content: content) -> Reread:
    """Read the contents of `found` again, as they are by now; one that is empty cannot be read."""

    @contextmanager
    def read(finding: Finding) -> Iterator[ByteSource]:
        content = change(f"content of {finding.locator}".encode())
        if not content:
            raise UnreadError(Reason.UNREADABLE)
        yield InMemory(content)

    return read
