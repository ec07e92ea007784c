"""What lies beside the pixels of a picture is given, byte for byte, and the picture itself is not given again."""

import io
import struct
import zlib

import pytest
from PIL import ExifTags, Image
from tests.unit.sources.carving.drawn import drawn_files, picture, written
from tests.unit.sources.unpacked import contents, members

from unseen.model import State
from unseen.sources.layers import MemoryRange, recognise

SMALL = written(picture(5, 32, 24), "JPEG")
OTHER = written(picture(6, 40, 24), "JPEG")


def exif(*, note: bytes = b"", order: str = ">") -> bytes:
    """Exif with a thumbnail in its second directory and a maker's note behind it."""
    mark = {">": b"MM\0*", "<": b"II*\0"}[order]
    first = struct.pack(order + "H", 1) + struct.pack(order + "HHI2sxx", 274, 3, 1, struct.pack(order + "H", 1))
    first += struct.pack(order + "I", 8 + len(first) + 4)
    at = 8 + len(first) + 2 + 24 + 4
    second = struct.pack(order + "H", 2) + struct.pack(order + "HHII", 513, 4, 1, at)
    second += struct.pack(order + "HHII", 514, 4, 1, len(SMALL)) + bytes(4)
    return mark + struct.pack(order + "I", 8) + first + second + SMALL + note


def segment(marker: int, payload: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def jpeg_with(*segments: bytes) -> bytes:
    """A JPEG with segments put before all others."""
    plain = drawn_files()["JPEG"]
    return plain[:2] + b"".join(segments) + plain[2:]


def chunk(name: bytes, payload: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(payload)) + name + payload + zlib.crc32(name + payload).to_bytes(4, "big")


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_exif_thumbnail_of_a_photograph_is_given(order: str) -> None:
    """A JPEG's thumbnail is a member with its own bytes, and as allocated as the photograph."""
    data = jpeg_with(segment(0xE1, b"Exif\0\0" + exif(order=order)))
    assert members(data) == [("exif-thumbnail", State.ALLOCATED, SMALL)]


def test_previews_elsewhere_in_the_metadata_are_given() -> None:
    """Maker's notes, Photoshop's resources and JFXX thumbnails hold pictures too."""
    data = jpeg_with(
        segment(0xE0, b"JFXX\0\x10" + SMALL),
        segment(0xE1, b"Exif\0\0" + exif(note=b"note" + OTHER)),
        segment(0xED, b"Photoshop 3.0\x008BIM\x04\x0c\0\0" + OTHER),
        segment(0xFE, b"comment " * 10),
    )
    assert contents(data) == [SMALL, SMALL, OTHER, OTHER]
    assert [each[0].partition("@")[0] for each in members(data) if isinstance(each, tuple)] == [
        "app0",
        "exif-thumbnail",
        "app1",
        "app13",
    ]


@pytest.mark.parametrize("name", ["JPEG", "progressive", "PNG", "GIF", "animated", "WEBP", "lossless"])
@pytest.mark.parametrize("trailer", ["mp4", "JPEG", "zip"])
def test_what_follows_a_picture_is_given(name: str, trailer: str) -> None:
    """Motion photographs, further pictures and hidden archives behind the end of a picture are members."""
    data, behind = drawn_files()[name], drawn_files()[trailer]
    (member,) = members(data + bytes(40) + behind + bytes(3))
    assert isinstance(member, tuple)
    assert (member[0], member[2]) == (f"trailer@{len(data) + 40}+{len(behind)}", behind)


def test_several_pictures_behind_one_are_given_one_by_one() -> None:
    """A multi-picture file gives each further picture with its own bytes, not nested in the one before."""
    assert contents(drawn_files()["JPEG"] + SMALL + OTHER + SMALL) == [SMALL, OTHER, SMALL]


def test_a_trailer_of_no_known_kind_is_given_whole() -> None:
    """What directly follows a picture and is not recognised is one member, for whoever can look into it."""
    data = drawn_files()["JPEG"]
    assert members(data + b"secret words") == [(f"trailer@{len(data)}", State.ALLOCATED, b"secret words")]


@pytest.mark.parametrize("name", ["JPEG", "progressive", "restarts", "cmyk", "PNG", "GIF", "animated", "WEBP", "BMP"])
def test_a_plain_picture_has_nothing_more(name: str) -> None:
    """Without metadata that holds a picture, and without a trailer but zeros, no reader is asked."""
    assert recognise(MemoryRange(drawn_files()[name])) is None


def test_thumbnails_in_other_formats_are_given() -> None:
    """The metadata of PNG and WebP holds thumbnails as that of JPEG does."""
    plain = drawn_files()["PNG"]
    png = plain[:33] + chunk(b"eXIf", exif()) + plain[33:]
    webp = io.BytesIO()
    picture().save(webp, "WEBP", exif=b"Exif\0\0" + exif())
    assert contents(png) == [SMALL]
    assert contents(webp.getvalue()) == [SMALL]


def test_previews_in_camera_originals_are_given() -> None:
    """Wherever a TIFF-like file keeps a JPEG, it is found; the file itself is not given again."""
    for head in (
        b"II*\0\x10\0\0\0CR\x02\0",
        b"FUJIFILMCCD-RAW 0201FF",
        b"IIRO\x08\0\0\0",
        b"\0\0\0\x18ftypcrx " + bytes(12),
    ):
        assert contents(head + bytes(300) + SMALL + bytes(100) + OTHER) == [SMALL, OTHER]
    assert contents(drawn_files()["TIFF"]) == []


def test_a_picture_split_over_metadata_segments_is_put_together() -> None:
    """Extended XMP holds more than one segment can; its pieces may come in any order."""
    text = b"<x>" + OTHER * 3 + b"</x>"
    name = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + struct.pack(">I", len(text))
    pieces = [(at, text[at : at + 3000]) for at in range(0, len(text), 3000)]
    data = jpeg_with(*(segment(0xE1, name + struct.pack(">I", at) + piece) for at, piece in reversed(pieces)))
    assert contents(data)[-3:] == [OTHER] * 3


def test_pictures_made_by_pillow_with_a_thumbnail_agree() -> None:
    """What this reader takes for the thumbnail is what Pillow's reader of Exif finds."""
    data = jpeg_with(segment(0xE1, b"Exif\0\0" + exif()))
    with Image.open(io.BytesIO(data)) as image:
        second = image.getexif().get_ifd(ExifTags.IFD.IFD1)
    assert second[514] == len(contents(data)[0])
