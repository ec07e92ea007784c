"""Which alterations there are, by number, kind and strength. Not here: how they are made, which needs a decoder."""

from dataclasses import dataclass

__all__ = ["CATALOGUE", "UNALTERED", "Alteration"]


@dataclass(frozen=True, slots=True)
class Alteration:
    """One kind of alteration at one strength.

    Attributes:
        kind: Its name, which is also the name of what makes it.
        strength: In words.
        amount: What the maker is told.
    """

    kind: str
    strength: str
    amount: float | str


def _percent(kind: str, what: str, *percents: int) -> list[Alteration]:
    return [Alteration(kind, f"{percent} % {what}", percent / 100) for percent in percents]


_COLLAGES = {"2": "two", "3": "three", "4": "four", "2x2": "four, two by two"}

# A number in this catalogue, from 1, is what a worker is asked for: append, and leave the order alone. Zero: none.
CATALOGUE: tuple[Alteration, ...] = (
    Alteration("unaltered", "the same bytes", 0.0),
    *(Alteration("jpeg", f"quality {quality}", quality) for quality in (95, 80, 50, 30, 10)),
    *_percent("scale", "of each side", 200, 50, 25, 10),
    *_percent("stretch", "of the width", 110, 133),
    *_percent("crop", "off each edge", 1, 2, 5, 10, 20),
    *_percent("pad", "added at each edge", 1, 2, 5, 10, 20),
    *(Alteration("rotate", f"{degrees}°", degrees) for degrees in (1, 2, 4, 8, 90, 180, 270)),
    Alteration("flip", "left to right", "FLIP_LEFT_RIGHT"),
    Alteration("flip", "top to bottom", "FLIP_TOP_BOTTOM"),
    Alteration("flip", "turned and mirrored", "TRANSPOSE"),
    *(Alteration("blur", f"{share} % of the longer side", share / 100) for share in (0.2, 0.5, 1, 2)),
    *(Alteration("noise", f"{levels} of 255 grey levels", levels) for levels in (5, 15, 30, 60)),
    Alteration("watermark", "words in a corner", "corner"),
    Alteration("watermark", "words all over, a quarter opaque", 0.25),
    Alteration("watermark", "words all over, half opaque", 0.5),
    *_percent("caption", "of the height, over the picture", 10, 20),
    *_percent("caption bar", "of the height, below the picture", 10, 20),
    Alteration("colour", "grey", "grey"),
    Alteration("colour", "brighter by 30 %", "brighter"),
    Alteration("colour", "darker by 30 %", "darker"),
    Alteration("colour", "contrast up by 50 %", "contrast"),
    Alteration("colour", "gamma 0.6", "gamma"),
    Alteration("colour", "warmer", "warm"),
    Alteration("colour", "negative", "negative"),
    Alteration("screenshot", "in a window", "window"),
    Alteration("screenshot", "on a telephone", "telephone"),
    *(Alteration("thumbnail", f"{pixels} pixels on the longer side", pixels) for pixels in (320, 200, 128)),
    # The eight orientations are computed from one hash, which is exact for large pictures only.
    *(
        Alteration("thumbnail turned", f"{pixels} pixels on the longer side, by 180°", pixels)
        for pixels in (320, 200, 128)
    ),
    # From here on places, sides and colours are drawn too, and shares are those of both edges together.
    *_percent("crop anywhere", "of width and of height in all", 5, 10, 15, 20, 30),
    *(
        alteration
        for colour in ("black", "white", "blurred", "own")
        for alteration in _percent(f"{colour} border", "of width and of height in all", 5, 10, 15, 20, 25)
    ),
    *(Alteration("tilt, black corners", f"up to {degrees}°", degrees) for degrees in range(1, 11)),
    *(Alteration("tilt, cut to the frame", f"up to {degrees}°", degrees) for degrees in range(1, 11)),
    *_percent("caption above or below", "of the height", 18),
    *(Alteration("collage", f"of {number}", form) for form, number in _COLLAGES.items()),
    *(
        Alteration("screenshot with text", f"{device}, {shade}", f"{device} {shade}")
        for device in ("telephone", "desktop")
        for shade in ("light", "dark")
    ),
    *_percent("picture in picture", "of the width at most", 60),
    *_percent("mirrored and cropped", "of width and of height in all", 10),
    Alteration("cropped and tilted", "5 % in all, up to 3°", 3),
    Alteration("photographed screen", "up to 12° askew", 12),
    *(Alteration("stickers", name, count) for name, count in (("one", 1), ("three", 3))),
    Alteration("letterbox", "to another shape", "black"),
)
# The number of the first, by which originals are hashed.
UNALTERED = 1
