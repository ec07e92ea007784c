"""Outlook's stores: what is in them is given, and what cannot be had is stated."""

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypff
import pytest
from tests.unit.sources.unpacked import members

from unseen.model import Reason, UnreadError
from unseen.sources.layers import Context, Member, MemoryRange
from unseen.sources.mail import pst

JPEG = b"the bytes of a picture"


def refuse(*_: object) -> Any:
    """What libpff does where it cannot read something."""
    raise OSError("unable to retrieve it")


def attachment(**answers: Any) -> SimpleNamespace:
    """An attachment with the bytes of a picture."""
    left = [JPEG, b""]
    plain = {
        "get_number_of_sub_items": lambda: 0,
        "get_size": lambda: len(JPEG),
        "get_long_filename": lambda: "a.jpg",
        "seek_offset": lambda *_: None,
        "read_buffer": lambda _: left.pop(0),
    }
    return SimpleNamespace(**{**plain, **answers})


def message(*attachments: SimpleNamespace, **answers: Any) -> SimpleNamespace:
    """A message with a text and attachments."""
    plain = {
        "get_html_body": lambda: None,
        "get_rtf_body": lambda: None,
        "get_plain_text_body": lambda: b"words",
        "get_number_of_attachments": lambda: len(attachments),
        "get_attachment": lambda index: attachments[index],
    }
    return SimpleNamespace(**{**plain, **answers})


def folder(*messages: SimpleNamespace, inner: tuple[SimpleNamespace, ...] = (), **answers: Any) -> SimpleNamespace:
    """A folder with messages and folders."""
    plain = {
        "get_name": lambda: "Inbox",
        "get_number_of_sub_messages": lambda: len(messages),
        "get_sub_message": lambda index: messages[index],
        "get_number_of_sub_folders": lambda: len(inner),
        "get_sub_folder": lambda index: inner[index],
    }
    return SimpleNamespace(**{**plain, **answers})


def given(monkeypatch: pytest.MonkeyPatch, root: Any, **answers: Any) -> dict[str, bytes | Reason]:
    """What is given of a store with this root; what is said of it as a whole stands under no address."""
    plain = {
        "open_file_object": lambda _: None,
        "get_root_folder": lambda: root,
        "get_number_of_orphan_items": lambda: 0,
        "close": lambda: None,
    }
    monkeypatch.setattr(pypff, "file", lambda: SimpleNamespace(**{**plain, **answers}))
    found: dict[str, bytes | Reason] = {}
    for each in pst.unpack(MemoryRange(b""), Context()):
        if isinstance(each, Member):
            content = each.open()
            found[each.address] = content if isinstance(content, Reason) else content.read_at(0, content.size_bytes)
        else:
            assert isinstance(each, Reason)
            found[""] = each
    return found


def test_every_attachment_and_body_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """By folder and message, in messages within messages too, and what no folder lists any more."""
    nested = attachment(
        get_number_of_sub_items=lambda: 1, get_sub_item=lambda _: message(attachment()), get_size=refuse
    )
    root = folder(inner=(folder(message(attachment(), nested)),))
    lost = message(attachment())
    orphans: dict[str, Any] = {"get_number_of_orphan_items": lambda: 1, "get_orphan_item": lambda _: lost}
    assert given(monkeypatch, root, **orphans) == {
        "Inbox/message 1/text": b"words",
        "Inbox/message 1/attachment 1 a.jpg": JPEG,
        "Inbox/message 1/attachment 2/message 1/text": b"words",
        "Inbox/message 1/attachment 2/message 1/attachment 1 a.jpg": JPEG,
        "orphan 1/text": b"words",
        "orphan 1/attachment 1 a.jpg": JPEG,
    }


@pytest.mark.parametrize(
    "root",
    [
        None,
        folder(message(), get_number_of_sub_messages=refuse),
        folder(message(), get_sub_message=refuse),
        folder(inner=(folder(),), get_number_of_sub_folders=refuse),
        folder(inner=(folder(),), get_sub_folder=refuse),
        folder(message(get_html_body=refuse)),
        folder(message(attachment(), get_number_of_attachments=refuse)),
        folder(message(attachment(), get_attachment=refuse)),
        folder(message(attachment(get_number_of_sub_items=refuse))),
        folder(message(attachment(get_size=refuse))),
    ],
)
def test_whatever_cannot_be_told_is_stated(monkeypatch: pytest.MonkeyPatch, root: Any) -> None:
    """Where the library does not answer, messages may lack: a damaged store never passes for a small one."""
    assert given(monkeypatch, root)[""] is Reason.UNREADABLE


def test_an_attachment_that_ends_early_is_truncated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer bytes than it says to have are not the attachment."""
    found = given(monkeypatch, folder(message(attachment(get_size=lambda: 1_000))))
    assert found["message 1/attachment 1 a.jpg"] is Reason.TRUNCATED


@pytest.fixture
def store(vectors: Path) -> bytes:
    """A store that Outlook made: dist-list.pst of java-libpst, with a contact list."""
    path = vectors / "mail" / "dist-list.pst"
    if not path.exists():
        pytest.skip("mail/dist-list.pst is not among the vectors")
    return path.read_bytes()


def test_a_real_store_is_read(store: bytes) -> None:
    """Its only message has a text in two forms and two attachments."""
    found = {each[0]: each[2] for each in members(store) if isinstance(each, tuple)}
    place = "Top of Personal Folders/Calendar/message 1/"
    assert [name.removeprefix(place) for name in found] == ["rtf", "text", "attachment 1", "attachment 2"]
    contents = [content for content in found.values() if isinstance(content, bytes)]
    assert [len(content) for content in contents] == [9753, 25, 928, 900]


def test_a_damaged_store_loses_nothing_in_silence(store: bytes) -> None:
    """Wherever bytes were overwritten: as many items as before, or a row."""
    draw = random.Random(7)
    whole = len(members(store))
    for _ in range(150):
        damaged = bytearray(store)
        at = draw.randrange(512, len(store) - 512)
        damaged[at : at + 16] = draw.randbytes(16)
        try:
            found = members(bytes(damaged))
        except UnreadError:
            continue
        is_stated = any(isinstance(each, Reason) or isinstance(each[2], Reason) for each in found)
        assert len(found) >= whole or is_stated
