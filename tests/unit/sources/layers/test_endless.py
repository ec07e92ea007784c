"""What contains itself, or says so, ends: at the bound of depth, with a row."""

import hashlib
import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from tests.unit.sources.carving.drawn import picture, written
from tests.unit.sources.disks.images import need, run

from unseen.darkroom import Darkroom
from unseen.model import ItemHashes, Reason
from unseen.sources import open_source
from unseen.sources.layers import LAYER_LIMITS

NAME = b"self.zip"
PICTURE = written(picture(3, 400, 300), "JPEG")


class Bits:
    """Bits as deflate packs them (RFC 1951): numbers from their lowest bit, codes from their highest."""

    def __init__(self) -> None:
        self.bits: list[int] = []

    def number(self, value: int, count: int) -> None:
        """Add a number."""
        self.bits += [value >> at & 1 for at in range(count)]

    def code(self, value: int, count: int) -> None:
        """Add a code."""
        self.bits += [value >> at & 1 for at in reversed(range(count))]

    def packed(self) -> bytes:
        """All of them, the last byte filled up with zeros."""
        padded = [*self.bits, *[0] * (-len(self.bits) % 8)]
        return bytes(
            sum(bit << at for at, bit in enumerate(padded[start : start + 8])) for start in range(0, len(padded), 8)
        )


def say(size_bytes: int) -> bytes:
    """Five bytes: what follows is given as it stands."""
    return struct.pack("<BHH", 0, size_bytes, size_bytes ^ 0xFFFF)


def repeat(distance: int, *lengths: int, is_last: bool = False, fillers: int = 0) -> bytes:
    """Bytes given before are given once more; a filler gives nothing."""
    bits = Bits()
    bits.number(is_last, 1)
    bits.number(1, 2)
    for length in lengths:
        # Lengths up to 10 have a code each; then four codes for each further bit.
        extra = 0 if length <= 10 else (length - 3).bit_length() - 3
        code = 254 + length if not extra else 265 + 4 * (extra - 1) + ((length - 3) >> extra) - 4
        assert code < 280
        bits.code(code - 256, 7)
        bits.number((length - 3) & ((1 << extra) - 1), extra)
        extra = (distance - 1).bit_length() - 2
        bits.code(2 * extra + 2 + ((distance - 1) >> extra & 1), 5)
        bits.number((distance - 1) & ((1 << extra) - 1), extra)
    bits.code(0, 7)
    for _ in range(fillers):
        bits.number(0, 1)
        bits.number(1, 2)
        bits.code(0, 7)
    return bits.packed()


def zip_of_itself() -> bytes:
    """A zip file whose one entry is that very file, byte for byte.

    The stream says a little, and repeats it where the little was itself said: after each of its steps what it has given
    is the beginning of the file. The checksum, which the file holds four times, is found by linear algebra.
    """
    lacking = _zip_of_itself(0)
    crc = zlib.crc32(lacking)
    # What the checksum becomes when one bit of the field does: it is affine in each. One more bit for the goal.
    rows = [(zlib.crc32(_zip_of_itself(1 << bit)) ^ crc ^ 1 << bit, 1 << bit) for bit in range(32)]
    goal, field = crc, 0
    for bit in range(32):
        at = next(at for at, (change, _) in enumerate(rows) if change >> bit & 1)
        change, mask = rows.pop(at)
        rows = [(c ^ change, m ^ mask) if c >> bit & 1 else (c, m) for c, m in rows]
        if goal >> bit & 1:
            goal, field = goal ^ change, field ^ mask
    assert goal == 0
    return _zip_of_itself(field)


def _zip_of_itself(crc: int) -> bytes:
    four = repeat(20, 10, 10)
    before_bytes, behind_bytes = 30 + len(NAME), 46 + len(NAME) + 22
    again = repeat(before_bytes + 5, before_bytes + 5, fillers=1)
    last = repeat(behind_bytes + 4, behind_bytes + 4, is_last=True)
    assert (len(four), len(again), len(last)) == (5, 5, 4)

    def whole(before: bytes, behind: bytes) -> tuple[bytes, bytes]:
        start = say(len(before) + 5)
        stream = [start, before, start, again, say(5), again, say(5), say(5), say(20), again, say(5), say(5), say(20)]
        end = say(len(behind) + 4)
        stream += [four, say(20), four, say(20), four, say(20), four, say(20), four, say(0), say(0), end]
        stream += [four, say(0), say(0), end, last, behind, last]
        packed = b"".join(stream)
        return packed, before + packed + behind

    packed, made = whole(bytes(before_bytes), bytes(behind_bytes))
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, crc, len(packed), len(made), len(NAME), 0)
    listed = b"PK\1\2" + struct.pack("<H", 20) + fields + bytes(14) + NAME
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(listed), before_bytes + len(packed), 0)
    return whole(b"PK\3\4" + fields + NAME, listed + end)[1]


def screened(path: Path) -> dict[str, ItemHashes]:
    """All items of a file, by their locators."""
    with Darkroom(workers=1) as darkroom:
        return {str(item.locator): hashes for item, hashes in darkroom.develop(open_source(str(path)))}


def test_a_zip_that_contains_itself_is_too_deep(tmp_path: Path) -> None:
    """As deep as anything is looked into it is the same file; then there is a row, and no more."""
    data = zip_of_itself()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.read(NAME.decode()) == data
    (tmp_path / "self.zip").write_bytes(data)
    rows = screened(tmp_path / "self.zip")
    assert len(rows) == LAYER_LIMITS.depth_max + 1
    assert {hashes.md5 for hashes in rows.values()} == {hashlib.md5(data).digest()}
    reasons = [rows[name].reason for name in sorted(rows, key=len)]
    assert reasons == [Reason.NOT_MEDIA] * LAYER_LIMITS.depth_max + [Reason.TOO_DEEP]


@pytest.mark.parametrize("others", [0, 1])
def test_a_disk_that_is_its_own_partition_is_looked_through(tmp_path: Path, others: int) -> None:
    """A partition that holds its own table is none; beside another one that is a row."""
    disk = bytearray(1 << 20)
    disk[510:512] = b"\x55\xaa"
    for number, (first, sectors) in enumerate([(0, len(disk) // 512), (1_024, 1_024)][: 1 + others]):
        disk[446 + 16 * number : 462 + 16 * number] = struct.pack("<BBBBBBBBII", 0, 0, 0, 0, 7, 0, 0, 0, first, sectors)
    disk[20_480 : 20_480 + len(PICTURE)] = PICTURE
    (tmp_path / "disk").write_bytes(disk)
    rows = screened(tmp_path / "disk")
    assert len([hashes for hashes in rows.values() if hashes.pdq is not None]) == 1
    assert (Reason.UNREADABLE in {hashes.reason for hashes in rows.values()}) == bool(others)
    assert Reason.TOO_DEEP not in {hashes.reason for hashes in rows.values()}


def test_a_disc_whose_file_is_the_disc_is_too_deep(tmp_path: Path) -> None:
    """An entry that leads to the first sector and is as long as all of them."""
    need("genisoimage")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "SELF.ISO").write_bytes(bytes(5_000))
    (tmp_path / "d" / "B.JPG").write_bytes(PICTURE)
    run("genisoimage", "-quiet", "-o", tmp_path / "x.iso", tmp_path / "d")
    disc = bytearray((tmp_path / "x.iso").read_bytes())
    at = disc.index(b"SELF.ISO") - 33
    disc[at + 2 : at + 18] = (
        struct.pack("<I", 0) + struct.pack(">I", 0) + struct.pack("<I", len(disc)) + struct.pack(">I", len(disc))
    )
    (tmp_path / "x.iso").write_bytes(disc)
    rows = screened(tmp_path / "x.iso")
    assert len(rows) < 100
    assert Reason.TOO_DEEP in {hashes.reason for hashes in rows.values()}
    assert [hashes for name, hashes in rows.items() if name.endswith("x.iso > /B.JPG") and hashes.pdq is not None]


@pytest.mark.parametrize("layers", [LAYER_LIMITS.depth_max - 1, LAYER_LIMITS.depth_max])
def test_what_lies_as_deep_as_anything_may_is_found(tmp_path: Path, layers: int) -> None:
    """Eight containers around a picture; with one more there is a row."""
    data = PICTURE
    for _ in range(layers + 1):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("x", data)
        data = file.getvalue()
    (tmp_path / "box").write_bytes(data)
    rows = screened(tmp_path / "box")
    is_found = any(hashes.pdq is not None for hashes in rows.values())
    assert is_found == (layers < LAYER_LIMITS.depth_max)
    assert (Reason.TOO_DEEP in {hashes.reason for hashes in rows.values()}) != is_found
