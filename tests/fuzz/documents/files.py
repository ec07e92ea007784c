"""Files for the readers of documents, mail and pictures, made by code, to be damaged."""

from functools import cache

from tests.unit.sources.carving.drawn import drawn_files
from tests.unit.sources.pictures.test_pictures import SMALL, chunk, exif, jpeg_with, segment

__all__ = ["sound_files"]


@cache
def sound_files() -> dict[str, bytes]:
    """Files by a name of what they are; each is recognised by some format."""
    png = drawn_files()["PNG"]
    return {
        "jpeg": jpeg_with(segment(0xE1, b"Exif\0\0" + exif()), segment(0xE0, b"JFXX\0\x10" + SMALL)) + SMALL,
        "png": png[:33] + chunk(b"eXIf", exif()) + png[33:] + b"more",
        "gif": drawn_files()["animated"] + SMALL,
        "webp": drawn_files()["WEBP"] + SMALL,
        "tiff": drawn_files()["TIFF"] + SMALL,
        "avif": drawn_files()["AVIF"],
    }
