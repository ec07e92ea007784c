"""What a picture or a film consists of beside its pixels."""

from dataclasses import dataclass

__all__ = ["PLACES_MAX", "PLACE_BYTES_MIN", "Outline", "Place"]

# Metadata segments and chunks that are looked at; phones write some hundred.
PLACES_MAX = 4_096
# A picture begins with at least this much; smaller metadata cannot hold one.
PLACE_BYTES_MIN = 64


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of metadata.

    Attributes:
        name: What holds it, as addresses name it: `app1`, `eXIf`, `data`.
        offset: Where it begins, in bytes of the file.
        size_bytes: Its length.
    """

    name: str
    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file consists of beside its pixels.

    Attributes:
        places: Its metadata, in order.
        end: Where it ends; what follows is no part of it. None where that is not known.
    """

    places: tuple[Place, ...]
    end: int | None
