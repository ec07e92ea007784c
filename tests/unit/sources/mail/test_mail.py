"""Mail: every part of every message is given, decoded, whatever the mail program did to it."""

import base64
import email.policy
import struct
from email.message import EmailMessage

import pytest
from tests.unit.sources.carving.drawn import drawn_files, picture, written
from tests.unit.sources.unpacked import members

from unseen.model import Reason, UnreadError
from unseen.sources.layers import MemoryRange, recognise
from unseen.sources.mail import mailbox

JPEG = written(picture(3), "JPEG")
PNG = drawn_files()["PNG"]


def message(*, encoding: str = "base64", nested: EmailMessage | None = None) -> EmailMessage:
    """A message with text, an attached JPEG, and perhaps another message."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "a picture"
    mail.set_content("words\nFrom here on\n")
    mail.add_attachment(JPEG, "image", "jpeg", filename="städte.jpg", cte=encoding)
    depth = 0
    if nested is not None:
        mail.add_attachment(nested)
        depth = str(nested).count("boundary=")
    # Python would choose it by chance.
    mail.set_boundary(f"part-{depth}")
    return mail


def given(data: bytes) -> dict[str, bytes | Reason]:
    """Contents by address."""
    return {each[0]: each[2] for each in members(data) if isinstance(each, tuple)}


def named(data: bytes) -> str | None:
    """Name of the format that recognises some bytes."""
    inside = recognise(MemoryRange(data))
    return None if inside is None else inside.name


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_attachments_are_given_byte_for_byte(encoding: str, ends: str) -> None:
    """Under the number of their part and their name, in either encoding, with lines of either end."""
    data = message(encoding=encoding).as_bytes(policy=email.policy.SMTP.clone(linesep=ends))
    values = given(data)
    assert values["2 städte.jpg"] == JPEG
    assert b"words" in values["1 text/plain"]


def test_messages_in_messages_are_opened() -> None:
    """A forwarded message's parts are parts."""
    data = message(nested=message(nested=message())).as_bytes()
    assert [content for content in given(data).values() if content == JPEG] == [JPEG] * 3


def test_what_stands_between_parts_is_given() -> None:
    """Text before the first part and behind the last is shown by no program, and may hold anything."""
    data = message().as_bytes() + b"\nbehind " + base64.b64encode(PNG)
    assert any(name.endswith("behind") for name in given(data))


@pytest.mark.parametrize(
    "kind", ['multipart/encrypted; boundary="b"', "application/pkcs7-mime; smime-type=enveloped-data"]
)
def test_encrypted_messages_are_said_to_be(kind: str) -> None:
    """Nothing found in a message that nobody could read is not the same as nothing there."""
    head = b"From: a\nSubject: b\nContent-Type: " + kind.encode() + b"\n\n--b\n\nxx\n--b--\n"
    assert Reason.ENCRYPTED in members(head)
    assert Reason.ENCRYPTED not in members(message().as_bytes())


def test_broken_encodings_cost_no_other_part() -> None:
    """Base64 with foreign characters and no end, a name in no encoding, a part that never ends."""
    data = message().as_bytes()
    torn = data[: len(data) * 3 // 4]
    assert JPEG.startswith(given(torn)["2 städte.jpg"][:3000])  # type: ignore[arg-type]  # it was read
    odd = data.replace(b"filename*=utf-8''", b"filename*=no-such''")
    assert JPEG in given(odd).values()


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize("piece_bytes", [300, 4096, 1 << 20])
def test_each_message_of_a_mailbox_is_given(ends: bytes, piece_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever pieces end, and whichever way lines that begin with `From ` were quoted."""
    monkeypatch.setattr(mailbox, "_PIECE_BYTES", piece_bytes)
    mails = [message().as_bytes().replace(b"\nFrom here", quote + b"From here") for quote in (b"\n>", b"\n>>", b"\n")]
    separator = b"From a@example.org Mon Nov 23 04:58:31 2026\n"
    data = b"".join(separator + mail.replace(b"\r\n", b"\n") + b"\n" for mail in mails).replace(b"\n", ends)
    values = given(data)
    assert list(values) == ["message 1", "message 2", "message 3"]
    for content in values.values():
        assert isinstance(content, bytes)
        assert named(content) == "mail"
        assert JPEG in given(content).values()


def test_a_page_saved_with_its_pictures_is_a_message() -> None:
    """MHTML holds each file of a page as a part."""
    data = b"From: <Saved by a browser>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n"
    data += b"--x\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\nContent-Location: cid:1\n\n"
    data += base64.encodebytes(JPEG) + b"--x--\n"
    assert list(given(data).values()) == [JPEG]


def test_what_only_looks_like_mail_is_not_taken_for_it() -> None:
    """Texts with a word and a colon, logs, and lists of settings."""
    for text in (
        b"note: this\nand: that\nor: those\n",
        b"From here on\n\nwords",
        b"name: x\nversion: 1\n",
        b"a: b\n" * 99,
    ):
        assert named(text) is None


def tnef(*attributes: tuple[int, bytes]) -> bytes:
    """A `winmail.dat`."""
    packed = b"\x78\x9f\x3e\x22\x01\x00"
    for attribute, data in attributes:
        level = 1 if attribute == 0x00069003 else 2
        packed += struct.pack("<BII", level, attribute, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
    return packed


def test_attachments_in_outlooks_wrapper_are_given() -> None:
    """With their names, each its own; the last too."""
    data = tnef(
        (0x00069003, b"properties of the message"),
        (0x00069002, bytes(14)),
        (0x00018010, b"a.jpg\0"),
        (0x0006800F, JPEG),
        (0x00069005, b"properties of the file"),
        (0x00069002, bytes(14)),
        (0x0006800F, PNG),
    )
    assert given(data) == {
        "0 properties": b"properties of the message",
        "1 properties": b"properties of the file",
        "1 a.jpg": JPEG,
        "2": PNG,
    }
    assert Reason.TRUNCATED in members(data[:-20])


@pytest.mark.parametrize("behind", [b"", bytes(600), b"\x00SM\x17\x00\x13\x00\x01\x01" + bytes(4000)])
def test_a_broken_store_of_outlook_is_said_to_be(behind: bytes) -> None:
    """What libpff cannot open is unreadable, in one row."""
    with pytest.raises(UnreadError) as caught:
        members(b"!BDN" + behind)
    assert caught.value.reason is Reason.UNREADABLE
