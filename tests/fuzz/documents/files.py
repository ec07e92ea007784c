"""Files for the readers of documents, mail, pictures and much else, made by code, to be damaged."""

import binascii
import lzma
import struct
import zlib
from functools import cache

import pikepdf
from tests.faults.hiding import dmg, lvm
from tests.unit.sources.archives.test_behind import make_slack
from tests.unit.sources.archives.volumes import make_rar4_volumes, make_rar5_volumes
from tests.unit.sources.carving.drawn import drawn_files
from tests.unit.sources.documents.compound import compound
from tests.unit.sources.documents.pdfs import flate, image, pdf_with, show
from tests.unit.sources.documents.test_ole import record
from tests.unit.sources.documents.test_pdf import revised
from tests.unit.sources.documents.test_rtf import PACKED
from tests.unit.sources.mail.test_mail import message, tnef
from tests.unit.sources.phones.backups import android_backup, tar_of
from tests.unit.sources.phones.test_ufdr import FILES, GIVEN, zipped
from tests.unit.sources.pictures.test_pictures import SMALL, chunk, exif, jpeg_with, segment
from tests.unit.sources.pictures.test_thumbcache import thumbcache

__all__ = ["sound_files"]


BLIPS = record(
    0x3D4, 0xF01A, bytes(16) + struct.pack("<I24xIBB", 90, 20, 0, 0xFE) + zlib.compress(bytes(900))
) + record(0x7A8, 0xF01F, bytes(17) + drawn_files()["palette"][14:])


def _pdf() -> bytes:
    def fill(pdf: pikepdf.Pdf) -> None:
        inline = b"BI /W 8 /H 8 /BPC 8 /CS /G ID " + bytes(range(64)) + b" EI "
        show(pdf, image(pdf, SMALL, pikepdf.Name.DCTDecode), flate(pdf), drawing=inline + b"0 0 9 9 re f\n" * 70)
        pdf.attachments["a"] = SMALL

    return pdf_with(fill)


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
        "pdf": _pdf(),
        "revised pdf": revised(),
        "ole": compound({"a/b": SMALL, "Workbook": bytes(20), "c": bytes(9_000) + SMALL, "Catalog": bytes(40)}),
        "office": compound(
            {"Pictures": BLIPS, "Data": BLIPS * 9, "PowerPoint Document": BLIPS, "\x01Ole10Native": SMALL}
        ),
        "thumbcache": thumbcache(32, [("a", SMALL), ("b", png)]),
        "old thumbcache": thumbcache(20, [("a", SMALL)]),
        "mail": message(nested=message()).as_bytes(),
        "uuencoded": b"From: a\nSubject: b\n\nbegin 644 a\n" + binascii.b2a_uu(b"x" * 45) * 9 + b"end\n",
        "mailbox": b"From a Mon Nov 23 04:58:31 2026\n"
        + message().as_bytes()
        + b"\nFrom a Mon Nov 23 04:58:31 2026\na: b\n",
        "tnef": tnef((0x00069002, bytes(14)), (0x00018010, b"a.jpg\0"), (0x0006800F, SMALL), (0x00069002, bytes(14))),
        "avif": drawn_files()["AVIF"],
        "rtf": b"{\\rtf1 {\\pict\\bin50 " + SMALL[:50] + b"}{\\pict " + SMALL.hex().encode() + b"}}",
        "packed rtf": PACKED,
        "ufdr": zipped({"report.xml": GIVEN, **FILES}),
        "android": android_backup(tar_of({"a": SMALL})) + SMALL,
        "xz": lzma.compress(SMALL) + SMALL,
        "rar volumes": b"".join(make_rar5_volumes("a", SMALL * 3, 3)),
        "old rar volumes": b"".join(make_rar4_volumes("a", SMALL * 3, 3)),
        "slack": make_slack(),
        "udif": dmg(SMALL),
        "lvm": lvm(SMALL),
    }
