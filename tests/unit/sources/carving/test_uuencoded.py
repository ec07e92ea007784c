"""Files written as text by uuencode are found in any text, whatever they are; what is broken in them is a reason."""

import base64
import binascii
import random

import pytest
from tests.unit.sources.unpacked import members

from unseen.model import Reason, State
from unseen.sources.carving import carve, may_hold_pictures
from unseen.sources.carving.blocks import BLOCK_BYTES
from unseen.sources.layers import Member, MemoryRange

DATA = random.Random(5).randbytes(3_000) + b"ab"
LINES = [binascii.b2a_uu(DATA[at : at + 45]) for at in range(0, len(DATA), 45)]


def given(text: bytes) -> list[bytes | Reason]:
    """What is found in a text: contents, and reasons."""
    found: list[bytes | Reason] = []
    for member in carve(MemoryRange(text)):
        if isinstance(member, Member):
            assert member.state is State.CARVED
            content = member.open()
            found.append(content if isinstance(content, Reason) else content.read_at(0, content.size_bytes))
        else:
            found.append(member)
    return found


def encoded(lines: list[bytes], *, last: bytes = b"`\nend\n") -> bytes:
    """A text with a file in it."""
    return b"hello,\n\nbegin 644 a b.bin\n" + b"".join(lines) + last + b"bye\n"


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize("before", [0, 1, BLOCK_BYTES - 40, BLOCK_BYTES - 3_000])
@pytest.mark.parametrize("last", [b"`\nend\n", b" \nend\n", b"\nend\n", b"end\n"])
def test_a_file_of_any_kind_is_found(ends: bytes, before: int, last: bytes) -> None:
    """Wherever it begins, whatever its lines end in, and however the encoder wrote its end."""
    text = (b"some words\n" * (before // 11)) + encoded(LINES, last=last).replace(b"\n", ends)
    assert may_hold_pictures(text)
    assert given(text) == [DATA]


def test_the_form_in_base64_is_found() -> None:
    """POSIX has a second form."""
    text = b"begin-base64 644 a.png\n" + base64.encodebytes(DATA) + b"====\nbye\n"
    assert given(text) == [DATA]


def test_blanks_that_were_lost_are_put_back() -> None:
    """Programs that cut blanks at the end of lines cut what stands for zeros."""
    data = DATA[:45] + bytes(45) + DATA[:45]
    lines = [binascii.b2a_uu(data[at : at + 45]).rstrip() + b"\n" for at in range(0, len(data), 45)]
    assert given(encoded(lines)) == [data]


def test_a_line_that_is_broken_is_a_reason() -> None:
    """What could be decoded is given, and the rest is not dropped in silence."""
    broken = [*LINES[:10], b"(lines that no encoder wrote)\n", *LINES[11:]]
    content, reason = given(encoded(broken))
    assert content == DATA[:450] + DATA[495:]
    assert reason is Reason.UNREADABLE


def test_a_file_without_its_end_is_truncated() -> None:
    """The start is given, and a reason."""
    assert given(encoded(LINES[:20], last=b"")) == [DATA[:900], Reason.TRUNCATED]
    assert given(b"begin 644 a\n" + b"".join(LINES)) == [DATA, Reason.TRUNCATED]


def test_words_about_beginnings_are_no_file() -> None:
    """Prose, programs and manuals say `begin` too."""
    for text in (b"begin 644 words follow\nand no data does\n", b"begin\nend\n", b"x begin 644 a\n" + b"".join(LINES)):
        assert given(text) == []


def test_a_file_in_the_text_of_a_message_is_in_its_part() -> None:
    """It has no part of its own: the text that holds it is given, and looked through like any other."""
    text = b"From: a\nSubject: b\n\n" + encoded(LINES)
    (part,) = members(text)
    assert not isinstance(part, Reason)
    assert isinstance(part[2], bytes)
    assert given(part[2]) == [DATA]
