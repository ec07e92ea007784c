"""The process that looks into containers: it loads every reader, locks itself, and then walks one file after another.

Started as `python -m unseen.darkroom.reading.reader` by the pool, never by a person. It gives out what its parent
takes, member by member, and holds nothing but the descriptor of the file it was given.
"""

import os
import socket
import sys
from collections.abc import Mapping, Sequence

from unseen.darkroom.lock import die_with_parent, lock_process
from unseen.darkroom.reading.looking import inside_of
from unseen.darkroom.reading.ranges import RemoteRange, serve_ranges
from unseen.darkroom.reading.sealing import sealed_content
from unseen.darkroom.reading.wire import (
    ORDER_BYTES_MAX,
    Delivered,
    Order,
    Way,
    pack_announced,
    pack_closed,
    pack_delivered,
    pack_stated,
    unpack_order,
    unpack_size,
)
from unseen.darkroom.seccomp import WORKER_SOCKET
from unseen.darkroom.wire import Inside, pack_greeting
from unseen.errors import SandboxError
from unseen.hashing import use_kernel
from unseen.model import ByteSource, Reason
from unseen.sources.layers import (
    UNKNOWN,
    Announced,
    Budget,
    Closed,
    Context,
    FileRange,
    Format,
    Found,
    LayerLimits,
    Secrets,
    Segments,
    Stated,
    Unpack,
    Walk,
    Want,
    load_formats,
    places_of,
    reason_of,
    recognise,
    walk,
)

__all__ = ["main"]

_DESCRIPTOR_BYTES = 4


def main(arguments: Sequence[str]) -> None:
    """Run a reader until its parent hangs up.

    Args:
        arguments: Descriptor of the socket, process id of the parent, 1 to go on without seccomp, the five limits,
            and the variant of the kernel.
    """
    *numbers, kernel = arguments
    inherited, parent_pid, unsafe_no_sandbox, *bounds = map(int, numbers)
    use_kernel(kernel)
    limits = LayerLimits(*bounds)
    os.dup2(inherited, WORKER_SOCKET)
    try:
        die_with_parent(parent_pid)
        connection = socket.socket(fileno=WORKER_SOCKET)
        readers = load_formats()
        sandbox = lock_process(unsafe_no_sandbox=bool(unsafe_no_sandbox), reader_bytes_max=limits.memory_bytes_max)
    except (OSError, SandboxError) as error:
        os.write(WORKER_SOCKET, pack_greeting(None, getattr(error, "errno", None) or 0))
        return
    os.write(WORKER_SOCKET, pack_greeting(sandbox, 0))
    _Reader(connection, limits, readers).serve()


class _HungUp(Exception):  # noqa: N818  # no error: the parent has no more to ask
    pass


class _Reader:
    """One conversation with the parent."""

    def __init__(self, connection: socket.socket, limits: LayerLimits, readers: Mapping[str, Unpack | None]) -> None:
        self._connection = connection
        self._limits = limits
        self._readers = readers
        self._passwords: list[str] = []
        # What is walked, where its bytes are those of one file that the parent has too.
        self._file: ByteSource | None = None

    def serve(self) -> None:
        """Walk file after file."""
        later: list[int] = []
        try:
            while True:
                order, number, text, descriptor = self._receive()
                if order is Order.SECRET:
                    self._passwords.append(text.decode("utf-8", "surrogateescape"))
                elif order is Order.LATER_FILE and descriptor is not None:
                    later.append(descriptor)
                elif descriptor is not None:
                    files = [descriptor, *later]
                    lent_bytes = unpack_size(text) if order in {Order.WALK_LENT, Order.CARVE_LENT} else None
                    is_carving = order in {Order.CARVE_FILE, Order.CARVE_LENT}
                    self._walk(files, lent_bytes, number, is_carving=is_carving)
                    later.clear()
                    for one in files:
                        os.close(one)
        except (_HungUp, OSError):
            return

    def _receive(self) -> tuple[Order, int, bytes, int | None]:
        room = socket.CMSG_SPACE(_DESCRIPTOR_BYTES)
        message, ancillary, _, _ = self._connection.recvmsg(ORDER_BYTES_MAX, room)
        if not message:
            raise _HungUp
        order, number, text = unpack_order(message)
        descriptor = int.from_bytes(ancillary[0][2][:_DESCRIPTOR_BYTES], sys.byteorder) if ancillary else None
        return order, number, text, descriptor

    def _walk(self, files: Sequence[int], lent_bytes: int | None, depth: int, *, is_carving: bool) -> None:
        secrets = Secrets(passwords=tuple(self._passwords))
        context = Context(limits=self._limits, secrets=secrets, budget=Budget(self._limits))
        try:
            root = _root(files, lent_bytes)
            self._file = root if isinstance(root, FileRange) else None
            inside = UNKNOWN if is_carving else recognise(root)
        except Exception as error:  # noqa: BLE001  # whatever it is, the row says that nothing was looked into
            self._send(pack_closed(Closed(0, reason_of(error))))
            return
        if inside is None:
            # A worker had recognised it a moment ago.
            self._send(pack_closed(Closed(0, Reason.CHANGED)))
            return
        self._follow(walk(root, inside, context, readers=self._readers, depth=depth))

    def _follow(self, events: Walk) -> None:
        """Tell the parent what the walk meets, and the walk what the parent wants."""
        opened: list[tuple[bool, ByteSource | None]] = []
        want = Want.PASS
        answer: Want | Format | None = None
        while True:
            try:
                event = events.send(answer)
            except StopIteration:
                return
            answer = None
            match event:
                case Announced():
                    self._send(pack_announced(event))
                    want = answer = Want(self._receive()[1])
                case Found():
                    answer, is_owed = self._deliver(event, want)
                    owed = event.content if is_owed and not isinstance(event.content, Reason) else None
                    opened.append((answer is not None, owed))
                case Stated():
                    self._send(pack_stated(event))
                case Closed():
                    is_told, owed = opened.pop() if event.depth else (True, None)
                    if owed is not None:
                        self._lend(event.depth, owed, Inside.NOTHING)
                    if is_told:
                        self._send(pack_closed(event))

    def _deliver(self, found: Found, want: Want) -> tuple[Format | None, bool]:
        """Give the bytes of a member; say with which format to look inside, and whether bytes are owed for later."""
        depth, content, inside = found.depth, found.content, found.inside
        if isinstance(content, Reason):
            self._send(pack_delivered(Delivered(depth, Way.NONE, Inside.NOTHING, 0, content)))
            return None, False
        kind = Inside.LATER if found.is_later else inside_of(inside, content)
        if want is Want.ENTER:
            self._send(pack_delivered(Delivered(depth, Way.UNWANTED, kind, content.size_bytes, None)))
            return inside or self._await_order(content), False
        is_container = kind in {Inside.CONTAINER, Inside.DISK}
        if content.size_bytes <= self._limits.memory_bytes_max:
            places = None if self._file is None else places_of(content, self._file)
            if places:
                self._send(pack_delivered(Delivered(depth, Way.PLACES, kind, content.size_bytes, None, places)))
                return inside, False
            reason = self._send_whole(depth, content, kind)
            if reason is None:
                return inside, False
            if not is_container:
                self._send(pack_delivered(Delivered(depth, Way.NONE, Inside.NOTHING, 0, reason)))
                return None, False
        # A container of which some bytes cannot be had is looked into all the same: first, and then digested.
        if is_container:
            self._send(pack_delivered(Delivered(depth, Way.LATER, kind, content.size_bytes, None)))
            return inside, True
        chosen = self._lend(depth, content, kind)
        return inside or chosen, False

    def _send_whole(self, depth: int, content: ByteSource, kind: Inside) -> Reason | None:
        """Give the bytes of a member as sealed memory, or say why they cannot be had."""
        try:
            descriptor = sealed_content(content)
        except Exception as error:  # noqa: BLE001  # a reader's fault costs this member and nothing else
            return reason_of(error)
        self._send(pack_delivered(Delivered(depth, Way.MEMORY, kind, content.size_bytes, None)), descriptor)
        os.close(descriptor)
        return None

    def _lend(self, depth: int, content: ByteSource, kind: Inside) -> Format | None:
        self._send(pack_delivered(Delivered(depth, Way.RANGES, kind, content.size_bytes, None)))
        return self._await_order(content)

    def _await_order(self, content: ByteSource) -> Format | None:
        """Serve ranges until told to go on; say with which format to look inside, if so."""
        while True:
            order, _, _, descriptor = self._receive()
            if order is Order.SERVE and descriptor is not None:
                serve_ranges(descriptor, content)
                os.close(descriptor)
            else:
                return UNKNOWN if order is Order.CARVE else None

    def _send(self, message: bytes, descriptor: int | None = None) -> None:
        socket.send_fds(self._connection, [message], [] if descriptor is None else [descriptor])


def _root(files: Sequence[int], lent_bytes: int | None) -> ByteSource:
    """What is to be walked: a file, several that continue each other, or what is served on a socket."""
    if lent_bytes is not None:
        return RemoteRange(files[0], lent_bytes)
    ranges = [FileRange(one) for one in files]
    return ranges[0] if len(ranges) == 1 else Segments(ranges)


if __name__ == "__main__":
    main(sys.argv[1:])
