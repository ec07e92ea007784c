"""Lists and their entries."""

import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from unseen.model.hashes import Signal

__all__ = ["Codes", "Entry", "Label", "ListClass", "other_purpose"]

_SEARCHABLE = frozenset(signal.value for signal in Signal)
# Programs that share hashes of other things. They are told by their names, as their own formats, the services that
# pass them on, and people who name groups and tags spell them; nothing is guessed from what a hash matches.
_PURPOSES = (
    (re.compile(r"stop[\W_]*ncii|\bncii\b", re.IGNORECASE), "intimate images of adults"),
    (re.compile(r"tech[\W_]*against[\W_]*terrorism|\btcap\b|\bgifct\b|\bterroris[mt]\b", re.IGNORECASE), "terrorism"),
)


class ListClass(StrEnum):
    """What a list is for. Closed: lists for other purposes are refused."""

    CSAM = "csam"
    # Made by the people depicted, reviewed by nobody.
    USER_REPORTED = "user_reported"
    # Files known to be harmless or commonplace (NSRL and the like).
    KNOWN_FILE = "known_file"
    # What was found to be wrong in some list.
    CLEARED = "cleared"


def other_purpose(text: str) -> str | None:
    """What a list, group or label of this name is for, where that is something else than what `unseen` is for."""
    # Words joined by underscores are words of their own.
    words = text.replace("_", " ")
    for pattern, purpose in _PURPOSES:
        if pattern.search(words):
            return purpose
    return None


@dataclass(frozen=True, slots=True)
class Label:
    """A category exactly as the list gave it: numbers mean different things in different countries."""

    scheme: str
    code: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One hash in a list.

    Attributes:
        entry: The list's own identifier, or its position (`line 7`, `media 7`, `row 7`) where the list gives none.
        signal: Name of the signal; one of `Signal` where this program can search it.
        value: Raw bytes of the hash; of signals that are not in `Signal`, the text as the list gave it. Never printed.
        labels: Categories as the list gave them.
    """

    entry: str
    signal: str
    value: bytes
    labels: tuple[Label, ...] = ()

    @property
    def is_searchable(self) -> bool:
        """Whether this program computes this signal itself."""
        return self.signal in _SEARCHABLE

    @property
    def is_positional(self) -> bool:
        """Whether the identifier is only the place in the file, as readers of lists make it up."""
        return self.entry.startswith(("line ", "media ", "row "))


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """All hashes of one signal in one list, as a matrix ready to be searched.

    Attributes:
        list: Name of the list.
        list_class: What the list is for.
        signal: Name of the signal.
        values: uint8[n, size_bytes], row-major, one hash a row.
        rows: int64[n], the key of each entry, by which its identifier is looked up once it matched.
    """

    list: str
    list_class: ListClass
    signal: str
    values: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int64]
