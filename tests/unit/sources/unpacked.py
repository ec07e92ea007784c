"""What a reader gives, all of it read, as tests want to look at it."""

from functools import cache

from unseen.model import Reason, State, UnreadError
from unseen.sources.layers import Context, Medium, Member, MemoryRange, Unpack, load_formats, recognise

__all__ = ["contents", "members"]


def members(data: bytes, context: Context | None = None) -> list[tuple[str, State, bytes | Reason] | Reason]:
    """Address, state and content of each member of what some bytes are recognised as, in order; reasons as they are."""
    source = MemoryRange(data)
    inside = recognise(source)
    assert inside is not None, "no format recognises this"
    unpack = _readers()[inside.name]
    assert unpack is not None, f"the reader of {inside.name} is not installed"
    given: list[tuple[str, State, bytes | Reason] | Reason] = []
    for member in unpack(source, context or Context()):
        if isinstance(member, Reason):
            given.append(member)
            continue
        if isinstance(member, Medium):
            continue
        given.append((member.address, member.state, _read(member)))
    return given


@cache
def _readers() -> dict[str, Unpack | None]:
    return load_formats()


def _read(member: Member) -> bytes | Reason:
    try:
        content = member.open()
        return content if isinstance(content, Reason) else content.read_at(0, content.size_bytes)
    except UnreadError as error:
        return error.reason


def contents(data: bytes, context: Context | None = None) -> list[bytes]:
    """Only the contents, of which none may be missing."""
    given = members(data, context)
    read = [each[2] for each in given if not isinstance(each, Reason)]
    assert [each for each in (*given, *read) if isinstance(each, Reason)] == []
    return [each for each in read if isinstance(each, bytes)]
