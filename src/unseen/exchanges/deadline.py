"""An end to answers that trickle in: time-outs of libraries begin anew with every byte."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["Line"]


class Line:
    """The one connection to a service; it is cut when an answer takes too long."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._is_cut = threading.Event()

    @property
    def is_cut(self) -> bool:
        """Whether the last answer took too long."""
        return self._is_cut.is_set()

    def notice(self, event: str, info: dict[str, Any]) -> None:
        """Learn which connection is used, as httpcore's `trace` extension tells it."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._stream = info["return_value"]

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Cut the connection, if what is done in this context is not over in time."""
        self._is_cut.clear()
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self._is_cut.set()
        connection = self._stream.get_extra_info("socket") if self._stream is not None else None
        if isinstance(connection, socket.socket):
            # Of the plain class: an SSL socket's own way would take away what the reading thread is using.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
