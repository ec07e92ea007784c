"""The desk behind a real HTTP server on this machine."""

import base64
import hmac
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from unseen.filing.rehearsal.desk import Answer, Desk, Fault
from unseen.filing.rehearsal.forms import read_form

__all__ = ["RehearsalServer"]

# A report is text; the longest elements have some thousand characters.
DOCUMENT_BYTES_MAX = 16 << 20
_CHUNK_BYTES = 1 << 16
_DOCUMENTS = {"/submit", "/fileinfo"}
_FORMS = {"/upload", "/finish", "/retract"}


class RehearsalServer:
    """Serves a desk at `http://127.0.0.1:PORT/ispws` until it is closed.

    Attributes:
        desk: Holds the reports.
        calls: Paths that were asked for, in order.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        login: tuple[str, str],
        fault: Callable[[int, str], Fault | None] = lambda _number, _path: None,
        schema: bytes | None = None,
    ) -> None:
        """Start to listen.

        Args:
            desk: What answers.
            login: User and password that callers must give.
            fault: Asked before each call, with its number from 0 and its path, whether it goes wrong.
            schema: What `GET /xsd` gives; None where there is none at hand.
        """
        self.desk = desk
        self.calls: list[str] = []
        self._login = login
        self._fault = fault
        self._schema = schema
        self._server = _Listener(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """The base that calls are appended to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/ispws"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def admits(self, header: str | None) -> bool:
        """Whether a caller has given user and password."""
        wanted = b"Basic " + base64.b64encode(":".join(self._login).encode())
        return hmac.compare_digest((header or "").encode("utf-8", "replace"), wanted)

    def next_fault(self, path: str) -> Fault | None:
        """Note a call, and say how it goes wrong."""
        self.calls.append(path)
        return self._fault(len(self.calls) - 1, path)

    def answer(self, method: str, path: str, body: Iterator[bytes], media_type: str) -> Answer:
        """Pass a call on to the desk."""
        if method == "GET":
            return self._answer_get(path)
        if path in _DOCUMENTS:
            whole = bytearray()
            for chunk in body:
                whole += chunk
                if len(whole) > DOCUMENT_BYTES_MAX:
                    return Answer(413, b"")
            return self.desk.submit(bytes(whole)) if path == "/submit" else self.desk.fileinfo(bytes(whole))
        if path not in _FORMS:
            return Answer(404, b"")
        return self._answer_form(path, body, media_type)

    def _answer_get(self, path: str) -> Answer:
        if path == "/xsd" and self._schema is not None:
            return Answer(200, self._schema)
        return self.desk.status() if path == "/status" else Answer(404, b"")

    def _answer_form(self, path: str, body: Iterator[bytes], media_type: str) -> Answer:
        form = read_form(body, media_type)
        if form is None:
            return Answer(400, b"")
        match path:
            case "/finish":
                return self.desk.finish(form.report_id)
            case "/retract":
                return self.desk.retract(form.report_id)
            case _ if form.md5 is None:
                return Answer(400, b"")
            case _:
                return self.desk.upload(form.report_id, form.md5, form.size_bytes)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up in the middle wants no answer, and nobody wants to read of it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(server: RehearsalServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A caller that says nothing for so long has gone.
        timeout = 60.0

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def log_message(self, *_: object) -> None:
            """Nothing: what is reported is nobody else's business."""

        def _serve(self) -> None:
            path = self.path.partition("?")[0].removeprefix("/ispws")
            fault = server.next_fault(path)
            if fault is Fault.BREAK_BEFORE:
                self._break()
                return
            body = self._body()
            if fault is Fault.UNAUTHORISED or not server.admits(self.headers.get("Authorization")):
                answer = Answer(401, b"")
            elif fault is Fault.SERVER_ERROR:
                answer = Answer(500, b"")
            else:
                answer = server.answer(self.command, path, body, self.headers.get("Content-Type", ""))
            for _ in body:
                pass
            if fault is Fault.BREAK_AFTER:
                self._break()
                return
            self._send(_spoilt(answer, fault))

        def _body(self) -> Iterator[bytes]:
            left = int(self.headers.get("Content-Length") or 0)
            while left > 0 and (chunk := self.rfile.read(min(left, _CHUNK_BYTES))):
                left -= len(chunk)
                yield chunk

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Request-ID", uuid4().hex)
            self.end_headers()
            self.wfile.write(answer.body)

        def _break(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


def _spoilt(answer: Answer, fault: Fault | None) -> Answer:
    """What a fault makes of an answer."""
    if fault is Fault.NO_XML:
        return Answer(answer.status, b"<html><body>Service unavailable</body></html>")
    if fault is Fault.WRONG_MD5:
        return Answer(answer.status, re.sub(b"<hash>.", b"<hash>x", answer.body))
    return answer
