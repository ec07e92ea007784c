"""Images and archives that their makers cut into several files: which names belong together, if their content agrees.

Names follow the tools: E01 … E99, EAA … ZZZ (libewf's documentation, "segment file extensions"); .001, .002 … ; .aa,
.ab … of `split`; for VMware's images, those that the description names; .z01, .z02 … before a .zip; .part1.rar and
.part2.rar, or .rar and .r00. A name alone claims nothing: a folder may hold pictures called 001 and 002.
"""

import itertools
import os
import re
import string
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from unseen.model import ByteSource, UnreadError

__all__ = ["SEGMENTS_MAX", "is_later_segment", "may_be_segment", "open_later_segments"]

# As many files as one process may usually hold open, with room for its own; with segments of 2 GiB that is 1.8 TB.
SEGMENTS_MAX = 900

_Opened = TypeVar("_Opened", bound=ByteSource)


def _leave(_: ByteSource) -> None:
    """Most ranges need no closing."""


_EWF = re.compile(r"(?s)(.+\.)([EeSs])(01)")
# 900 segments end at FEU, those of SMART at TEU: pictures have other endings of three letters.
_EWF_LATER = re.compile(r"(?s)(.+\.)([EFSTefst])([0-9]{2}|[A-Za-z]{2})")
_NUMBERED = re.compile(r"(?s)(.+\.)(0{2,4})([01])")
_NUMBERED_LATER = re.compile(r"(?s)(.+\.)([0-9]{3,5})")
# 900 segments end at .zz or at .bir: most other endings of three letters need no second look.
_LETTERED = re.compile(r"(?s)(.+\.)(aa|aaa)")
_LETTERED_LATER = re.compile(r"(?s)(.+\.)([a-z]{2}|[ab][a-z]{2})")
# A description of an image, and the files that it names: `RW 4192256 SPARSE "disk-s001.vmdk"`.
_VMDK = re.compile(r"(?s).+\.[vV][mM][dD][kK]")
_VMDK_LATER = re.compile(r"(?s)(.+)-(?:flat|[sf][0-9]{3})(\.[vV][mM][dD][kK])")
_VMDK_DESCRIPTION = b"# Disk DescriptorFile"
_VMDK_EXTENT = re.compile(rb'^(?:RW|RDONLY|NOACCESS)[ \t]+[0-9]+[ \t]+[A-Z]+[ \t]+"([^"/\0]+)"', re.MULTILINE)
# A description of the largest disk, in files of 2 GiB, has some sixty bytes for each.
_VMDK_DESCRIPTION_BYTES_MAX = 64 << 10

# The last part of a zip file has its usual name, and comes first here: it says how many there are.
_ZIP, _ZIP_LATER = re.compile(r"(?s)(.+\.)([zZ])([iI][pP])"), re.compile(r"(?s)(.+\.)([zZ])([0-9]{2,3})")
_ZIP_END, _ZIP_END_BYTES = b"PK\5\6", 22
_RAR = re.compile(r"(?s)(.+\.part)(0*1)(\.(?:rar|exe))", re.IGNORECASE)
_RAR_LATER = re.compile(r"(?s)(.+\.part)([0-9]{1,5})(\.rar)", re.IGNORECASE)
_RAR_OLD, _RAR_OLD_LATER = re.compile(r"(?s)(.+\.)([rR])([aA][rR])"), re.compile(r"(?s)(.+\.)([r-zR-Z])([0-9]{2})")
_RAR_SIGNATURE = b"Rar!\x1a\x07"
# Archives and packed files that `split` and others cut anywhere.
_CUT_ANYWHERE = (
    b"7z\xbc\xaf\x27\x1c",
    b"PK\3\4",
    _RAR_SIGNATURE,
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
)

_TAR_AT, _TAR = 257, b"ustar"

_EWF_SIGNATURE = b"EVF\t\r\n\xff\0\x01"
# What begins a disk or a volume: enough to tell them from pictures whose names happen to be numbers.
_HEAD_BYTES = 4104
_SECTOR_BYTES = 512


def open_later_segments(
    name: str,
    first: _Opened,
    opener: Callable[[str], _Opened | None],
    *,
    close: Callable[[_Opened], None] = _leave,
    segments_max: int = SEGMENTS_MAX,
) -> tuple[_Opened, ...]:
    """Open the files that continue an image or archive, up to the first that is missing or is something else.

    Args:
        name: Of the first segment, without its folder.
        first: Its bytes.
        opener: Gives the bytes of a file of the same folder by its name, or None.
        close: Lets go of what was opened and does not belong.
        segments_max: How many files there may be, the first among them.

    Returns:
        The bytes of each, in order.
    """
    names = _names_after(name, first)
    if names is None:
        return ()
    belongs = next((belongs for pattern, belongs in _BELONGING if pattern.fullmatch(name)), _is_next_raw)
    opened = [first]
    for later in itertools.islice(names, segments_max - 1):
        found = opener(later)
        if found is None:
            break
        if not _asks(belongs, opened, found):
            close(found)
            break
        opened.append(found)
    return tuple(opened[1:])


def is_later_segment(
    name: str,
    opener: Callable[[str], _Opened | None],
    *,
    close: Callable[[_Opened], None] = _leave,
    segments_max: int = SEGMENTS_MAX,
) -> bool:
    """Whether another file of the same folder is the first segment of an image that this one continues."""
    for candidate in _first_names(name):
        first = opener(candidate)
        if first is None:
            continue
        later: tuple[_Opened, ...] = ()
        try:
            later = open_later_segments(candidate, first, opener, close=close, segments_max=segments_max)
            names = itertools.islice(_names_after(candidate, first) or (), len(later))
            if name in names:
                return True
        finally:
            for each in (first, *later):
                close(each)
    return False


def may_be_segment(name: str) -> bool:
    """Whether a name, without its folder, is one that the first hundred segments of something have."""
    return any(pattern.fullmatch(name) for pattern in _NAMES)


def _first_names(name: str) -> Iterator[str]:
    if (found := _EWF_LATER.fullmatch(name)) and not _EWF.fullmatch(name):
        for letter in "ES" if found[2].isupper() else "es":
            yield f"{found[1]}{letter}01"
    if found := _NUMBERED_LATER.fullmatch(name):
        stem, number, zeros = found[1], int(found[2]), "0" * (len(found[2]) - 1)
        yield from (f"{stem}{zeros}{first}" for first in (0, 1) if number > first)
    if found := _VMDK_LATER.fullmatch(name):
        yield found[1] + found[2]
    if found := _ZIP_LATER.fullmatch(name):
        yield found[1] + ("zip" if found[2] == "z" else "ZIP")
    if (found := _RAR_LATER.fullmatch(name)) and int(found[2]) > 1:
        yield from (f"{found[1]}{1:0{len(found[2])}}{ending}" for ending in (found[3], ".exe"))
    if found := _RAR_OLD_LATER.fullmatch(name):
        yield found[1] + ("rar" if found[2].islower() else "RAR")
    if (found := _LETTERED_LATER.fullmatch(name)) and not _LETTERED.fullmatch(name):
        yield f"{found[1]}{'a' * len(found[2])}"


def _names_after(name: str, first: ByteSource) -> Iterator[str] | None:
    if _VMDK.fullmatch(name):
        return _vmdk_names(name, first)
    if found := _EWF.fullmatch(name):
        return _ewf_names(found[1], found[2])
    if found := _ZIP.fullmatch(name):
        return (f"{found[1]}{found[2]}{number:02}" for number in range(1, _zip_disks(first) + 1))
    if found := _RAR.fullmatch(name):
        stem, digits, ending = found[1], len(found[2]), ".RAR" if found[3].isupper() else ".rar"
        return (f"{stem}{number:0{digits}}{ending}" for number in range(2, SEGMENTS_MAX + 1))
    if found := _RAR_OLD.fullmatch(name):
        letters = string.ascii_lowercase if found[2].islower() else string.ascii_uppercase
        leading = letters[letters.index(found[2]) :]
        return (f"{found[1]}{letter}{number:02}" for letter in leading for number in range(100))
    if found := _NUMBERED.fullmatch(name):
        digits = len(found[2]) + 1
        return (f"{found[1]}{number:0{digits}}" for number in range(int(found[3]) + 1, 10**digits))
    if found := _LETTERED.fullmatch(name):
        combinations = itertools.product(string.ascii_lowercase, repeat=len(found[2]))
        return (found[1] + "".join(letters) for letters in itertools.islice(combinations, 1, None))
    return None


def _ewf_names(stem: str, letter: str) -> Iterator[str]:
    letters = string.ascii_uppercase if letter.isupper() else string.ascii_lowercase
    yield from (f"{stem}{letter}{number:02}" for number in range(2, 100))
    leading = letters[letters.index(letter) :]
    yield from (stem + "".join(three) for three in itertools.product(leading, letters, letters))


def _vmdk_names(name: str, first: ByteSource) -> Iterator[str]:
    try:
        description = first.read_at(0, _VMDK_DESCRIPTION_BYTES_MAX)
    except UnreadError:
        return
    if description.startswith(_VMDK_DESCRIPTION):
        names = (os.fsdecode(found[1]) for found in _VMDK_EXTENT.finditer(description))
        yield from dict.fromkeys(each for each in names if each != name)


def _asks(
    belongs: Callable[[Sequence[ByteSource], ByteSource], bool], opened: Sequence[ByteSource], found: ByteSource
) -> bool:
    try:
        return belongs(opened, found)
    except UnreadError:
        # It cannot be read: whatever it is, the image ends before it.
        return False


def _is_next_ewf(opened: Sequence[ByteSource], found: ByteSource) -> bool:
    head = found.read_at(0, 11)
    return head[:9] == _EWF_SIGNATURE and int.from_bytes(head[9:11], "little") == len(opened) + 1


def _zip_disks(last: ByteSource) -> int:
    """How many parts stand before the last one, as its last record says; 0 for a whole zip file."""
    try:
        end = last.read_at(max(0, last.size_bytes - _ZIP_END_BYTES), _ZIP_END_BYTES)
    except UnreadError:
        return 0
    disks = int.from_bytes(end[4:6], "little")
    return disks if end.startswith(_ZIP_END) and disks < SEGMENTS_MAX else 0


def _is_next_rar(_opened: Sequence[ByteSource], found: ByteSource) -> bool:
    return found.read_at(0, len(_RAR_SIGNATURE)) == _RAR_SIGNATURE


def _is_any(_opened: Sequence[ByteSource], _found: ByteSource) -> bool:
    # The description names it.
    return True


def _is_next_raw(opened: Sequence[ByteSource], found: ByteSource) -> bool:
    """All segments but the last are of one size, and together they begin as a disk or a volume does."""
    size_bytes = opened[0].size_bytes
    if not 0 < found.size_bytes <= size_bytes:
        return False
    if any(each.size_bytes != size_bytes for each in opened):
        return False
    if len(opened) > 1:
        return True
    head = opened[0].read_at(0, _HEAD_BYTES)
    is_archive = head.startswith(_CUT_ANYWHERE) or head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR
    return is_archive or (size_bytes % _SECTOR_BYTES == 0 and _begins_disk(head))


def _begins_disk(head: bytes) -> bool:
    return (
        # Boot sectors of disks, FAT, NTFS and exFAT; GPT; LUKS; ext; HFS+; APFS; Apple's map; XFS.
        head[510:512] == b"\x55\xaa"
        or head[512:520] == b"EFI PART"
        or head[:6] == b"LUKS\xba\xbe"
        or head[1080:1082] == b"\x53\xef"
        or head[1024:1026] in {b"H+", b"HX"}
        or head[32:36] == b"NXSB"
        or head[512:514] == b"PM"
        or head[:4] == b"XFSB"
    )


_BELONGING: tuple[tuple[re.Pattern[str], Callable[[Sequence[ByteSource], ByteSource], bool]], ...] = (
    (_EWF, _is_next_ewf),
    (_VMDK, _is_any),
    # The last part says how many there are.
    (_ZIP, _is_any),
    (_RAR, _is_next_rar),
    (_RAR_OLD, _is_next_rar),
)
# In a container it may cost much to look for a name. The first hundred of segments have these.
_NAMES = (
    *(re.compile(r"(?s).+\.[EeSs][0-9]{2}"), _NUMBERED_LATER, re.compile(r"(?s).+\.([a-d]|a[a-d])[a-z]")),
    *(_VMDK, _ZIP, _ZIP_LATER, _RAR, _RAR_LATER, _RAR_OLD, _RAR_OLD_LATER),
)
