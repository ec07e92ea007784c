"""The walk through everything that lies in a container, step by step, as whoever asks for it decides.

It announces each member and is told whether to open it; gives its content and is told whether to look inside; and says
how each container ended. It reads nothing that nobody wants, holds one member at a time, and always goes on: what a
reader cannot do costs the layer it was in, and nothing beside it.
"""

import hashlib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from unseen.model import Acquisition, ByteSource, Reason, State, Times, UnreadError
from unseen.sources.layers.joining import whole_of
from unseen.sources.layers.member import Context, Medium, Member
from unseen.sources.layers.registry import Format, Unpack, recognise

__all__ = ["ADDRESS_BYTES_MAX", "Announced", "Closed", "Found", "Stated", "Walk", "Want", "reason_of", "walk"]

# Longer than any path that a file system or an archive of ours can hold; a longer one is cut and keeps a digest.
ADDRESS_BYTES_MAX = 16_384
_NAMELESS = "(unnamed)"


class Want(IntEnum):
    """What is to be done with a member that was announced."""

    # Neither read nor looked into.
    PASS = 0
    # Looked into, its own bytes are not wanted.
    ENTER = 1
    TAKE = 2


@dataclass(frozen=True, slots=True)
class Announced:
    """A member, not yet opened; answered by a `Want`.

    Attributes:
        depth: Steps below the root, from 1.
        address: Unique in its container, without zero bytes, of at most `ADDRESS_BYTES_MAX` bytes.
    """

    depth: int
    layer: str
    address: str
    state: State
    times: Times | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a member holds; answered by the format to look inside with, or None to leave it.

    Attributes:
        content: Its bytes, good until the next event of the same depth; or why there are none.
        inside: The format that recognises it, with all that continues it.
        is_later: It continues another member, with which it is looked into; by itself it is no container.
    """

    depth: int
    content: ByteSource | Reason
    inside: Format | None
    is_later: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """A member that was found is left for good; depth 0 is the root, and the end.

    Attributes:
        reason: The first reason why something in it could not be looked into.
    """

    depth: int
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Stated:
    """What was said of a container that is being gone through; needs no answer. See `Medium`."""

    depth: int
    size_bytes: int
    acquisition: Acquisition | None


Event = Announced | Found | Stated | Closed
Walk = Generator[Event, Want | Format | None, None]
_Inner = Generator[Event, Want | Format | None, Reason | None]


def walk(
    root: ByteSource, inside: Format, context: Context, *, readers: Mapping[str, Unpack | None], depth: int = 0
) -> Walk:
    """Walk through all that lies in `root`, depth first, in the order in which readers give it.

    Args:
        root: The bytes of the outermost container.
        inside: Its format.
        context: Limits, secrets, and what is left of the budget.
        readers: By name of the format, as `load_formats` gives them.
        depth: How many containers lie around the root.
    """
    reason = yield from _Walker(context, readers, depth).descend(root, inside, 0)
    yield Closed(0, reason)


def reason_of(error: Exception) -> Reason:
    """Say in one closed word why a reader failed."""
    if isinstance(error, UnreadError):
        return _sound(error.reason)
    return Reason.TOO_LARGE if isinstance(error, MemoryError) else Reason.UNREADABLE


def _sound(reason: Reason) -> Reason:
    # What could not be read must never pass for what was compared by its digests.
    return Reason.UNREADABLE if reason in {Reason.NOT_MEDIA, Reason.LOW_QUALITY, Reason.KNOWN_FILE} else reason


class _Walker:
    """What all layers of one walk share."""

    def __init__(self, context: Context, readers: Mapping[str, Unpack | None], depth: int) -> None:
        self._context = context
        self._readers = readers
        self._depth = depth

    def descend(self, source: ByteSource, inside: Format, depth: int) -> _Inner:
        """Go through the members of one container; say why not all of it could be looked into."""
        if self._depth + depth >= self._context.limits.depth_max:
            return Reason.TOO_DEEP
        unpack = self._readers.get(inside.name)
        if unpack is None:
            return Reason.READER_NOT_INSTALLED
        addresses = _Addresses()
        trouble: Reason | None = None
        try:
            members = iter(unpack(source, self._context))
        except Exception as error:  # noqa: BLE001  # a reader's fault costs this layer and nothing else
            return reason_of(error)
        while True:
            member = self._next(members)
            if member is None:
                return trouble
            if isinstance(member, Member):
                yield from self._visit(member, addresses.name(member.address), depth + 1)
                continue
            if isinstance(member, Medium):
                yield Stated(depth, member.size_bytes, member.acquisition)
                continue
            reason, is_last = member
            trouble = trouble or reason
            if is_last:
                return trouble

    def _next(self, members: Iterator[Member | Medium | Reason]) -> Member | Medium | tuple[Reason, bool] | None:
        """The next member; a reason, and whether the layer ends with it; or None at its end."""
        try:
            member = next(members, None)
            if member is not None:
                self._context.budget.count_member()
        except Exception as error:  # noqa: BLE001  # a reader's fault costs this layer and nothing else
            return reason_of(error), True
        return (_sound(member), False) if isinstance(member, Reason) else member

    def _visit(self, member: Member, address: str, depth: int) -> Walk:
        want = yield Announced(depth, member.layer, address, member.state, member.times)
        if want is Want.PASS:
            return
        content, inside = _open(member)
        whole, inside = _whole(member, content, inside)
        chosen = yield Found(depth, content, inside, is_later=whole is None)
        reason = None
        if isinstance(chosen, Format) and not isinstance(whole, Reason | None):
            reason = yield from self.descend(whole, chosen, depth)
        yield Closed(depth, reason)


def _whole(
    member: Member, content: ByteSource | Reason, inside: Format | None
) -> tuple[ByteSource | Reason | None, Format | None]:
    """What is to be looked into, with all that continues it; None for what continues another member."""
    if isinstance(content, Reason):
        return content, None
    try:
        whole = whole_of(member, content)
        return whole, inside if whole is content else None if whole is None else recognise(whole)
    except Exception:  # noqa: BLE001  # a fault beside a member costs what is beside it
        return content, inside


def _open(member: Member) -> tuple[ByteSource | Reason, Format | None]:
    try:
        content = member.open()
        return (_sound(content), None) if isinstance(content, Reason) else (content, recognise(content))
    except Exception as error:  # noqa: BLE001  # a reader's fault costs this member and nothing else
        return reason_of(error), None


class _Addresses:
    """Makes the addresses of one container unique and fit to be written anywhere."""

    def __init__(self) -> None:
        # Digests take the same room however long the addresses are, and there may be ten million.
        self._seen: set[bytes] = set()
        # How far numbers are used up: a million members of one name must not cost a million steps each.
        self._counts: dict[bytes, int] = {}

    def name(self, address: str) -> str:
        """The address that a member goes by: its own, or with ` #2` and so on where that is taken."""
        plain = name = _plain(address)
        first = key = _key(plain)
        while key in self._seen:
            self._counts[first] = count = self._counts.get(first, 1) + 1
            name = f"{plain} #{count}"
            key = _key(name)
        self._seen.add(key)
        return name


def _key(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=12).digest()


def _plain(address: str) -> str:
    address = address.replace("\0", "\N{REPLACEMENT CHARACTER}") or _NAMELESS
    try:
        packed = address.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # Half a character, as file systems with 16-bit names may hold.
        packed = address.encode("utf-8", "surrogatepass")
    if len(packed) > ADDRESS_BYTES_MAX - 64:
        digest = hashlib.sha256(packed).hexdigest()[:32]
        packed = packed[: ADDRESS_BYTES_MAX - 128] + f" (cut, {digest})".encode()
    return packed.decode("utf-8", "surrogateescape")
