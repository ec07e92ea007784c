"""Photographs of things and places that scikit-image ships inside its package; none shows a person.

They stand in for victims, so no picture of a human being is among them, and none is ever fetched from elsewhere.
"""

from importlib.util import find_spec
from pathlib import Path

from unseen.errors import SourceError

__all__ = ["KNOWN", "UNRELATED", "photograph"]

# Name in the list, and file in the package. All are free of rights: CC0 or public domain.
KNOWN = {
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
    "galaxies": "hubble_deep_field.jpg",
    "garage": "motorcycle_left.png",
}
UNRELATED = {
    # The same place, one step aside: another photograph, which PDQ is not made to match.
    "garage-one-step-aside": "motorcycle_right.png",
    "cat": "chelsea.png",
    "pavement": "brick.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "moon": "moon.png",
    "page": "page.png",
    "handwriting": "text.png",
}


def photograph(file_name: str) -> bytes:
    """Read one photograph.

    Raises:
        SourceError: scikit-image is not installed, or does not ship this photograph.
    """
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise SourceError("the demo needs photographs, which scikit-image ships", hint="pip install 'unseen[demo]'")
    path = Path(spec.origin).parent / "data" / file_name
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"this scikit-image does not ship {file_name}", hint="pip install --upgrade 'unseen[demo]'"
        ) from error
