"""Reads a whole archive as the walk would, and keeps what it gave."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers import Budget, Context, LayerLimits, Medium, MemoryRange, Secrets, load_formats, recognise
from unseen.sources.layers.member import Member


@dataclass
class Given:
    """What a reader gave: contents or reasons by address, the members themselves, and bare reasons."""

    contents: dict[str, bytes | Reason] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)


def make_context(*passwords: str, **limits: int) -> Context:
    """A context with some passwords, and some limits other than usual."""
    bounds = LayerLimits(**limits)
    return Context(limits=bounds, secrets=Secrets(passwords), budget=Budget(bounds))


def read_all(
    unpack: Callable[[ByteSource, Context], Iterator[Member | Medium | Reason]], data: bytes, context: Context
) -> Given:
    """Read every member to its end before the next is asked for."""
    given = Given()
    for member in unpack(MemoryRange(data), context):
        if isinstance(member, Reason):
            given.reasons.append(member)
            continue
        if isinstance(member, Medium):
            continue
        address = member.address
        while address in given.contents:
            address += " again"
        given.members.append(member)
        given.contents[address] = _read(member)
    return given


def unpack_any(data: bytes, *passwords: str, **limits: int) -> Given:
    """Read an archive by whatever reader recognises it."""
    form = recognise(MemoryRange(data))
    assert form is not None, "nobody recognises this"
    unpack = load_formats()[form.name]
    assert unpack is not None, f"{form.name} needs something that is not installed"
    return read_all(unpack, data, make_context(*passwords, **limits))


def contents_of(files: Mapping[str, bytes]) -> dict[str, bytes | Reason]:
    """The same as a reader gives it."""
    return dict(files)


def _read(member: Member) -> bytes | Reason:
    try:
        opened = member.open()
        return opened if isinstance(opened, Reason) else opened.read_at(0, opened.size_bytes)
    except UnreadError as error:
        return error.reason
