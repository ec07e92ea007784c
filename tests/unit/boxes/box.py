"""Boxes: JSON behind a signature, so that a test can say in plain words what lies in what, and what goes wrong."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from unseen.darkroom.reading import reader, signs
from unseen.model import ByteSource, Reason, State, Times, UnreadError
from unseen.sources.layers import Context, Format, Member, MemoryRange, Part, registry

MAGIC = b"BOX1"
DISK_MAGIC = b"BOXD"
PICTURE_MAGIC = b"BOXP"
SIGN = b"picture begins here"


def box(members: list[Any], magic: bytes = MAGIC) -> bytes:
    """A box with these members, or troubles, in order."""
    return magic + json.dumps(members).encode()


def member(address: str, content: bytes = b"", **more: Any) -> dict[str, Any]:
    """A member; `do` names what happens when it is opened, `size` makes it as large as that.

    `lies` is content that is not in the member but lies, as it is, in the bytes of the box, which say so.
    """
    return {"address": address, "content": base64.b64encode(content).decode(), **more}


class _Large:
    """Many equal bytes, none of them in memory."""

    def __init__(self, size_bytes: int, start: bytes) -> None:
        self.size_bytes = size_bytes
        self._start = start

    def read_at(self, offset: int, size: int) -> bytes:
        size = max(0, min(size, self.size_bytes - offset))
        piece = bytes(size)
        return self._start[offset : offset + size].ljust(size, b"\0") if offset < len(self._start) else piece


class _Failing(MemoryRange):
    """Breaks off, or dies, behind its beginning."""

    def __init__(self, data: bytes, deed: str) -> None:
        super().__init__(data + bytes(100_000))
        self._deed = deed

    def read_at(self, offset: int, size: int) -> bytes:
        if offset + size > 50_000:
            _do(self._deed)
        return super().read_at(offset, size)


def _do(deed: str) -> None:
    match deed:
        case "crash":
            os.abort()
        case "hang":
            while True:
                pass
        case "raise":
            raise ZeroDivisionError
        case "memory":
            raise MemoryError
        case "unread":
            raise UnreadError(Reason.ENCRYPTED)
        case "escape":
            os.fork()


def _open(source: ByteSource, spec: dict[str, Any]) -> ByteSource | Reason:
    if "lies" in spec:
        content = spec["lies"].encode()
        return Part(source, source.read_at(0, source.size_bytes).index(content), len(content))
    content = base64.b64decode(spec["content"])
    deed = spec.get("do", "")
    if deed in {"encrypted", "not_media"}:
        return Reason(deed)
    if deed.startswith("late "):
        return _Failing(content, deed.removeprefix("late "))
    _do(deed)
    return _Large(spec["size"], content) if "size" in spec else MemoryRange(content)


def unpack(source: ByteSource, context: Context) -> Iterator[Member | Reason]:
    """See `unseen.sources.layers.registry.Unpack`."""
    for spec in json.loads(source.read_at(len(MAGIC), source.size_bytes)):
        if "trouble" in spec:
            yield Reason(spec["trouble"])
            continue
        _do(spec.get("before", ""))
        if "password" in spec and spec["password"] not in context.secrets.passwords:
            yield Reason.ENCRYPTED
            continue
        times = Times(modified_ns=spec["modified_ns"]) if "modified_ns" in spec else None
        for number in range(spec.get("times", 1)):
            address = spec["address"] + (str(number) if "times" in spec else "")
            state = State(spec.get("state", "allocated"))
            yield Member(layer="box", address=address, open=partial(_open, source, spec), state=state, times=times)


def _starts(magic: bytes) -> Callable[[bytes, ByteSource], bool]:
    return lambda head, _: head.startswith(magic)


FORMATS = (
    Format("box", _starts(MAGIC), __name__),
    Format("disk-box", _starts(DISK_MAGIC), "tests.unit.boxes.disk_box"),
    Format("picture-box", _starts(PICTURE_MAGIC), __name__, is_picture=True),
    Format("missing", _starts(b"BOX?"), "tests.unit.boxes.no_such_module"),
)


def plant() -> None:
    """Make boxes known in this process. Only tests can: nothing that ships reads a name of a module from outside."""
    carved = Format("carved", lambda *_: True, "tests.unit.boxes.carving")
    registry.FORMATS, registry.UNKNOWN, registry.DISK_READERS = FORMATS, carved, ("tests.unit.boxes.disk_box",)
    vars(reader)["UNKNOWN"] = carved
    vars(signs)["may_hold_pictures"] = lambda data: SIGN in data
