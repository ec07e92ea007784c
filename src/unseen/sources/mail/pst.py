"""Outlook's stores, PST and OST ([MS-PST]), by libpff: attachments, bodies, messages in messages, and lost items."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pypff

from unseen.model import ByteSource, Reason, State, UnreadError
from unseen.sources.layers.member import Context, Member
from unseen.sources.layers.range_file import RangeFile
from unseen.sources.layers.ranges import MemoryRange

__all__ = ["unpack"]

# Folders within folders, and messages within messages.
_DEPTH_MAX = 64
_PIECE_BYTES = 1 << 20
_ATTACHMENT_BYTES_MAX = 1 << 30


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """Give attachments and bodies by folder and message; items that no folder lists are orphans; see `Unpack`."""
    del context
    file, store = RangeFile(source), pypff.file()
    try:
        store.open_file_object(file)
        root = store.get_root_folder()
    except Exception as error:  # libpff raises OSError, RuntimeError and more on hostile bytes
        raise UnreadError(file.trouble or Reason.UNREADABLE) from error
    try:
        if root is not None:
            yield from _folder(root, "", 0)
        yield from _orphans(store)
    finally:
        store.close()


def _folder(folder: Any, path: str, depth: int) -> Iterator[Member | Reason]:
    if depth > _DEPTH_MAX:
        yield Reason.TOO_DEEP
        return
    for index in range(_asked(folder.get_number_of_sub_messages, 0)):
        message = _asked(partial(folder.get_sub_message, index), None)
        if message is None:
            yield Reason.UNREADABLE
        else:
            yield from _message(message, f"{path}message {index + 1}", State.ALLOCATED, depth)
    for index in range(_asked(folder.get_number_of_sub_folders, 0)):
        inner = _asked(partial(folder.get_sub_folder, index), None)
        if inner is None:
            yield Reason.UNREADABLE
        else:
            name = _asked(inner.get_name, None) or f"folder {index + 1}"
            yield from _folder(inner, f"{path}{name}/", depth + 1)


def _message(message: Any, address: str, state: State, depth: int) -> Iterator[Member | Reason]:
    if depth > _DEPTH_MAX:
        yield Reason.TOO_DEEP
        return
    for kind, get in (("html", "get_html_body"), ("rtf", "get_rtf_body"), ("text", "get_plain_text_body")):
        body = _asked(getattr(message, get, lambda: None), None)
        if body:
            yield _member(f"{address}/{kind}", state, partial(MemoryRange, _bytes(body)))
    for index in range(_asked(getattr(message, "get_number_of_attachments", lambda: 0), 0)):
        attachment = _asked(partial(message.get_attachment, index), None)
        if attachment is None:
            yield Reason.UNREADABLE
            continue
        yield from _attachment(attachment, f"{address}/attachment {index + 1}", state, depth)


def _attachment(attachment: Any, address: str, state: State, depth: int) -> Iterator[Member | Reason]:
    inner = [
        _asked(partial(attachment.get_sub_item, index), None)
        for index in range(_asked(attachment.get_number_of_sub_items, 0))
    ]
    for number, item in enumerate(inner, start=1):
        if item is None:
            yield Reason.UNREADABLE
        else:
            yield from _message(item, f"{address}/message {number}", state, depth + 1)
    size_bytes = _asked(attachment.get_size, None)
    if size_bytes is None:
        if not inner:
            # Kept elsewhere and only linked to; or broken.
            yield Reason.UNREADABLE
        return
    name = _asked(attachment.get_long_filename, None) or ""
    yield _member(f"{address} {name}".strip(), state, partial(_read, attachment, size_bytes))


def _orphans(store: Any) -> Iterator[Member | Reason]:
    for index in range(_asked(store.get_number_of_orphan_items, 0)):
        item = _asked(partial(store.get_orphan_item, index), None)
        if item is not None:
            yield from _message(item, f"orphan {index + 1}", State.ORPHAN, 0)


def _read(attachment: Any, size_bytes: int) -> ByteSource | Reason:
    if size_bytes > _ATTACHMENT_BYTES_MAX:
        return Reason.TOO_LARGE
    pieces: list[bytes] = []
    attachment.seek_offset(0, 0)
    while size_bytes > 0:
        piece = attachment.read_buffer(min(size_bytes, _PIECE_BYTES))
        if not piece:
            break
        pieces.append(piece)
        size_bytes -= len(piece)
    return MemoryRange(b"".join(pieces))


def _asked(get: Any, otherwise: Any) -> Any:
    """What libpff answers; `otherwise` where it fails."""
    try:
        return get()
    except Exception:  # noqa: BLE001  # libpff raises OSError, RuntimeError and more on hostile bytes
        return otherwise


def _bytes(body: bytes | str) -> bytes:
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body


def _member(address: str, state: State, make: Any) -> Member:
    def content() -> ByteSource | Reason:
        return _asked(make, Reason.UNREADABLE)  # type: ignore[no-any-return]  # what `make` gives

    return Member(layer="pst", address=address.replace("\0", ""), state=state, open=content)
