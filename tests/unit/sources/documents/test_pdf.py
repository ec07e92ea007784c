"""PDF: what a document shows or hides is given, images first in the bytes that they were put in as."""

import base64
import io
import zlib
from collections.abc import Callable
from typing import cast

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile
from tests.unit.sources.carving.drawn import written
from tests.unit.sources.documents.pdfs import JPEG, OTHER, PIXELS, flate, image, pdf_with, saved, show
from tests.unit.sources.unpacked import contents, members

from unseen.model import Reason, State, UnreadError
from unseen.sources.layers import Budget, Context, LayerLimits, Secrets


def opened(data: bytes) -> Image.Image:
    """A picture of what a member gave."""
    return Image.open(io.BytesIO(data))


def same(first: Image.Image, second: Image.Image) -> bool:
    """Whether two images have the same pixels."""
    return bool(np.array_equal(np.asarray(first.convert("RGB")), np.asarray(second.convert("RGB"))))


def test_a_jpeg_in_a_document_keeps_its_bytes() -> None:
    """So that its digests are those of the file that was put in."""
    data = pdf_with(lambda pdf: show(pdf, image(pdf, JPEG, Name.DCTDecode)))
    ((address, state, content),) = [each for each in members(data) if isinstance(each, tuple)]
    assert (address.startswith("object "), state, content) == (True, State.ALLOCATED, JPEG)


@pytest.mark.parametrize("outer", [[Name.FlateDecode], [Name.ASCII85Decode], [Name.ASCIIHexDecode]], ids=str)
def test_a_jpeg_that_was_packed_once_more_keeps_its_bytes(outer: list[Name]) -> None:
    """General filters around it are taken off."""
    packers: dict[Name, Callable[[bytes], bytes]] = {
        Name.FlateDecode: zlib.compress,
        Name.ASCII85Decode: lambda data: base64.a85encode(data) + b"~>",
        Name.ASCIIHexDecode: lambda data: data.hex().encode() + b">",
    }
    pack = packers[outer[0]]
    data = pdf_with(lambda pdf: show(pdf, image(pdf, pack(JPEG), Array([*outer, Name.DCTDecode]))))
    assert contents(data) == [JPEG]


def test_a_jpeg_2000_in_a_document_keeps_its_bytes() -> None:
    """As a JPEG does."""
    jp2 = written(PIXELS, "JPEG2000")
    assert contents(pdf_with(lambda pdf: show(pdf, image(pdf, jp2, Name.JPXDecode)))) == [jp2]


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "1", "P"])
def test_plain_samples_become_a_file_of_the_same_pixels(mode: str) -> None:
    """Colour, grey, print colours, two colours and palettes: what a decoder sees is what the document shows."""
    picture = PIXELS.quantize(64) if mode == "P" else PIXELS.convert(mode)
    space: object = {"RGB": Name.DeviceRGB, "CMYK": Name.DeviceCMYK}.get(mode, Name.DeviceGray)
    if mode == "P":
        space = Array([Name.Indexed, Name.DeviceRGB, 63, pikepdf.String(bytes(picture.getpalette() or ()))])
    bits = 1 if mode == "1" else 8
    data = pdf_with(lambda pdf: show(pdf, flate(pdf, picture.tobytes(), ColorSpace=space, BitsPerComponent=bits)))
    (content,) = contents(data)
    assert same(opened(content), picture)


def test_fax_compression_becomes_a_file_of_the_same_pixels() -> None:
    """Scans in CCITT group 4."""
    picture = PIXELS.convert("1")
    file = io.BytesIO()
    picture.save(file, "TIFF", compression="group4")
    with Image.open(file) as tiff:
        tags = cast("TiffImageFile", tiff).tag_v2
        at, size = tags[273][0], tags[279][0]
    parms = Dictionary(K=-1, Columns=80, Rows=60, BlackIs1=True)
    stream = file.getvalue()[at : at + size]
    data = pdf_with(
        lambda pdf: show(
            pdf,
            image(pdf, stream, Name.CCITTFaxDecode, ColorSpace=Name.DeviceGray, BitsPerComponent=1, DecodeParms=parms),
        )
    )
    (content,) = contents(data)
    assert opened(content).size == (80, 60)
    pixels = np.asarray(opened(content).convert("L"))
    assert np.array_equal(pixels, np.asarray(picture.convert("L"))) or np.array_equal(
        255 - pixels, np.asarray(picture.convert("L"))
    )


def test_colours_that_cannot_be_converted_are_drawn() -> None:
    """An image in a colour space of mixed inks is rendered in its own size."""

    def fill(pdf: pikepdf.Pdf) -> None:
        tint = pdf.make_stream(b"{ 0 exch 0 0 }")
        tint.FunctionType, tint.Domain, tint.Range = 4, Array([0, 1, 0, 1]), Array([0, 1] * 4)
        space = Array([Name.DeviceN, Array([Name("/Warm"), Name("/Cool")]), Name.DeviceCMYK, tint])
        show(pdf, flate(pdf, PIXELS.convert("LA").tobytes(), ColorSpace=space))

    (content,) = contents(pdf_with(fill))
    assert opened(content).size == (80, 60)


def test_images_that_no_page_shows_are_given() -> None:
    """Soft masks, thumbnails, images of forms in forms, of patterns, and those that nothing refers to."""

    def fill(pdf: pikepdf.Pdf) -> None:
        pictures = [written(PIXELS.rotate(angle), "JPEG") for angle in (10, 20, 30, 40)]
        mask = image(pdf, pictures[0], Name.DCTDecode, ColorSpace=Name.DeviceGray)
        page = show(pdf, image(pdf, JPEG, Name.DCTDecode, SMask=pdf.make_indirect(mask)))
        page.obj.Thumb = pdf.make_indirect(image(pdf, pictures[1], Name.DCTDecode, Subtype=None))
        inner = pdf.make_stream(b"/I Do", {"/Subtype": Name.Form, "/BBox": Array([0, 0, 1, 1])})
        inner.Resources = Dictionary(XObject=Dictionary(I=image(pdf, pictures[2], Name.DCTDecode)))
        outer = pdf.make_stream(b"/F Do", {"/Subtype": Name.Form, "/BBox": Array([0, 0, 1, 1])})
        outer.Resources = Dictionary(XObject=Dictionary(F=inner))
        page.obj.Resources.XObject.F = outer
        pattern = pdf.make_stream(b"/I Do", {"/PatternType": 1})
        pattern.Resources = Dictionary(XObject=Dictionary(I=image(pdf, pictures[3], Name.DCTDecode)))
        page.obj.Resources.Pattern = Dictionary(P=pattern)

    expected = {JPEG, *(written(PIXELS.rotate(angle), "JPEG") for angle in (10, 20, 30, 40))}
    for options in ({}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}):
        assert expected <= set(contents(pdf_with(fill, **options)))


def test_an_image_between_drawing_instructions_is_given() -> None:
    """Inline images have no object of their own."""
    drawing = b"q 9 0 0 9 0 0 cm BI /W 8 /H 8 /BPC 8 /CS /G ID " + bytes(range(64)) + b" EI Q"
    (content,) = contents(pdf_with(lambda pdf: show(pdf, drawing=drawing)))
    assert np.asarray(opened(content)).tobytes() == bytes(range(64))


def test_attachments_are_given_under_their_names() -> None:
    """A file in a document is a file."""

    def fill(pdf: pikepdf.Pdf) -> None:
        show(pdf)
        pdf.attachments["holiday.jpg"] = JPEG

    ((address, _, content),) = [each for each in members(pdf_with(fill)) if isinstance(each, tuple)]
    assert address.endswith("holiday.jpg")
    assert content == JPEG


def test_a_zero_byte_in_a_name_does_not_end_an_address() -> None:
    """It is shown as what it is."""

    def fill(pdf: pikepdf.Pdf) -> None:
        show(pdf)
        pdf.attachments["a\0b.jpg"] = JPEG

    (address,) = [each[0] for each in members(pdf_with(fill)) if isinstance(each, tuple)]
    assert address.endswith("a\N{SYMBOL FOR NULL}b.jpg")


def test_pages_that_are_drawn_are_rendered_and_pages_of_words_are_not() -> None:
    """A picture made of paths, or of strips, can only be seen on its page."""

    def fill(pdf: pikepdf.Pdf) -> None:
        show(pdf, drawing=b"0.5 g 0 0 10 10 re f\n" * 5)
        show(pdf, drawing=b"".join(b"%f g %d 0 9 99 re f\n" % (x / 200, x) for x in range(0, 200, 2)))
        strips = [PIXELS.crop((0, top, 80, top + 20)) for top in (0, 20, 40)]
        show(pdf, *(flate(pdf, strip.tobytes(), Height=20) for strip in strips))

    given = [each for each in members(pdf_with(fill)) if isinstance(each, tuple)]
    pages = {address: content for address, _, content in given if address.startswith("page")}
    assert set(pages) == {"page 2", "page 3"}
    assert all(isinstance(content, bytes) and max(opened(content).size) == 1600 for content in pages.values())


def test_a_document_for_all_to_read_needs_no_password() -> None:
    """Documents that are encrypted for printing and copying only open with the empty password."""
    data = pdf_with(
        lambda pdf: show(pdf, image(pdf, JPEG, Name.DCTDecode)), encryption=pikepdf.Encryption(owner="o", user="")
    )
    assert JPEG not in data
    assert contents(data) == [JPEG]


def test_a_password_opens_a_document() -> None:
    """Without it the document is encrypted; with it everything in it is given, drawn pages too."""
    drawing = b"0 0 9 9 re f\n" * 80
    data = pdf_with(
        lambda pdf: show(pdf, image(pdf, JPEG, Name.DCTDecode), drawing=drawing),
        encryption=pikepdf.Encryption(owner="o", user="secret"),
    )
    with pytest.raises(UnreadError) as caught:
        members(data)
    assert caught.value.reason is Reason.ENCRYPTED
    given = contents(data, Context(secrets=Secrets(("wrong", "secret"))))
    assert given[0] == JPEG
    assert opened(given[1]).size == (1600, 1200)


def revised() -> bytes:
    """A document whose image was replaced by another, by appending."""
    with pikepdf.new() as pdf:
        stream = pdf.make_indirect(flate(pdf))
        show(pdf, stream)
        data = saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode.disable, static_id=True)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        number = next(each.objgen[0] for each in pdf.objects if each.get("/Subtype", None) == "/Image")
    start = data.rindex(b"startxref") + 9
    before = int(data[start:].split()[0])
    at = len(data)
    new = b"%d 0 obj\n<</Subtype/Image/Width 80/Height 60/ColorSpace/DeviceRGB/BitsPerComponent 8" % number
    new += b"/Filter/DCTDecode/Length %d>>\nstream\n" % len(OTHER) + OTHER + b"\nendstream\nendobj\n"
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, at)
    size = int(data.split(b"/Size ")[1].split()[0].strip(b"/>"))
    root = data.split(b"/Root ")[1].split(b"R")[0] + b"R"
    trailer = b"trailer\n<</Size %d/Root %s/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, before, at + len(new))
    return data + new + table + trailer


def test_what_an_earlier_revision_held_is_given_as_deleted() -> None:
    """An image that was replaced by appending to the document is still in it."""
    given = [each for each in members(revised()) if isinstance(each, tuple)]
    assert [(state, content == OTHER) for _, state, content in given] == [
        (State.ALLOCATED, True),
        (State.DELETED, False),
    ]
    before = given[1][2]
    assert isinstance(before, bytes)
    assert same(opened(before), PIXELS)


def test_pictures_that_are_no_object_are_carved() -> None:
    """A JPEG that lies in the file and belongs to none of its objects is given, others are not given twice."""
    data = pdf_with(lambda pdf: show(pdf, image(pdf, JPEG, Name.DCTDecode)))
    given = [each for each in members(data + b"\n" + OTHER) if isinstance(each, tuple)]
    assert [(state, content) for _, state, content in given] == [(State.ALLOCATED, JPEG), (State.CARVED, OTHER)]


def test_a_broken_document_still_gives_its_pictures() -> None:
    """Without its table of objects it is repaired; without anything else its pictures are carved."""
    data = pdf_with(lambda pdf: show(pdf, image(pdf, JPEG, Name.DCTDecode)))
    assert JPEG in contents(data[: data.rindex(b"xref") - 20])
    scraps = [each for each in members(b"%PDF-1.4 nothing" + JPEG) if isinstance(each, tuple)]
    assert [content for _, _, content in scraps] == [JPEG]


@pytest.mark.parametrize(
    "drawing", [b"BI /W 8 /H 8 /BPC 8 /CS /G ID xx", b"BI /W (a) /H [] ID x EI", b"<< BI ID EI >> ]["]
)
def test_broken_drawing_costs_no_other_picture(drawing: bytes) -> None:
    """Instructions that cannot be followed are passed over, and what lies beside them is given."""
    data = pdf_with(lambda pdf: show(pdf, image(pdf, JPEG, Name.DCTDecode), drawing=b"q " + drawing))
    assert JPEG in [each[2] for each in members(data) if isinstance(each, tuple)]


def test_a_tree_of_pages_that_leads_nowhere_hides_nothing() -> None:
    """Objects, and what lies in the file besides, are given all the same."""

    def fill(pdf: pikepdf.Pdf) -> None:
        show(pdf)
        pdf.Root.Kept = image(pdf, JPEG, Name.DCTDecode)
        pdf.Root.Pages.Kids = Array([pdf.Root.Pages])

    given = members(pdf_with(fill) + OTHER)
    assert Reason.UNREADABLE in given
    assert [each[2] for each in given if isinstance(each, tuple)] == [JPEG, OTHER]


def test_a_bomb_in_a_document_costs_its_own_row() -> None:
    """An image that inflates beyond the limits is too large, and what lies beside it is given."""
    bomb = zlib.compress(bytes(80 << 20), 9)

    def fill(pdf: pikepdf.Pdf) -> None:
        show(pdf, image(pdf, bomb, Name.FlateDecode, Width=8000, Height=3333), image(pdf, JPEG, Name.DCTDecode))

    limits = LayerLimits(inflated_bytes_max=10 << 20)
    read = [
        each[2] for each in members(pdf_with(fill), Context(limits, budget=Budget(limits))) if isinstance(each, tuple)
    ]
    assert read == [Reason.TOO_LARGE, JPEG]
