"""What bytes say of themselves: which kind of archive or compressed file they are."""

import struct
from collections.abc import Callable

from unseen.model import ByteSource

__all__ = [
    "END_BYTES",
    "PROGRAM_BYTES",
    "RAR",
    "SEVEN_ZIP",
    "ends_as_zip",
    "find_behind_program",
    "is_behind_program",
    "is_cpio",
    "is_lha",
    "is_lzma",
    "is_tar",
    "is_unread",
    "starts_as_zip",
    "starts_with",
]

SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
RAR = b"Rar!\x1a\x07"
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04")
# The end record of a zip file, with the longest comment (APPNOTE.TXT, 4.3.16).
END_BYTES = 22 + 65_535
# Archives that unpack themselves begin with a program; the largest of the common ones have some 500 kB of it.
PROGRAM_BYTES = 1 << 20
_PROGRAMS = (b"MZ", b"\x7fELF")
# Archivers that nothing here reads: their files are stated, not taken for noise.
_UNREAD = (
    (0, b"\x60\xea"),  # ARJ
    (7, b"**ACE**"),
    (0, b"LRZI"),  # lrzip
    (0, b"\x89LZO\x00\r\n\x1a\n"),  # lzop
    (20, b"\xdc\xa7\xc4\xfd"),  # ZOO
    (0, b"SIT!"),  # StuffIt
    (0, b"StuffIt (c)"),
    (0, b"zPQ\x01"),  # ZPAQ
    (0, b"ArC\x01"),  # FreeArc
    (0, b"MSWIM\x00\x00\x00"),  # Windows imaging
    (0, b"hsqs"),  # squashfs
    (0, b"\x37\xe4\x53\x96\xc9\xdb\xd6\x07"),  # zisofs, of compressed files on discs
    (0, b"\xff\x06\x00\x00sNaPpY"),  # snappy
    (0, b"pbzx"),  # packages of macOS
    (0, b"AA01"),  # Apple's archives: plain, compressed, and encrypted
    (0, b"YAA1"),
    (0, b"AEA1"),
)
# As signed bytes.
_POSITIVE = bytes(range(128))
_LHA_METHODS = (b"-lh", b"-lz", b"-pm")


def starts_with(*signatures: bytes) -> Callable[[bytes, ByteSource], bool]:
    """Make a recogniser of ranges that begin with one of these bytes."""

    def is_mine(head: bytes, _source: ByteSource) -> bool:
        return head.startswith(signatures)

    return is_mine


def is_behind_program(signature: bytes) -> Callable[[bytes, ByteSource], bool]:
    """Make a recogniser of ranges that begin with a signature, or with a program that has it behind itself."""

    def is_mine(head: bytes, source: ByteSource) -> bool:
        return find_behind_program(head, source, signature) >= 0

    return is_mine


def find_behind_program(head: bytes, source: ByteSource, signature: bytes) -> int:
    """Say where a signature lies: at the start, or within or behind a program; -1 for nowhere."""
    if head.startswith(_PROGRAMS):
        return source.read_at(0, PROGRAM_BYTES).find(signature)
    return 0 if head.startswith(signature) else -1


def starts_as_zip(head: bytes, _source: ByteSource) -> bool:
    """Whether a range begins as zip files do."""
    return head.startswith(_ZIP_STARTS)


def ends_as_zip(_head: bytes, source: ByteSource) -> bool:
    """Whether a range ends as zip files do, whatever it begins with: programs that unpack themselves, and disguises."""
    # Of an archive that was cut, the last part has the usual name and comes first: see `unseen.sources.segments`.
    source = getattr(source, "parts", (source,))[0]
    end = source.read_at(max(0, source.size_bytes - END_BYTES), END_BYTES)
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) - at < 22:
        return False
    size, offset, comment_bytes = struct.unpack_from("<IIH", end, at + 12)
    directory_at = source.size_bytes - len(end) + at - size
    is_cut = end[at + 4 : at + 6] not in {b"\0\0", b"\xff\xff"}
    return bool(
        at + 22 + comment_bytes <= len(end)
        and size > 0
        and (offset == 0xFFFFFFFF or is_cut or (directory_at >= 0 and source.read_at(directory_at, 4) == b"PK\x01\x02"))
    )


def is_tar(head: bytes, _source: ByteSource) -> bool:
    """Whether the first block is the header of a tar entry: its checksum says so (POSIX.1-1988, ustar)."""
    block = head[:512]
    if len(block) < 512 or not block[0]:
        return False
    try:
        stated = int(block[148:156].split(b"\0")[0].strip() or b"x", 8)
    except ValueError:
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    # Some old programs added signed bytes.
    plain, negative = sum(rest), len(rest.translate(None, _POSITIVE))
    return stated in {plain, plain - 256 * negative}


def is_cpio(head: bytes, _source: ByteSource) -> bool:
    """Whether the first entry is one of a cpio archive, in digits or in binary of either order of bytes."""
    if head.startswith((b"070701", b"070702", b"070707")):
        return True
    for magic, order in ((b"\xc7\x71", "<"), (b"\x71\xc7", ">")):
        if head.startswith(magic) and len(head) >= 26:
            # Two bytes are little: the name has a sensible length and ends in a zero.
            (name_bytes,) = struct.unpack_from(order + "H", head, 20)
            return 1 < name_bytes <= 4_096 and head[26 + name_bytes - 1 : 26 + name_bytes] == b"\0"
    return False


def is_lha(head: bytes, _source: ByteSource) -> bool:
    """Whether the first entry names a method of LHA, at the place and in the form where it does."""
    return len(head) > 21 and head[2:5] in _LHA_METHODS and head[6:7] == b"-" and head[20] <= 3


def is_lzma(head: bytes, _source: ByteSource) -> bool:
    """Whether the header is one of LZMA alone, which has no signature: the usual parameters, and a sensible size."""
    if len(head) < 14 or head[0] != 0x5D or head[13]:
        return False
    dictionary, size = struct.unpack_from("<IQ", head, 1)
    is_power_of_two = dictionary & (dictionary - 1) == 0 and dictionary >= 4_096
    return bool(is_power_of_two and (size == 2**64 - 1 or size < 1 << 40))


def is_unread(head: bytes, _source: ByteSource) -> bool:
    """Whether an archiver made this that nothing here reads."""
    return any(head[at : at + len(signature)] == signature for at, signature in _UNREAD)
