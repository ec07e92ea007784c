"""Carving: what has a structure of its own is found whole at any byte, and chance is not."""

import base64
import io
import json
import random
import struct
from collections.abc import Iterator

import pikepdf
import pytest
from PIL import Image
from tests.unit.sources.carving.drawn import drawn_files, picture, written

from unseen.model import Reason, State, UnreadError
from unseen.sources.carving import OVERLAP_BYTES, Found, blocks, carve, content_of, find, may_hold_pictures
from unseen.sources.carving.blocks import BLOCK_BYTES
from unseen.sources.carving.signatures import SIGNATURES, _may_begin, starts
from unseen.sources.layers import UNKNOWN, MemoryRange, load_formats
from unseen.sources.layers.member import Context, Member


def found_in(data: bytes) -> list[Found]:
    """What is found; nothing may be unreadable."""
    found = list(find(MemoryRange(data)))
    assert all(isinstance(each, Found) for each in found)
    return [each for each in found if isinstance(each, Found)]


def with_thumbnail() -> bytes:
    """A JPEG whose metadata holds another."""
    exif = Image.Exif()
    small = written(picture(5, 32, 24), "JPEG")
    tiff = bytearray(exif.tobytes()[6:] or b"MM\0*\0\0\0\x08")
    tiff[:] = b"MM\0*" + struct.pack(">IHI", 8, 0, 14) + struct.pack(">H", 2)
    tiff += struct.pack(">HHII", 513, 4, 1, 44) + struct.pack(">HHII", 514, 4, 1, len(small)) + bytes(4)
    tiff += bytes(44 - len(tiff)) + small
    return written(picture(), "JPEG", exif=b"Exif\0\0" + bytes(tiff))


@pytest.mark.parametrize("name", drawn_files())
@pytest.mark.parametrize("before", [0, 1, 511, BLOCK_BYTES - 2, BLOCK_BYTES - 5, BLOCK_BYTES + 7])
def test_every_kind_is_found_whole_at_any_byte(name: str, before: int) -> None:
    """Between chance bytes, wherever it begins, each kind is found with its exact beginning and end."""
    chance, data = random.Random(before), drawn_files()[name]
    found = found_in(chance.randbytes(before) + data + chance.randbytes(700))
    assert (before, len(data), True) in [(each.offset, each.size_bytes, each.is_whole) for each in found]


def test_members_are_what_was_found() -> None:
    """A member gives the file's own bytes, says where they lay, and that it was carved."""
    data = drawn_files()["JPEG"]
    (member,) = [each for each in carve(MemoryRange(b"abc" + data + b"def")) if isinstance(each, Member)]
    content = member.open()
    assert not isinstance(content, Reason)
    assert content.read_at(0, content.size_bytes) == data
    assert (member.layer, member.address, member.state) == ("carved", f"@3+{len(data)}", State.CARVED)


def test_a_picture_is_not_cut_by_the_one_in_its_metadata() -> None:
    """A JPEG with a thumbnail is found once, whole."""
    data = with_thumbnail()
    assert data.count(b"\xff\xd8\xff") == 2
    assert [(each.offset, each.size_bytes) for each in found_in(data)] == [(0, len(data))]


def test_consecutive_pictures_are_found_one_by_one() -> None:
    """Thumbnail stores that are pictures one behind the other give each of them."""
    pictures = [written(picture(seed), "JPEG") for seed in range(20)]
    found = found_in(b"".join(pictures))
    assert [each.size_bytes for each in found] == [len(each) for each in pictures]


def test_chance_gives_nothing() -> None:
    """Neither random bytes, nor zeros, nor beginnings without what must follow are taken for files."""
    chance = random.Random(7)
    beginnings = [data[:size] for data in drawn_files().values() for size in (4, 12, 20)]
    sprinkled = b"".join(beginning + chance.randbytes(300) for beginning in beginnings for _ in range(20))
    assert found_in(chance.randbytes(3 << 20)) == []
    assert found_in(bytes(2 << 20)) == []
    assert found_in(sprinkled) == []


@pytest.mark.parametrize("name", ["JPEG", "progressive", "PNG", "GIF"])
def test_a_picture_without_its_end_reaches_to_the_next(name: str) -> None:
    """A JPEG or PNG that breaks is given up to where something else begins, and not said to be whole."""
    data = drawn_files()[name][: len(drawn_files()[name]) // 2]
    for after in ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "TIFF", "zip"):
        first, second = found_in(data + drawn_files()[after])
        # By chance a cut GIF seems to end inside what follows it.
        assert first.offset == 0
        assert (first.size_bytes, first.is_whole) == (len(data), False) or name == "GIF"
        assert (second.offset, second.size_bytes) == (len(data), len(drawn_files()[after]))


def test_what_claims_to_be_long_hides_nothing() -> None:
    """A picture inside the length that a container states of itself is found all the same."""
    data = drawn_files()["JPEG"]
    lies = (
        b"RIFF" + struct.pack("<I", 1 << 20) + b"AVI LIST\x10\0\0\0hdrl" + bytes(100),
        b"\0\0\0\x18ftypisom" + bytes(12) + struct.pack(">I", 1 << 20) + b"mdat",
        b"%PDF-1.4\n1 0 obj\n",
        drawn_files()["zip"][:60],
        drawn_files()["JPEG"][:-400],
    )
    for lie in lies:
        found = found_in(lie + b"\0" * 99 + data + bytes(1 << 20))
        assert (len(lie) + 99, len(data)) in [(each.offset, each.size_bytes) for each in found]


def test_later_revisions_belong_to_a_document() -> None:
    """A PDF that was changed by appending ends with its last revision; what follows it does not belong to it."""
    document = pikepdf.new()
    document.add_blank_page()
    file = io.BytesIO()
    document.save(file)
    data = file.getvalue()
    revised = data + b"\n9 0 obj\n<<>>\nendobj\nxref\n0 0\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"
    found = found_in(revised + b"words, and then %%EOF" + data)
    assert [(each.offset, each.size_bytes) for each in found] == [(0, len(revised)), (len(revised) + 21, len(data))]


class Scratched:
    """A range of which one block cannot be read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size_bytes = len(data)

    def read_at(self, offset: int, size: int) -> bytes:
        """Refuse whatever touches the second block."""
        if offset < 2 * BLOCK_BYTES and offset + size > BLOCK_BYTES:
            raise UnreadError(Reason.UNREADABLE)
        return self._data[offset : offset + size]


def test_a_part_that_cannot_be_read_is_said_and_passed_over() -> None:
    """What lies before and behind it is found."""
    data = drawn_files()["JPEG"]
    source = Scratched(data + bytes(3 * BLOCK_BYTES - len(data)) + data)
    given: Iterator[Found | Reason] = find(source)
    assert [each if isinstance(each, Reason) else each.offset for each in given] == [
        0,
        Reason.UNREADABLE,
        3 * BLOCK_BYTES,
    ]


def test_structures_that_many_beginnings_share_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of which each beginning leads along the same long way is given up with a reason."""
    monkeypatch.setattr(blocks, "_READS_MAX", 50_000)
    data = b"\xff\xd8\xff\xe0\x00\x04" * 2_000 + b"\xff\xe0\x00\x02" * 5_000
    given = list(find(MemoryRange(data)))
    assert given == [Reason.TOO_MANY]


def test_texts_that_begin_again_and_again_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of which each piece begins like a picture is given up with a reason."""
    monkeypatch.setattr(blocks, "_READS_MAX", 50_000)
    assert list(find(MemoryRange(b"/9j/" * 100_000))) == [Reason.TOO_MANY]


@pytest.mark.parametrize("name", drawn_files())
@pytest.mark.parametrize("cut", [1, 2, 3, 7, 15])
def test_the_quick_look_never_says_no_to_what_is_found(name: str, cut: int) -> None:
    """Wherever pieces end, one of those that share the overlap says that something may begin in it."""
    data = random.Random(cut).randbytes(1000) + drawn_files()[name]
    end = 1000 + cut
    assert may_hold_pictures(data[:end]) or may_hold_pictures(data[end - OVERLAP_BYTES :][:4096])


def test_no_signature_begins_with_a_zero() -> None:
    """Blank pieces are passed over without a look."""
    assert all(signature.magic[0] for signature in SIGNATURES)


@pytest.mark.parametrize("seed", range(40))
def test_the_quick_look_sees_what_a_slow_one_sees(seed: int) -> None:
    """At even and odd places, across the ends of pieces and at the end of everything, in noise and in blank space."""
    chance = random.Random(seed)
    size = chance.choice([0, 1, 2, 3, 4, 65_535, 65_536, 65_537, 131_073, 131_075])
    data = bytearray(chance.randbytes(size) if seed % 2 else size)
    for _ in range(40):
        end = chance.choice([65_536, 131_072, size])
        at = max(0, chance.choice([chance.randrange(size + 1), end - chance.randrange(8)]))
        sign = chance.choice(SIGNATURES).magic + chance.choice([b"", b"\xe0", b"9a", bytes(12) + b"\x28\0\0\0"])
        data[at : at + len(sign)] = sign
    whole = bytes(data[:size])
    # In the last two bytes nothing is looked for: more of them are to come, or there is no room for a file.
    slow = [
        (at, signature)
        for at in range(size - 2)
        for signature in SIGNATURES
        if whole.startswith(signature.magic, at) and _may_begin(signature, whole, at)
    ]
    assert list(starts(whole)) == slow


def decoded(text: bytes) -> list[bytes]:
    """What is found in a text."""
    source = MemoryRange(text)
    return [content_of(source, each).read_at(0, 1 << 30) for each in find(source) if isinstance(each, Found)]


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "progressive"])
def test_pictures_written_as_text_are_found(name: str) -> None:
    """In pages, contact cards and JSON, whatever they put between the digits and behind them."""
    data = drawn_files()[name]
    digits = base64.b64encode(data)
    folded = b"\r\n ".join(digits[at : at + 74] for at in range(0, len(digits), 74))
    for text in (
        b'<img src="data:image/png;base64,' + digits + b'">words',
        b"PHOTO;ENCODING=b:" + folded + b"\r\nTEL:123",
        json.dumps({"a": digits.decode()}).replace("/", "\\/").encode(),
        b"<data>\n\t" + base64.encodebytes(data) + b"</data>",
        b"x" * (BLOCK_BYTES - 3) + b'"' + digits + b'"',
    ):
        assert decoded(text) == [data]
        assert may_hold_pictures(text)


def test_a_text_of_digits_that_is_no_picture_gives_nothing() -> None:
    """Text that begins like a picture and goes on like a key."""
    chance = base64.b64encode(random.Random(1).randbytes(99_000))
    assert decoded(b"".join(start + chance for start in (b"/9j/", b"iVBORw0KGgo", b"R0lGOD", b"UklGR"))) == []


def test_unknown_files_have_a_reader_of_their_own() -> None:
    """The format for what has none carves."""
    unpack = load_formats()[UNKNOWN.name]
    assert unpack is not None
    assert len(list(unpack(MemoryRange(b"?" + drawn_files()["PNG"]), Context()))) == 1
