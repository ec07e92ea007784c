"""An image of a PDF as a file: its own bytes where these are one, else a lossless file made of its pixels."""

import io

import pikepdf
import pypdfium2
from PIL import BmpImagePlugin, Image, TiffImagePlugin

from unseen.model import Reason, UnreadError
from unseen.sources.documents.inflating import measure
from unseen.sources.layers.member import Context

__all__ = ["has_picture", "image_file", "inline_file", "render"]

# Pillow would load these writers when first asked, which a locked process cannot.
_WRITERS = (BmpImagePlugin, TiffImagePlugin)
# A scan of A0 at 300 dots per inch has 139 million pixels; in RGB, held twice, this limit takes 900 MB.
_PIXELS_MAX = 150_000_000
_SIDE_MIN = 3
_DIRECT = ("/DCTDecode", "/JPXDecode")
_FLATE = "/FlateDecode"


def has_picture(stream: pikepdf.Stream) -> bool:
    """Whether a stream is an image: by what it says, or by having a width, a height and samples."""
    if stream.get("/Subtype") == "/Image" or (_filters(stream)[-1:] and _filters(stream)[-1] in _DIRECT):
        return True
    return "/Width" in stream and "/Height" in stream and ("/BitsPerComponent" in stream or "/ImageMask" in stream)


def image_file(stream: pikepdf.Stream, context: Context) -> bytes | Reason:
    """Give an image as a file.

    Returns:
        The JPEG or JPEG 2000 file that the document holds, byte for byte; else a TIFF or BMP file made of its pixels,
        whose digests are those of no file that anybody had. Masks are images of their own and are not applied.
    """
    filters = _filters(stream)
    if filters[-1:] and filters[-1] in _DIRECT:
        if len(filters) == 1:
            return bytes(stream.read_raw_bytes())
        return _unwrapped(stream, filters, context)
    width, height = int(stream.get("/Width", 0)), int(stream.get("/Height", 0))
    if width * height > _PIXELS_MAX:
        return Reason.TOO_LARGE
    if min(width, height) < _SIDE_MIN:
        return Reason.UNSUPPORTED
    if _FLATE in filters:
        measure(bytes(stream.read_raw_bytes()), context)
    try:
        return _saved(pikepdf.PdfImage(stream).as_pil_image(apply_mask=False), "TIFF")
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # of colour spaces and filters that it cannot do, each has its own error
        return _rendered_alone(stream, width, height)


def inline_file(image: pikepdf.PdfInlineImage) -> bytes | Reason:
    """Give an image that stands in the middle of a page's drawing as `image_file` does."""
    if image.filters == ["/DCTDecode"]:
        return bytes(image.read_raw_bytes())
    if image.width * image.height > _PIXELS_MAX:
        return Reason.TOO_LARGE
    if min(image.width, image.height) < _SIDE_MIN:
        return Reason.UNSUPPORTED
    return _saved(image.as_pil_image(), "TIFF")


def _filters(stream: pikepdf.Stream) -> list[str]:
    filters = stream.get("/Filter", None)
    if filters is None:
        return []
    return [str(each) for each in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]


def _unwrapped(stream: pikepdf.Stream, filters: list[str], context: Context) -> bytes | Reason:
    """Take the general filters off a JPEG that was packed once more."""
    raw = bytes(stream.read_raw_bytes())
    if filters[0] == _FLATE:
        measure(raw, context)
    elif _FLATE in filters:
        # Bytes within text within bytes: nobody writes it, and it cannot be measured.
        return Reason.UNSUPPORTED
    with pikepdf.new() as scratch:
        inner = scratch.make_stream(raw, {"/Filter": pikepdf.Array([pikepdf.Name(each) for each in filters[:-1]])})
        return bytes(inner.read_bytes())


def _saved(image: Image.Image, name: str) -> bytes:
    file = io.BytesIO()
    image.save(file, name)
    return file.getvalue()


def _rendered_alone(stream: pikepdf.Stream, width: int, height: int) -> bytes | Reason:
    """Have the renderer draw an image in its own size on a page of its own."""
    if max(width, height) > 14_400:
        return Reason.UNSUPPORTED
    file = io.BytesIO()
    with pikepdf.new() as scratch:
        page = scratch.add_blank_page(page_size=(width, height))
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Image=scratch.copy_foreign(stream)))
        page.Contents = scratch.make_stream(b"%d 0 0 %d 0 0 cm /Image Do" % (width, height))
        scratch.save(file)
    document = pypdfium2.PdfDocument(file.getvalue())
    try:
        return render(document, 0, max(width, height))
    finally:
        document.close()


def render(document: pypdfium2.PdfDocument, index: int, side_px: int) -> bytes | Reason:
    """Draw one page with a longer side of some pixels, as a BMP file; `unreadable` where the renderer gives up."""
    try:
        page = document[index]
        width, height = page.get_size()
        bitmap = page.render(scale=side_px / max(width, height, 1.0))
        try:
            return _saved(bitmap.to_pil(), "BMP")
        finally:
            bitmap.close()
            page.close()
    except (pypdfium2.PdfiumError, ValueError, OSError) as error:
        cause = error.__cause__
        return cause.reason if isinstance(cause, UnreadError) else Reason.UNREADABLE
