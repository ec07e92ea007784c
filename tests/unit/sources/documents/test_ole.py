"""Compound files: every stream is given, and the pictures that streams hold in ways of their own."""

import io
import struct
import zlib

import pytest
from PIL import Image
from tests.unit.sources.carving.drawn import drawn_files, picture, written
from tests.unit.sources.documents.compound import compound
from tests.unit.sources.unpacked import contents, members

from unseen.model import Reason, State
from unseen.sources.layers import Budget, Context, LayerLimits

JPEG = written(picture(3), "JPEG")
PNG = drawn_files()["PNG"]


def record(instance: int, kind: int, data: bytes) -> bytes:
    """A record of Office's drawings."""
    return struct.pack("<HHI", instance << 4, kind, len(data)) + data


def given(data: bytes, context: Context | None = None) -> dict[str, bytes | Reason]:
    """Contents by address."""
    return {each[0]: each[2] for each in members(data, context) if isinstance(each, tuple)}


@pytest.mark.parametrize("size", [0, 1, 63, 64, 4095, 4096, 4097, 70_000])
def test_every_stream_is_given_byte_for_byte(size: int) -> None:
    """Short streams, which share sectors, and long ones, beside others and in storages."""
    streams = {"a": bytes(range(256)) * 300, "b/c/[5]": b"", "b/d": b"x" * size, "e": b"y" * 100}
    data = compound({name.replace("[5]", "\x05"): content for name, content in streams.items()})
    assert given(data) == streams


def test_thumbnails_of_a_folder_are_given_under_the_names_of_their_pictures() -> None:
    """Thumbs.db: the picture without the header before it, under the name that the catalogue has for it."""
    catalog = struct.pack("<HHIII", 16, 7, 1, 96, 96)
    name = "holiday.jpg".encode("utf-16-le") + bytes(4)
    catalog += struct.pack("<IIQ", 16 + len(name), 12, 0) + name
    data = compound({"21": struct.pack("<III", 12, 1, len(JPEG)) + JPEG, "Catalog": catalog})
    assert given(data) == {"21 (holiday.jpg)": JPEG, "Catalog": catalog}


def test_pictures_that_no_stream_holds_any_more_are_carved() -> None:
    """A thumbnail that was deleted lies in the file until it is overwritten."""
    data = compound({"1": b"header" + PNG}) + bytes(100) + JPEG
    found = [each for each in members(data) if isinstance(each, tuple)]
    assert [(each[1], each[2]) for each in found] == [(State.ALLOCATED, PNG), (State.CARVED, JPEG)]


def test_pictures_cut_into_records_are_put_together() -> None:
    """Excel's records hold 8 KiB each, whatever the picture needs."""
    group = record(0, 0xF000, record(0x46A, 0xF01D, bytes(17) + PNG))
    pieces = [group[at : at + 8224] for at in range(0, len(group), 8224)]
    assert len(pieces) > 2
    workbook = struct.pack("<HH16x", 0x809, 16)
    for index, piece in enumerate(pieces):
        workbook += struct.pack("<HH", 0xEB if index == 0 else 0x3C, len(piece)) + piece
    workbook += struct.pack("<HH", 0x0A, 0)
    assert PNG in given(compound({"Workbook": workbook})).values()


def test_drawings_and_the_pictures_in_them_are_given() -> None:
    """A deflated metafile is inflated; the JPEG in it is found, and the drawing is a member too."""
    metafile = bytes(40) + b" EMF" + bytes(60) + JPEG + bytes(9)
    packed = zlib.compress(metafile)
    header = struct.pack("<I24xIBB", len(metafile), len(packed), 0, 0xFE)
    blip = record(0x3D4, 0xF01A, bytes(16) + header + packed)
    values = given(compound({"Pictures": blip + record(0x46A, 0xF01D, bytes(17) + PNG)}))
    assert {metafile, JPEG} <= set(values.values())


def test_a_bitmap_without_the_header_of_a_file_gets_one() -> None:
    """What Office keeps of a bitmap becomes a file that decodes to the same pixels."""
    bitmap = written(picture(4), "BMP")
    blip = record(0x7A8, 0xF01F, bytes(17) + bitmap[14:])
    (made,) = [each for name, each in given(compound({"Data": blip})).items() if name.endswith(".bmp")]
    assert made == bitmap


def test_files_packaged_into_documents_are_given_under_their_names() -> None:
    """Word's icons that open a file, and what PowerPoint deflates."""
    native = struct.pack("<HH", 0, 2)[:2] + b"a.jpg\0C:\\a.jpg\0" + struct.pack("<II", 0x30000, 5) + b"t.jpg"
    native += struct.pack("<I", len(JPEG)) + JPEG
    native = struct.pack("<I", len(native)) + native
    inner = compound({"Contents": PNG})
    document = record(0, 0x03E8, bytes(9)) + record(1, 0x1011, struct.pack("<I", len(inner)) + zlib.compress(inner))
    values = given(compound({"ObjectPool/_1/\x01Ole10Native": native, "PowerPoint Document": document}))
    assert values["ObjectPool/_1/[1]Ole10Native/a.jpg"] == JPEG
    assert inner in values.values()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("EncryptedPackage", bytes(100)),
        ("WordDocument", b"\xec\xa5\xc1\0" + bytes(7) + b"\x01" + bytes(500)),
        ("Current User", bytes(12) + b"\xdf\xc4\xd1\xf3" + bytes(20)),
        ("Workbook", struct.pack("<HH16xHH54x", 0x809, 16, 0x2F, 54)),
    ],
    ids=["package", "word", "powerpoint", "excel"],
)
def test_encrypted_documents_are_said_to_be(name: str, content: bytes) -> None:
    """Whatever the program was, nothing found in an encrypted document does not mean that nothing is there."""
    assert Reason.ENCRYPTED in members(compound({name: content}))
    plain = compound({name.replace("Encrypted", "Plain"): bytes(len(content))})
    assert Reason.ENCRYPTED not in members(plain)


def test_a_broken_file_is_said_to_be_and_its_pictures_are_carved() -> None:
    """Without a directory nothing has a name, but pictures have their own structure."""
    data = compound({"1": b"header" + PNG})
    found = members(data[:48] + b"\xf0\xff\xff\x7f" + data[52:])
    assert found[0] is Reason.UNREADABLE
    assert [each[2] for each in found[1:] if isinstance(each, tuple)] == [PNG]


def test_a_storage_that_lies_in_itself_is_entered_once() -> None:
    """Hostile directories may lead round in a circle."""
    data = bytearray(compound({"a/b": PNG}))
    name = data.index("a".encode("utf-16-le") + bytes(62))
    # The child of the storage becomes the storage.
    data[name + 76 : name + 80] = struct.pack("<I", 1)
    assert [each[2] for each in members(bytes(data)) if isinstance(each, tuple)] == [PNG]


def test_a_stream_that_inflates_without_end_is_too_large() -> None:
    """And costs itself only."""
    packed = zlib.compress(bytes(80 << 20), 9)
    header = struct.pack("<I24xIBB", 80 << 20, len(packed), 0, 0xFE)
    blip = record(0x3D4, 0xF01A, bytes(16) + header + packed)
    limits = LayerLimits(inflated_bytes_max=1 << 20)
    found = members(compound({"Pictures": blip, "z": PNG}), Context(limits, budget=Budget(limits)))
    assert Reason.TOO_LARGE in found
    assert PNG in [each[2] for each in found if isinstance(each, tuple)]


def test_pillow_agrees_that_a_made_bitmap_is_one() -> None:
    """The header that was put before it leads to its pixels, palettes included."""
    bitmap = written(picture(4).quantize(16), "BMP")
    (made,) = [
        each
        for each in contents(compound({"Data": record(0x7A8, 0xF01F, bytes(17) + bitmap[14:])}))
        if each[:2] == b"BM"
    ]
    with Image.open(io.BytesIO(made)) as first, Image.open(io.BytesIO(bitmap)) as second:
        assert first.tobytes() == second.tobytes()
