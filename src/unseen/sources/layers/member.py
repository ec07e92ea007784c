"""What a layer holds, and what looking into it may cost."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain

from unseen.model import Acquisition, ByteSource, Reason, State, Times, UnreadError

__all__ = [
    "INFLATION_MAX",
    "LAYER_LIMITS",
    "NO_SECRETS",
    "Budget",
    "Context",
    "LayerLimits",
    "Medium",
    "Member",
    "Secrets",
]


# What deflate can make of a byte (RFC 1951: 258 bytes from two bits), with some room for an image's own sections.
INFLATION_MAX = 1_100


@dataclass(frozen=True, slots=True)
class LayerLimits:
    """Where looking into containers ends. Whatever lies beyond is stated with its reason.

    Attributes:
        depth_max: Containers within containers. Eight: a phone's backup with a mail with an archive with a document
            with a picture with a thumbnail has six. Beyond it: `too_deep`.
        members_max: Members below one outermost item; a disk with ten million files is large. Beyond it: `too_many`.
        inflated_bytes_max: Bytes unpacked from compression below one outermost item. Beyond it: `too_large`.
        ratio_max: Bytes unpacked for each byte of the compressed source, once more than 64 MiB were unpacked: deflate
            reaches 1,032, which only bombs and blanks come near. Beyond it: `too_large`.
        memory_bytes_max: A member up to this size may be held in memory; larger ones are read piece by piece.
    """

    depth_max: int = 8
    members_max: int = 10_000_000
    inflated_bytes_max: int = 1 << 40
    ratio_max: int = 1_000
    memory_bytes_max: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Secrets:
    """What opens encrypted layers. Never printed, never stored.

    Attributes:
        passwords: Tried in order, as typed.
    """

    passwords: tuple[str, ...] = field(default=(), repr=False)

    @property
    def spelled(self) -> tuple[str, ...]:
        """Every password as typed, and with letters and their accents as one sign and as two: systems keep either."""
        forms = ((each, *(unicodedata.normalize(form, each) for form in ("NFC", "NFD"))) for each in self.passwords)
        return tuple(dict.fromkeys(chain.from_iterable(forms)))


LAYER_LIMITS = LayerLimits()
NO_SECRETS = Secrets()


class Budget:
    """What is left of the limits below one outermost item, shared by all layers in it."""

    def __init__(self, limits: LayerLimits) -> None:
        self._limits = limits
        self._members = 0
        self._inflated_bytes = 0

    def count_member(self) -> None:
        """Count one member more.

        Raises:
            UnreadError: `too_many`.
        """
        self._members += 1
        if self._members > self._limits.members_max:
            raise UnreadError(Reason.TOO_MANY)

    def inflate(self, size_bytes: int, *, inflated_before: int, compressed_bytes: int) -> None:
        """Count bytes that came out of compression, each piece as it comes.

        Args:
            size_bytes: Of this piece.
            inflated_before: What came out of the same compressed bytes before it.
            compressed_bytes: What it all came from.

        Raises:
            UnreadError: `too_large`.
        """
        self._inflated_bytes += size_bytes
        inflated = inflated_before + size_bytes
        is_bomb = inflated > (64 << 20) and inflated > self._limits.ratio_max * max(1, compressed_bytes)
        if is_bomb or self._inflated_bytes > self._limits.inflated_bytes_max:
            raise UnreadError(Reason.TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Context:
    """What a layer is opened with."""

    limits: LayerLimits = LayerLimits()
    secrets: Secrets = Secrets()
    budget: Budget = field(default_factory=lambda: Budget(LayerLimits()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One thing that lies in a layer, not yet read.

    Attributes:
        layer: Kind of the step that leads to it, as locators name it (`zip`, `ntfs`, `exif`).
        address: Where in its container: stable across runs, unique there (walks add ` #2` and so on to repeated ones),
            without zero bytes.
        open: Gives its bytes, or the reason why there are none. Raises nothing but `UnreadError`. Only good until the
            next member is asked for.
        state: How it lies there.
        times: When it was touched, as the container says.
        beside: Gives the bytes of another member by its address, whether that was given already or not, or None: for
            what continues this one. May raise `UnreadError`. None where a container cannot do so.
    """

    layer: str
    address: str
    open: Callable[[], ByteSource | Reason]
    state: State = State.ALLOCATED
    times: Times | None = None
    beside: Callable[[str], ByteSource | None] | None = None


@dataclass(frozen=True, slots=True)
class Medium:
    """What a reader says of its layer as a whole, at any time between members, as often as it likes.

    Attributes:
        size_bytes: Of what the layer unpacks to: a reader of a blank disk, packed into little, must be given time.
        acquisition: What came of the digests stored in it; None while they were not compared.
    """

    size_bytes: int
    acquisition: Acquisition | None = None
