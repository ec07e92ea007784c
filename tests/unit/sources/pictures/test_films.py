"""What lies beside the frames of a film is given, byte for byte, wherever its container allows for more."""

import struct

import pytest
from tests.unit.sources.carving.drawn import picture, written
from tests.unit.sources.unpacked import contents, members

from unseen.model import Reason, State
from unseen.sources.layers import MemoryRange, recognise

SMALL = written(picture(5, 32, 24), "JPEG")


def box(name: bytes, *content: bytes) -> bytes:
    """A box of an MP4."""
    return struct.pack(">I4s", 8 + sum(map(len, content)), name) + b"".join(content)


def element(number: str, *content: bytes) -> bytes:
    """An element of a Matroska file."""
    return bytes.fromhex(number) + struct.pack(">Q", 1 << 56 | sum(map(len, content))) + b"".join(content)


def riff(kind: bytes, content: bytes) -> bytes:
    """A list of an AVI file."""
    return b"RIFF" + struct.pack("<I", 4 + len(content)) + kind + content


TRACKS = box(b"mvhd", bytes(100)) + box(b"trak", bytes(300))
MP4 = box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", TRACKS) + box(b"mdat", bytes(500))
FILMS = {
    "MP4": MP4,
    "MP4 with long sizes": MP4[: -len(box(b"mdat", bytes(500)))] + struct.pack(">I4sQ", 1, b"mdat", 516) + bytes(500),
    "QuickTime": box(b"wide") + box(b"mdat", bytes(500)) + box(b"moov", TRACKS),
    "AVI": riff(b"AVI ", b"LIST" + bytes(200)) + riff(b"AVIX", bytes(100)),
    "Matroska": element("1a45dfa3", b"matroska") + element("18538067", element("1f43b675", bytes(300))),
}


@pytest.mark.parametrize("film", FILMS)
def test_what_follows_a_film_is_given(film: str) -> None:
    """A picture behind the end of a film is found, and a film without one is left alone."""
    data = FILMS[film]
    assert recognise(MemoryRange(data)) is None
    assert members(data + SMALL) == [(f"trailer@{len(data)}+{len(SMALL)}", State.CARVED, SMALL)]


@pytest.mark.parametrize(
    "data",
    [
        MP4 + box(b"free", SMALL),
        MP4 + box(b"uuid", bytes(16), SMALL),
        MP4 + struct.pack(">I4s", 0, b"skip") + SMALL,
        box(b"ftyp", b"isom") + box(b"moov", TRACKS, box(b"udta", box(b"covr", bytes(8), SMALL))),
        element("1a45dfa3", b"webm") + element("18538067", element("1f43b675", b""), element("1941a469", SMALL)),
    ],
    ids=["free", "uuid", "skip to the end", "cover", "attachment"],
)
def test_pictures_beside_the_tracks_are_given(data: bytes) -> None:
    """Covers, attachments, and what somebody put where players look away."""
    assert contents(data) == [SMALL]


@pytest.mark.parametrize("film", FILMS)
def test_a_film_cut_short_gives_no_more_than_it_has(film: str) -> None:
    """Wherever it ends, nothing is made up and nothing breaks."""
    data = FILMS[film]
    for length in range(12, len(data), 7):
        if recognise(MemoryRange(data[:length])) is not None:
            given = members(data[:length])
            assert not [each for each in given if isinstance(each, Reason) or isinstance(each[2], Reason)]
            assert all(each[0].startswith("trailer@") for each in given if not isinstance(each, Reason))
