"""Outlook's stores, PST and OST ([MS-PST]), by libpff: attachments, bodies, messages in messages, and lost items."""

from collections.abc import Callable, Iterator
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
    items = _Items()
    try:
        if root is None:
            # Every store has one.
            items.is_damaged = True
        else:
            yield from items.in_folder(root, "", 0)
        yield from items.orphans(store)
    finally:
        store.close()
    if items.is_damaged:
        yield Reason.UNREADABLE


class _Items:
    """What a store holds.

    Attributes:
        is_damaged: Something was asked that the library could not answer, so that items may lack that nobody lists.
    """

    def __init__(self) -> None:
        self.is_damaged = False

    def in_folder(self, folder: Any, path: str, depth: int) -> Iterator[Member | Reason]:
        """Give all below a folder."""
        if depth > _DEPTH_MAX:
            yield Reason.TOO_DEEP
            return
        for index in range(self._ask(folder.get_number_of_sub_messages) or 0):
            message = self._ask(partial(folder.get_sub_message, index))
            if message is not None:
                yield from self._message(message, f"{path}message {index + 1}", State.ALLOCATED, depth)
        for index in range(self._ask(folder.get_number_of_sub_folders) or 0):
            inner = self._ask(partial(folder.get_sub_folder, index))
            if inner is not None:
                name = _name(inner.get_name) or f"folder {index + 1}"
                yield from self.in_folder(inner, f"{path}{name}/", depth + 1)

    def orphans(self, store: Any) -> Iterator[Member | Reason]:
        """Give what no folder lists."""
        for index in range(self._ask(store.get_number_of_orphan_items) or 0):
            item = self._ask(partial(store.get_orphan_item, index))
            if item is not None:
                yield from self._message(item, f"orphan {index + 1}", State.ORPHAN, 0)

    def _message(self, message: Any, address: str, state: State, depth: int) -> Iterator[Member | Reason]:
        if depth > _DEPTH_MAX:
            yield Reason.TOO_DEEP
            return
        # Folders and other items that are no messages have none of these.
        for kind, name in (("html", "get_html_body"), ("rtf", "get_rtf_body"), ("text", "get_plain_text_body")):
            body = self._ask(getattr(message, name, _nothing))
            if body:
                yield _member(f"{address}/{kind}", state, partial(MemoryRange, _bytes(body)))
        for index in range(self._ask(getattr(message, "get_number_of_attachments", _nothing)) or 0):
            attachment = self._ask(partial(message.get_attachment, index))
            if attachment is not None:
                yield from self._attachment(attachment, f"{address}/attachment {index + 1}", state, depth)

    def _attachment(self, attachment: Any, address: str, state: State, depth: int) -> Iterator[Member | Reason]:
        count = self._ask(attachment.get_number_of_sub_items) or 0
        for index in range(count):
            item = self._ask(partial(attachment.get_sub_item, index))
            if item is not None:
                yield from self._message(item, f"{address}/message {index + 1}", state, depth + 1)
        try:
            size_bytes = attachment.get_size()
        except Exception:  # noqa: BLE001  # libpff raises OSError, RuntimeError and more on hostile bytes
            # A message in a message has none; else it is kept elsewhere and only linked to, or broken.
            self.is_damaged = self.is_damaged or not count
            return
        name = _name(attachment.get_long_filename)
        yield _member(f"{address} {name}".strip(), state, partial(_read, attachment, size_bytes))

    def _ask(self, get: Any) -> Any:
        """What libpff answers; None where it fails, which is remembered."""
        try:
            return get()
        except Exception:  # noqa: BLE001  # libpff raises OSError, RuntimeError and more on hostile bytes
            self.is_damaged = True
            return None


def _nothing() -> None:
    """What an item has that is none of a message."""


def _name(get: Any) -> str:
    try:
        return get() or ""
    except Exception:  # noqa: BLE001  # libpff raises OSError, RuntimeError and more on hostile bytes
        return ""


def _read(attachment: Any, size_bytes: int) -> ByteSource | Reason:
    if size_bytes > _ATTACHMENT_BYTES_MAX:
        return Reason.TOO_LARGE
    pieces: list[bytes] = []
    attachment.seek_offset(0, 0)
    while size_bytes > 0:
        piece = attachment.read_buffer(min(size_bytes, _PIECE_BYTES))
        if not piece:
            return Reason.TRUNCATED
        pieces.append(piece)
        size_bytes -= len(piece)
    return MemoryRange(b"".join(pieces))


def _bytes(body: bytes | str) -> bytes:
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body


def _member(address: str, state: State, make: Callable[[], ByteSource | Reason]) -> Member:
    def content() -> ByteSource | Reason:
        try:
            return make()
        except Exception:  # noqa: BLE001  # libpff raises OSError, RuntimeError and more on hostile bytes
            return Reason.UNREADABLE

    return Member(layer="pst", address=address.replace("\0", ""), state=state, open=content)
