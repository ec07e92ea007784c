"""PDF files (ISO 32000): every image, attachment and drawn page; earlier revisions; what no object refers to.

Objects are walked, not pages: thumbnails, soft masks, patterns and images that no page shows are objects too.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, cast

import pikepdf
import pypdfium2

from unseen.model import ByteSource, Reason, State, UnreadError
from unseen.sources.carving import Found, find
from unseen.sources.documents.inflating import measure
from unseen.sources.documents.pdf_images import has_picture, image_file, inline_file, render
from unseen.sources.documents.pdf_pages import pages_to_draw
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.range_file import RangeFile
from unseen.sources.layers.ranges import MemoryRange, Part

__all__ = ["unpack", "warm_up"]

# The picture that a page shows is compared at 512 pixels; this leaves room for those that fill a part of it.
_PAGE_SIDE_PX = 1_600
# A book of drawings; each page takes some hundredths of a second.
_PAGES_DRAWN_MAX = 500
# Editors append a revision each time they save.
_REVISIONS_MAX = 32
_MARK = b"%%EOF"
_PIECE_BYTES = 1 << 20
_NOT_DRAWING = frozenset({"/XRef", "/ObjStm", "/Metadata"})
_INLINE = re.compile(rb"(?:^|[\s\]>])BI[\s/].*?[\s]ID[\s]", re.DOTALL)
# Drawing instructions of one page; maps take some megabytes.
_DRAWING_BYTES_MAX = 64 << 20


@dataclass(slots=True)
class _Pdf:
    """A document that is looked through, and what was given of it."""

    source: ByteSource
    context: Context
    password: str = ""
    # Digests of streams that were given, so that earlier revisions give only what is theirs.
    given: set[bytes] = field(default_factory=set)


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give images, attachments, drawn pages, and what lies in the file besides; see `registry.Unpack`."""
    pdf = _Pdf(source, context)
    try:
        with _open(pdf, source) as document:
            yield from _members(pdf, document, "", State.ALLOCATED)
            try:
                drawn = pages_to_draw(document)
            except Exception:  # noqa: BLE001  # a tree of pages that leads nowhere hides no object
                drawn = []
                yield Reason.UNREADABLE
        yield from _pages(pdf, drawn)
        yield from _revisions(pdf)
    except UnreadError as error:
        if error.reason is Reason.ENCRYPTED:
            raise
        yield error.reason
    yield from _besides(pdf)


def _open(pdf: _Pdf, source: ByteSource, *, repairs: bool = True) -> pikepdf.Pdf:
    """Open a document with no password, or with the first that fits.

    Raises:
        UnreadError: `encrypted`, or it cannot be read.
    """
    for password in dict.fromkeys((pdf.password, "", *pdf.context.secrets.passwords)):
        file = RangeFile(source)
        try:
            document = pikepdf.open(
                cast("BinaryIO", file),
                password=password,
                access_mode=pikepdf.AccessMode.stream,
                attempt_recovery=repairs,
            )
        except pikepdf.PasswordError:
            continue
        except (pikepdf.PdfError, UnreadError, ValueError, OSError) as error:
            raise UnreadError(file.trouble or Reason.UNREADABLE) from error
        pdf.password = password
        return document
    raise UnreadError(Reason.ENCRYPTED)


def _members(pdf: _Pdf, document: pikepdf.Pdf, suffix: str, state: State) -> Iterator[Member | Reason]:
    names = _attachment_names(document)
    for item in document.objects:
        if not isinstance(item, pikepdf.Stream):
            continue
        number = f"{item.objgen[0]} {item.objgen[1]}"
        try:
            is_picture, is_file = has_picture(item), item.objgen in names or item.get("/Type") == "/EmbeddedFile"
            if (is_picture or is_file) and _was_given(pdf, item) and suffix:
                continue
            if is_file:
                name = names.get(item.objgen, "")
                address = f"attachment {number} {name}".strip() + suffix
                yield _member(address, state, partial(_attached, pdf, item))
            elif is_picture:
                yield _member(f"object {number}{suffix}", state, partial(image_file, item, pdf.context))
            elif not suffix and item.get("/Type") not in _NOT_DRAWING:
                yield from _inline(pdf, item, number)
        except Exception as error:  # noqa: BLE001  # one broken object, of whatever kind, costs its own row only
            yield error.reason if isinstance(error, UnreadError) else Reason.UNREADABLE


def _was_given(pdf: _Pdf, stream: pikepdf.Stream) -> bool:
    """Whether a revision that was looked at before holds the same bytes; they are noted."""
    raw = bytes(stream.read_raw_bytes())
    digests = {_digest(raw)}
    if raw.startswith(b"\xff\xd8\xff"):
        # As carving finds it: without what stands behind its end.
        found = next(find(MemoryRange(raw)), None)
        if isinstance(found, Found):
            digests.add(_digest(raw[: found.size_bytes]))
    was_given = not pdf.given.isdisjoint(digests)
    pdf.given |= digests
    return was_given


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _member(address: str, state: State, make: Callable[[], bytes | Reason]) -> Member:
    def content() -> ByteSource | Reason:
        try:
            made = make()
        except (UnreadError, MemoryError):
            raise
        except Exception:  # noqa: BLE001  # one broken object, of whatever kind, costs its own row only
            return Reason.UNREADABLE
        return MemoryRange(made) if isinstance(made, bytes) else made

    return Member(layer="pdf", address=address, state=state, open=content)


def _attachment_names(document: pikepdf.Pdf) -> dict[tuple[int, int], str]:
    """Names of attached files, by the object that holds each."""
    names: dict[tuple[int, int], str] = {}
    for item in document.objects:
        if not isinstance(item, pikepdf.Dictionary) or "/EF" not in item:
            continue
        name = item.get("/UF", item.get("/F", ""))
        files = item.get("/EF")
        if isinstance(files, pikepdf.Dictionary):
            for file in files.values():
                if isinstance(file, pikepdf.Stream):
                    text = str(name) if isinstance(name, pikepdf.String) else ""
                    names.setdefault(file.objgen, text.replace("\0", "\N{SYMBOL FOR NULL}"))
    return names


def _attached(pdf: _Pdf, stream: pikepdf.Stream) -> bytes | Reason:
    raw = bytes(stream.read_raw_bytes())
    if "/Filter" in stream and measure(raw, pdf.context) > pdf.context.limits.memory_bytes_max:
        return Reason.TOO_LARGE
    return bytes(stream.read_bytes())


def _inline(pdf: _Pdf, stream: pikepdf.Stream, number: str) -> Iterator[Member | Reason]:
    """Give the images that stand between the drawing instructions of a page, form, pattern or glyph."""
    if "/Length1" in stream or "/Alternate" in stream or "/N" in stream:
        # A font, or a colour profile.
        return
    if stream.get("/Filter") == "/FlateDecode":
        measure(bytes(stream.read_raw_bytes()), pdf.context)
    if not _INLINE.search(bytes(stream.read_bytes())[:_DRAWING_BYTES_MAX]):
        return
    count = 0
    for instruction in pikepdf.parse_content_stream(stream):
        if isinstance(instruction, pikepdf.ContentStreamInlineImage):
            count += 1
            address = f"object {number} inline {count}"
            yield _member(address, State.ALLOCATED, partial(inline_file, instruction.iimage))


def _pages(pdf: _Pdf, drawn: list[int]) -> Iterator[Member | Reason]:
    """Give pages that show more than images and words, as pictures."""
    if not drawn:
        return
    file = RangeFile(pdf.source)
    try:
        document = pypdfium2.PdfDocument(file, password=pdf.password or None)
    except (pypdfium2.PdfiumError, OSError, UnreadError):
        yield file.trouble or Reason.UNREADABLE
        return
    try:
        for index in drawn[:_PAGES_DRAWN_MAX]:
            address = f"page {index + 1}"
            yield _member(address, State.ALLOCATED, partial(render, document, index, _PAGE_SIDE_PX))
    finally:
        document.close()
    if len(drawn) > _PAGES_DRAWN_MAX:
        yield Reason.TOO_MANY


def _revisions(pdf: _Pdf) -> Iterator[Member | Reason]:
    """Give the images that earlier revisions had and the last one has not."""
    ends = [end for end in _marks(pdf.source) if end < pdf.source.size_bytes - len(_MARK)]
    for number, end in enumerate(ends[-_REVISIONS_MAX:], start=1):
        try:
            with _open(pdf, Part(pdf.source, 0, end), repairs=False) as document:
                yield from _members(pdf, document, f" (revision {number})", State.DELETED)
        except UnreadError:
            # A part of a document is no document where it was written for viewing before it has come whole.
            continue
    if len(ends) > _REVISIONS_MAX:
        yield Reason.TOO_MANY


def _marks(source: ByteSource) -> Iterator[int]:
    """Where each revision ends."""
    at = 0
    while at < source.size_bytes:
        piece = source.read_at(at, _PIECE_BYTES)
        for mark in re.finditer(_MARK, piece):
            yield at + mark.end()
        if len(piece) < _PIECE_BYTES:
            return
        at += len(piece) - len(_MARK) + 1


def _besides(pdf: _Pdf) -> Iterator[Member | Reason]:
    """Give JPEG files that lie in the document's bytes and are none of its objects."""
    for found in find(pdf.source):
        if isinstance(found, Reason):
            yield found
        elif found.kind in {"jpeg", "jp2"}:
            part = Part(pdf.source, found.offset, found.size_bytes)
            if _digest(part.read_at(0, part.size_bytes)) not in pdf.given:
                address = f"@{found.offset}+{found.size_bytes}"
                yield Member(layer="pdf", address=address, state=State.CARVED, open=partial(_itself, part))


def _itself(part: Part) -> Part:
    return part


def warm_up() -> None:
    """Look through a small document of each kind of content: what is loaded late could not be once locked."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(40, 40))
        picture = document.make_stream(bytes(48), {"/Subtype": pikepdf.Name.Image, "/Width": 4, "/Height": 4})
        picture.BitsPerComponent, picture.ColorSpace = 8, pikepdf.Name.DeviceRGB
        unusual = document.make_stream(bytes(16), {"/Subtype": pikepdf.Name.Image, "/Width": 4, "/Height": 4})
        unusual.BitsPerComponent, unusual.ColorSpace = 8, pikepdf.Name("/Unheard")
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.Resources = pikepdf.Dictionary(
            XObject=pikepdf.Dictionary(A=picture, B=unusual), Font=pikepdf.Dictionary(F=font)
        )
        words = b"BT /F 9 Tf (words) Tj ET " + b"0 0 9 9 re f " * 99
        page.Contents = document.make_stream(words + b"BI /W 4 /H 4 /BPC 8 /CS /G ID 0123456789abcdef EI")
        file = io.BytesIO()
        document.save(file)
    for member in unpack(MemoryRange(file.getvalue()), Context()):
        if isinstance(member, Member):
            member.open()
