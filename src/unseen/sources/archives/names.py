"""Names of entries: as addresses, and whether a link leads to another entry."""

import posixpath
from collections.abc import Iterator

from unseen.model import Reason
from unseen.sources.layers.member import Member

__all__ = ["Links", "to_address"]

# Longer than any path a file system takes; archives may claim megabytes.
_ADDRESS_CHARACTERS_MAX = 4_096
# Names are remembered to see whether links lead to them. Beyond these bounds a link is stated without looking.
_NAMES_MAX = 1_000_000
_LINKS_MAX = 100_000


def to_address(path: str, *, otherwise: str = "content") -> str:
    """Give a name as the address of a member: as stored, without zero bytes, and not endless.

    Args:
        path: As stored; never followed anywhere, so that `../` is only text.
        otherwise: For entries without a name.
    """
    address = path.replace("\0", "\N{SYMBOL FOR NULL}") or otherwise
    return address if len(address) <= _ADDRESS_CHARACTERS_MAX else address[: _ADDRESS_CHARACTERS_MAX - 1] + "…"


class Links:
    """Links of one archive: those that lead to another entry are passed over, the others are stated at the end."""

    def __init__(self, layer: str) -> None:
        self._layer = layer
        self._names: set[str] = set()
        self._links: list[tuple[str, str]] = []
        self._is_too_much = False

    def add_name(self, path: str) -> None:
        """Remember an entry, and the folders that it lies in."""
        path = _plain(path)
        while path and path not in self._names and len(self._names) < _NAMES_MAX:
            self._names.add(path)
            path = posixpath.dirname(path)

    def add_link(self, path: str, target: str, *, is_hard: bool) -> None:
        """Remember a link; the target of a hard one is named from the root of the archive."""
        if len(self._links) >= _LINKS_MAX:
            self._is_too_much = True
            return
        from_root = is_hard or target.startswith("/")
        self._links.append((path, _plain(target if from_root else posixpath.join(posixpath.dirname(path), target))))
        self.add_name(path)

    def leading_away(self) -> Iterator[Member | Reason]:
        """Give the links whose target is no entry."""
        for path, target in self._links:
            if target and target not in self._names:
                yield Member(layer=self._layer, address=to_address(path), open=lambda: Reason.UNSUPPORTED)
        if self._is_too_much:
            yield Reason.TOO_MANY


def _plain(path: str) -> str:
    return posixpath.normpath("/" + path).strip("/")
