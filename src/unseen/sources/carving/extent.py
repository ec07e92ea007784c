"""How far something reaches that was found by its beginning."""

from dataclasses import dataclass

__all__ = ["Extent"]


@dataclass(frozen=True, slots=True)
class Extent:
    """What following a structure told.

    Attributes:
        end: Where it ends; None where the structure breaks before its end.
        checked: Up to here every byte was seen to belong to it, so that nothing else begins before.
        end_max: Where it ends at the latest, if it breaks.
        own: Beginnings inside it that are its own parts.
    """

    end: int | None
    checked: int
    end_max: int
    own: frozenset[int] = frozenset()
