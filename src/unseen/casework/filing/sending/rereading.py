"""The bytes of found files, read again where they lie: they were never kept. What is not the same is not given out."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import TracebackType
from typing import Self

from unseen.casework.given.locators import Asked
from unseen.casework.given.passwords import read_passwords
from unseen.darkroom import LendingDarkroom
from unseen.errors import SourceError
from unseen.model import ByteSource, Finding, Locator, Reason, UnreadError
from unseen.sources.buckets import is_bucket
from unseen.sources.layers import Want

__all__ = ["Kept", "Rereader", "chunks_of", "no_copy"]

_CHUNK_BYTES = 1 << 20
# Gives the preserved copy of a finding, where there is one.
Kept = Callable[[Finding], AbstractContextManager[ByteSource] | None]


def no_copy(_: Finding) -> None:
    """There are no preserved copies."""


class Rereader:
    """Reads items of findings again; processes are started when the first is wanted."""

    def __init__(self, *, passwords: str | None = None, kept: Kept = no_copy, unsafe_no_sandbox: bool = False):
        """Prepare; nothing is opened yet.

        Args:
            passwords: Path of a file with passwords for encrypted containers.
            kept: Gives preserved copies; asked before the place where the file was found.
            unsafe_no_sandbox: Go on where the kernel cannot lock a process.
        """
        self._secrets = read_passwords(passwords)
        self._kept = kept
        self._unsafe_no_sandbox = unsafe_no_sandbox
        self._stack = ExitStack()
        self._darkroom: LendingDarkroom | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @contextmanager
    def open(
        self, finding: Finding, *, beat: Callable[[], None] = lambda: None, also: Kept = no_copy
    ) -> Iterator[ByteSource]:
        """Give the bytes of a finding's item, once they were read through and are those that were found.

        Args:
            finding: Which.
            beat: Called for each piece that was read.
            also: Gives further preserved copies, as `kept`.

        Raises:
            UnreadError: They cannot be had any more, or are others.
        """
        with self._source(finding, also) as source:
            digest = hashlib.sha256()
            for chunk in chunks_of(source):
                digest.update(chunk)
                beat()
            if digest.digest() != finding.sha256:
                raise UnreadError(Reason.CHANGED)
            yield source

    @contextmanager
    def _source(self, finding: Finding, also: Kept) -> Iterator[ByteSource]:
        kept = self._kept(finding) or also(finding)
        if kept is not None:
            with kept as source:
                yield source
            return
        wanted = _place(finding.locator)
        try:
            asked = Asked([str(Locator(tuple(("file", address) for address in wanted)))])
            with self._room().lend(asked.items, lambda locators: [_want(each, wanted) for each in locators]) as source:
                yield source
        except SourceError as error:
            raise UnreadError(Reason.UNREADABLE) from error

    def _room(self) -> LendingDarkroom:
        if self._darkroom is None:
            room = LendingDarkroom(workers=1, secrets=self._secrets, unsafe_no_sandbox=self._unsafe_no_sandbox)
            self._darkroom = self._stack.enter_context(room)
        return self._darkroom


def chunks_of(source: ByteSource) -> Iterator[bytes]:
    """Give all bytes in order, piece by piece.

    Raises:
        UnreadError: Some cannot be had, or there are fewer than there were said to be.
    """
    at = 0
    while at < source.size_bytes:
        chunk = source.read_at(at, min(_CHUNK_BYTES, source.size_bytes - at))
        if not chunk:
            raise UnreadError(Reason.CHANGED)
        at += len(chunk)
        yield chunk


def _place(locator: Locator) -> tuple[str, ...]:
    """The addresses to look at. A later content of an object was given a name of its own, under which nothing lies."""
    first, *rest = (address for _, address in locator.steps)
    return (first.partition("?etag=")[0] if is_bucket(first) else first, *rest)


def _want(locator: Locator, wanted: Sequence[str]) -> Want:
    addresses = tuple(address for _, address in locator.steps)
    if addresses == tuple(wanted):
        return Want.TAKE
    return Want.ENTER if addresses == tuple(wanted[: len(addresses)]) else Want.PASS
