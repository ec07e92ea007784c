"""RTF documents: what stands in them as digits or as bytes is found, and nothing else is made of them."""

import io
import struct

import pytest
from PIL import Image
from tests.unit.sources.unpacked import members

from unseen.model import Reason, State

_FILE = io.BytesIO()
Image.linear_gradient("L").resize((90, 60)).save(_FILE, "PNG")
PNG = _FILE.getvalue()


def broken(digits: str, width: int = 64) -> str:
    """Digits in lines, as programs write them."""
    return "\n".join(digits[at : at + width] for at in range(0, len(digits), width))


@pytest.mark.parametrize("control", [r"\pngblip\pich150 ", "\\pngblip\\pich150\r\n", "{\\*\\blipuid 0123456789abcdef}"])
@pytest.mark.parametrize("is_upper", [True, False])
def test_a_picture_in_digits_is_given_as_the_file_that_it_was(control: str, *, is_upper: bool) -> None:
    """Byte for byte, wherever lines break, and whatever number stands before it."""
    digits = PNG.hex().upper() if is_upper else PNG.hex()
    text = "{\\rtf1\\ansi words {\\pict" + control + broken(digits) + "}\\par face decade 12}"
    (given,) = members(text.encode())
    assert not isinstance(given, Reason)
    assert given[1:] == (State.ALLOCATED, PNG)


def test_a_picture_in_bytes_is_carved_and_no_digits_are_seen_in_it() -> None:
    """Those of a control word say how many bytes follow."""
    data = PNG + b"0" * 500
    text = b"{\\rtf1 {\\pict\\bin%d " % len(data) + data + b"}{\\pict " + PNG.hex().encode() + b"}}"
    contents = [each[2] for each in members(text) if not isinstance(each, Reason)]
    assert contents == [PNG, PNG]


def test_an_object_in_digits_is_given() -> None:
    """What it is, is told by whoever looks into it."""
    body = struct.pack("<III", 0x501, 2, 8) + b"Package\0" + PNG
    (given,) = members(b"{\\rtf1{\\object\\objemb{\\*\\objdata " + broken(body.hex()).encode() + b"}}}")
    assert not isinstance(given, Reason)
    assert given[2] == body


# The example of [MS-OXRTFCP], section 3.1.1.
PACKED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
TEXT = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_the_text_of_a_message_is_unpacked() -> None:
    """As the specification shows it; cut short it is given as far as it goes."""
    assert members(PACKED) == [("content.rtf", State.ALLOCATED, TEXT)]
    plain = struct.pack("<II4sI", len(TEXT) + 12, len(TEXT), b"MELA", 0) + TEXT
    assert members(plain) == [("content.rtf", State.ALLOCATED, TEXT)]
    (start, reason) = members(PACKED[:-3])
    assert not isinstance(start, Reason)
    assert isinstance(start[2], bytes)
    assert TEXT.startswith(start[2])
    assert reason is Reason.TRUNCATED
