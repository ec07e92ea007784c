"""Which pages of a PDF show a picture that is no single image of it: drawn, shaded, or laid together of strips."""

import re
from collections import Counter

import pikepdf

__all__ = ["pages_to_draw"]

# Instructions that fill or stroke a path, or paint a shading. Tables and underlines take some dozens.
_PAINT = re.compile(rb"(?<=\s)(?:f\*?|F|B\*?|b\*?|S|s|sh)(?=\s|$)")
_PAINTS_MIN = 64
_SHADING = re.compile(rb"(?<=\s)sh(?=\s|$)")
# Scanners and printer drivers cut a picture into strips or tiles of one width.
_STRIPS_MIN = 3
_DRAWING_BYTES_MAX = 16 << 20
_FORMS_MAX = 200


def pages_to_draw(document: pikepdf.Pdf) -> list[int]:
    """Choose the pages that must be drawn to be seen, counted from 0.

    Pages of words, and pages whose pictures are whole images, are left out: the images are given as they are.
    """
    return [index for index, page in enumerate(document.pages) if _must_be_drawn(page.obj)]


def _must_be_drawn(page: pikepdf.Object) -> bool:
    try:
        drawing = _contents(page)
        widths: Counter[int] = Counter()
        paints = 0
        for stream, resources in _with_forms(page, drawing):
            paints += len(_PAINT.findall(stream)) + _PAINTS_MIN * len(_SHADING.findall(stream))
            for image in _xobjects(resources):
                if image.get("/Subtype") == "/Image":
                    widths[int(image.get("/Width", 0))] += 1
    except Exception:  # noqa: BLE001  # a broken page raises anything
        # A page that cannot be followed may be one that the renderer can.
        return True
    return paints >= _PAINTS_MIN or max(widths.values(), default=0) >= _STRIPS_MIN


def _contents(page: pikepdf.Object) -> bytes:
    contents = page.get("/Contents", None)
    parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    return b"\n".join(_read(part) for part in parts if isinstance(part, pikepdf.Stream))


def _read(stream: pikepdf.Object) -> bytes:
    # Beyond it nothing more is learnt: the page is drawn either way.
    return bytes(stream.read_bytes())[:_DRAWING_BYTES_MAX]


def _with_forms(page: pikepdf.Object, drawing: bytes) -> list[tuple[bytes, pikepdf.Object]]:
    """A page's instructions and resources, and those of the forms it uses."""
    found = [(drawing, page.get("/Resources", pikepdf.Dictionary()))]
    seen: set[tuple[int, int]] = set()
    for _, resources in found:
        for form in _xobjects(resources):
            if form.get("/Subtype") == "/Form" and form.objgen not in seen and len(seen) < _FORMS_MAX:
                seen.add(form.objgen)
                found.append((_read(form), form.get("/Resources", pikepdf.Dictionary())))
    return found


def _xobjects(resources: pikepdf.Object) -> list[pikepdf.Object]:
    if not isinstance(resources, pikepdf.Dictionary):
        return []
    named = resources.get("/XObject", pikepdf.Dictionary())
    if not isinstance(named, pikepdf.Dictionary):
        return []
    return [each for each in named.values() if isinstance(each, pikepdf.Stream)]
