"""PDF files made by code."""

import io
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Name
from tests.unit.sources.carving.drawn import picture, written

__all__ = ["JPEG", "OTHER", "PIXELS", "flate", "image", "pdf_with", "saved", "show"]

PIXELS = picture(8, 80, 60)
JPEG = written(PIXELS, "JPEG")
OTHER = written(picture(9, 80, 60), "JPEG")


def image(document: pikepdf.Pdf, data: bytes, filters: object, **entries: object) -> pikepdf.Stream:
    """An image of 80x60 in a document."""
    stream = document.make_stream(data)
    known = {"Subtype": Name.Image, "Width": 80, "Height": 60, "BitsPerComponent": 8, "ColorSpace": Name.DeviceRGB}
    for name, value in {**known, "Filter": filters, **entries}.items():
        if value is not None:
            stream[Name(f"/{name}")] = value
    return stream


def show(document: pikepdf.Pdf, *images: pikepdf.Object, drawing: bytes = b"") -> pikepdf.Page:
    """A page that shows images, or draws."""
    page = document.add_blank_page(page_size=(200, 150))
    named = {f"/I{number}": each for number, each in enumerate(images)}
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(named))
    painted = b"".join(b"q 80 0 0 60 0 0 cm /I%d Do Q\n" % number for number in range(len(images)))
    page.obj.Contents = document.make_stream(painted + drawing)
    return page


def saved(document: pikepdf.Pdf, **options: Any) -> bytes:
    """The bytes of a document."""
    file = io.BytesIO()
    document.save(file, **options)
    return file.getvalue()


def pdf_with(fill: Callable[[pikepdf.Pdf], object], **options: Any) -> bytes:
    """A document that was filled by a function."""
    with pikepdf.new() as document:
        fill(document)
        return saved(document, **options)


def flate(document: pikepdf.Pdf, pixels: bytes = b"", **entries: object) -> pikepdf.Stream:
    """An image whose samples are deflated."""
    return image(document, zlib.compress(pixels or PIXELS.tobytes()), Name.FlateDecode, **entries)
