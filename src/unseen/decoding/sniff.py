"""What some bytes are, by their content and never by their name."""

import re
import struct
from dataclasses import dataclass
from enum import Enum

__all__ = ["SNIFF_BYTES", "Kind", "Sniffed", "sniff"]

# ISO 9660 names itself at byte 32,769; every other signature lies nearer.
SNIFF_BYTES = 33_000


class Kind(Enum):
    """What becomes of a file of this kind."""

    JPEG = "jpeg"
    # A picture for Pillow; `Sniffed.formats` says which decoders may try.
    PICTURE = "picture"
    # Sampled by PyAV; `Sniffed.formats` names the demuxer.
    VIDEO = "video"
    # A picture, archive, document or disk image that this version cannot look into.
    UNSUPPORTED = "unsupported"
    # Text, programs, sound and bytes of no known kind.
    NOT_MEDIA = "not_media"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A kind, the names of the decoders for it (Pillow's, or FFmpeg's of a demuxer), and how sure the signature is.

    Attributes:
        is_weak: A few bytes that ordinary data may hold too: if no decoder can read it, it was no picture.
    """

    kind: Kind
    formats: tuple[str, ...] = ()
    is_weak: bool = False


_NOT_MEDIA = Sniffed(Kind.NOT_MEDIA)
_UNSUPPORTED = Sniffed(Kind.UNSUPPORTED)

# (offset, bytes, Pillow formats). Only formats whose decoders stay inside this process and read real pixels.
# Left out of Pillow's list, each for its reason: EPS runs Ghostscript; WMF and EMF need Windows to render; BUFR, GRIB
# and HDF5 are stubs without a decoder; MPEG is only identified; IMT, IM, SPIDER, MCIDAS, IPTC, PCD, XVTHUMB, FITS, GBR,
# FTEX and MSP are instruments' or long dead formats in which nobody shares photographs, and each is one more parser.
_PICTURES = (
    (0, b"\x89PNG\r\n\x1a\n", ("PNG",)),
    (0, b"GIF87a", ("GIF",)),
    (0, b"GIF89a", ("GIF",)),
    (0, b"8BPS\x00\x01", ("PSD",)),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", ("JPEG2000",)),
    (0, b"\xff\x4f\xff\x51\x00", ("JPEG2000",)),
    (0, b"icns", ("ICNS",)),
    (0, b"DDS ", ("DDS",)),
    (0, b"qoif", ("QOI",)),
    (0, b"BLP1", ("BLP",)),
    (0, b"BLP2", ("BLP",)),
    (0, b"\x59\xa6\x6a\x95", ("SUN",)),
    (0, b"/* XPM */", ("XPM",)),
)
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

# (offset, bytes, FFmpeg's name of the demuxer).
_VIDEOS = (
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
    (0, b"\x00\x00\x01\xb3", "mpegvideo"),
    (0, b"\x00\x00\x01\xb0", "m4v"),
    (0, b"FLV\x01", "flv"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "asf"),
    (0, b".RMF", "rm"),
    (0, b"\x06\x0e+4\x02\x05\x01\x01", "mxf"),
    (0, b"DKIF\x00\x00\x20\x00", "ivf"),
    (0, b"\x1f\x07\x00\x3f", "dv"),
    (0, b"\x1f\x07\x00\xbf", "dv"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
)
# A parameter set, or the mark before one, begins every stream of H.264 and HEVC that stands alone.
_RAW_STREAMS = (
    (re.compile(rb"\x00{2,3}\x01(?:[\x27\x47\x67]|\x09[\x00-\xff]\x00{2,3}\x01[\x27\x47\x67])"), "h264"),
    (re.compile(rb"\x00{2,3}\x01(?:\x40\x01|\x46\x01[\x00-\xff]\x00{2,3}\x01\x40\x01)"), "hevc"),
)

# Recognised and not looked into: found nothing and could not read must differ.
_OTHERS = (
    # Pictures without a decoder here: camera originals, JPEG XL, JPEG XR, OpenEXR, Radiance, GIMP, DjVu, FLIF, BPG.
    (0, b"II*\x00\x10\x00\x00\x00CR"),
    (0, b"FUJIFILMCCD-RAW"),
    (0, b"IIU\x00"),
    (0, b"IIRO"),
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"FOVb"),
    (0, b"II\x1a\x00\x00\x00HEAPCCDR"),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n"),
    (0, b"II\xbc\x01"),
    (0, b"\x76\x2f\x31\x01"),
    (0, b"#?RADIANCE"),
    (0, b"gimp xcf"),
    (0, b"AT&TFORM"),
    (0, b"FLIF"),
    (0, b"BPG\xfb"),
    (0, b"8BPS\x00\x02"),
    # Rendered rather than decoded.
    (0, b"%!PS"),
    (0, b"\xc5\xd0\xd3\xc6"),
    (0, b"\xd7\xcd\xc6\x9a"),
    (40, b" EMF"),
    (0, b"%PDF-"),
    # Archives and documents.
    (0, b"PK\x03\x04"),
    (0, b"PK\x05\x06"),
    (0, b"PK\x07\x08"),
    (0, b"7z\xbc\xaf\x27\x1c"),
    (0, b"Rar!\x1a\x07"),
    (0, b"\x1f\x8b\x08"),
    (0, b"BZh"),
    (0, b"\xfd7zXZ\x00"),
    (0, b"\x28\xb5\x2f\xfd"),
    (0, b"\x04\x22\x4d\x18"),
    (0, b"LZIP\x01"),
    (257, b"ustar"),
    (0, b"MSCF"),
    (0, b"070701"),
    (0, b"070707"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    (0, b"!BDN"),
    (0, b"{\\rtf"),
    (0, b"CMMM"),
    # Disk images and file systems.
    (0, b"EVF\x09\x0d\x0a\xff\x00"),
    (0, b"EVF2\x0d\x0a\x81\x00"),
    (0, b"KDMV"),
    (0, b"conectix"),
    (0, b"vhdxfile"),
    (0, b"QFI\xfb"),
    (512, b"EFI PART"),
    (3, b"EXFAT   "),
    (54, b"FAT1"),
    (82, b"FAT32   "),
    (32, b"NXSB"),
    (1024, b"H+\x00\x04"),
    (1024, b"HX\x00\x05"),
    (0, b"XFSB"),
    (0, b"hsqs"),
    (32769, b"CD001"),
)
_OTHERS_AT_ZERO = tuple(magic for offset, magic in _OTHERS if offset == 0)
_OTHERS_INSIDE = tuple((offset, magic) for offset, magic in _OTHERS if offset)

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_PPM = re.compile(rb"P([1-6]|f|F)\s+(#[^\n]*\n\s*)*\d+\s+(#[^\n]*\n\s*)*\d+\s")
# A page that shows a drawing is a page.
_SVG = re.compile(rb"(?:(?!<html)[\s\S])*?<svg[\s>]", re.IGNORECASE)
_XBM = re.compile(rb"\s*#define\s+\w*width\s+\d+", re.IGNORECASE)
_OGG_VIDEOS = (b"theora", b"fishead", b"\x01video", b"BBCD\x00", b"OVP80")
_XML_STARTS = (b"<", b"\xef\xbb\xbf<")


def sniff(head: bytes) -> Sniffed:
    """Say what a file is from its first `SNIFF_BYTES` bytes (or all, if it is shorter)."""
    if head.startswith(b"\xff\xd8\xff"):
        # CMYK and odd sampling are Pillow's; multi-picture files begin like any JPEG.
        return Sniffed(Kind.JPEG, ("JPEG", "MPO"))
    for offset, magic, formats in _PICTURES:
        if head.startswith(magic, offset):
            return Sniffed(Kind.PICTURE, formats)
    for offset, magic, demuxer in _VIDEOS:
        if head.startswith(magic, offset):
            # Before these names stands a size; where that is made of letters, it may be a text that says "wide".
            return Sniffed(Kind.VIDEO, (demuxer,), is_weak=offset > 0 and head[0] >= ord(" "))
    if head.startswith(b"RIFF"):
        return _sniff_riff(head)
    if head[4:8] == b"ftyp":
        return _sniff_ftyp(head)
    if head.startswith(_OTHERS_AT_ZERO) or any(head.startswith(magic, offset) for offset, magic in _OTHERS_INSIDE):
        return _UNSUPPORTED
    if head.startswith(_TIFF):
        return Sniffed(Kind.PICTURE, ("TIFF",))
    return _sniff_weak(head)


def _sniff_riff(head: bytes) -> Sniffed:
    match head[8:12]:
        case b"WEBP":
            return Sniffed(Kind.PICTURE, ("WEBP",))
        case b"AVI ":
            return Sniffed(Kind.VIDEO, ("avi",))
        case _:
            return _NOT_MEDIA


def _sniff_ftyp(head: bytes) -> Sniffed:
    end = min(struct.unpack(">I", head[:4])[0], 256, len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return Sniffed(Kind.PICTURE, ("AVIF",))
    if brands & _HEIF_BRANDS:
        return Sniffed(Kind.PICTURE, ("HEIF",))
    if head[8:12] == b"crx ":
        # A camera original of Canon.
        return _UNSUPPORTED
    # Sound comes in the same container, and may bring its cover along.
    return Sniffed(Kind.VIDEO, ("mov",))


def _sniff_weak(head: bytes) -> Sniffed:
    """Signatures of few bytes, checked as far as the header allows."""
    for formats, fits in _WEAK:
        if fits(head):
            return Sniffed(Kind.PICTURE, formats, is_weak=True)
    if head.startswith(_XML_STARTS) and _SVG.match(head[:4096]):
        # Never rendered: a drawing is a program.
        return _UNSUPPORTED
    if head.startswith(b"OggS") and any(name in head[:512] for name in _OGG_VIDEOS):
        return Sniffed(Kind.VIDEO, ("ogg",))
    if _is_transport_stream(head, 188) or _is_transport_stream(head[4:], 192):
        return Sniffed(Kind.VIDEO, ("mpegts",))
    for start, demuxer in _RAW_STREAMS:
        if start.match(head):
            return Sniffed(Kind.VIDEO, (demuxer,), is_weak=True)
    if head[1080:1082] == b"\x53\xef" and head[1098:1100] != b"":
        # The superblock of ext2, ext3 and ext4.
        return _UNSUPPORTED
    return _NOT_MEDIA


def _is_transport_stream(head: bytes, packet_bytes: int) -> bool:
    """Five packets, each with its sync byte, no error flag and something in it; cameras put four bytes before each."""
    packets = [head[at : at + 4] for at in range(0, 5 * packet_bytes, packet_bytes)]
    return all(len(packet) == 4 and packet[0] == 0x47 and packet[1] < 0x80 and packet[3] & 0x30 for packet in packets)


def _is_bmp(head: bytes) -> bool:
    return head.startswith(b"BM") and len(head) > 18 and struct.unpack_from("<I", head, 14)[0] in _BMP_HEADER_SIZES


def _is_icon(head: bytes) -> bool:
    return head[:4] in {b"\x00\x00\x01\x00", b"\x00\x00\x02\x00"} and len(head) > 22 and head[4] > 0 and head[9] == 0


def _is_pcx(head: bytes) -> bool:
    return len(head) > 128 and head[0] == 10 and head[1] in {0, 2, 3, 5} and head[2] == 1 and head[3] in {1, 2, 4, 8}


def _is_sgi(head: bytes) -> bool:
    return head.startswith(b"\x01\xda") and len(head) > 512 and head[2] in {0, 1} and head[3] in {1, 2}


def _is_fli(head: bytes) -> bool:
    return head[4:6] in {b"\x11\xaf", b"\x12\xaf"} and head[14:16] in {b"\x00\x00", b"\x03\x00"}


def _is_tga(head: bytes) -> bool:
    """Targa has no signature, so every field of its header must make sense."""
    if len(head) < 19:
        return False
    _, has_map, kind, _, map_length, map_depth, _, _, width, height, depth, flags = struct.unpack_from(
        "<BBBHHBHHHHBB", head
    )
    if has_map == 1:
        return (
            kind in {1, 9} and depth == 8 and 0 < map_length <= 256 and map_depth in {16, 24, 32} and width * height > 0
        )
    is_true_colour = kind in {2, 10} and depth in {16, 24, 32}
    is_grey = kind in {3, 11} and depth in {8, 16}
    return (
        has_map == 0
        and map_length == 0
        and map_depth in {0, 24}
        and (is_true_colour or is_grey)
        and width * height > 0
        and flags & 0xC0 == 0
    )


_WEAK = (
    (("BMP",), _is_bmp),
    (("ICO", "CUR"), _is_icon),
    (("PPM",), lambda head: _PPM.match(head) is not None),
    (("XBM",), lambda head: _XBM.match(head) is not None),
    (("SGI",), _is_sgi),
    (("FLI",), _is_fli),
    (("DCX",), lambda head: head.startswith(b"\xb1\x68\xde\x3a")),
    (("PCX",), _is_pcx),
    (("TGA",), _is_tga),
)
