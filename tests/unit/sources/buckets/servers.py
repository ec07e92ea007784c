"""Servers on this machine that speak S3: one that is honest, in a process of its own, and one that is not."""

import hashlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

__all__ = ["ENVIRONMENT", "HostileServer", "honest_server"]

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
_START_S = 60.0


@contextmanager
def honest_server() -> Iterator[str]:
    """Run moto's S3 server and give its address."""
    # It takes a free port by itself and tells which: one that was looked up before might be taken by then.
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with tempfile.NamedTemporaryFile() as told:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)
        try:
            yield _address(Path(told.name), process)
        finally:
            process.kill()
            process.wait()


def _address(told: Path, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        if running := re.search(r"Running on (http://127\.0\.0\.1:\d+)\n", told.read_text()):
            return running[1]
        time.sleep(0.05)
    raise RuntimeError("moto did not start")


class HostileServer:
    """Holds objects of one bucket, and misbehaves as it is told: see `faults`.

    Attributes:
        objects: Content by key.
        listed: Pages of the listing, as (key, size, ETag); None for one page of what there is.
        faults: By key, what to do in the place of answering, once for each call in the list; None to answer.
        requests: (method, path with query, headers) of all that was asked.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.faults: dict[str, list[Callable[[BaseHTTPRequestHandler, bytes], None] | None]] = {}
        self.list_faults: list[Callable[[BaseHTTPRequestHandler, bytes], None] | None] = []
        self.page_size = 1_000
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:  # a name that http.server asks for
                outer.answer(self)

            def do_GET(self) -> None:  # a name that http.server asks for
                outer.answer(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """Say nothing: whoever asks for a flood hangs up."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, call: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        self.requests.append((call.command, call.path, dict(call.headers)))
        parts = urlsplit(call.path)
        _, _, key = unquote(parts.path).lstrip("/").partition("/")
        if key:
            self._answer_object(call, key)
        elif "list-type" in parts.query:
            self._answer_list(call, parse_qs(parts.query))
        else:
            send(call, b"")

    def _answer_object(self, call: BaseHTTPRequestHandler, key: str) -> None:
        data = self.objects.get(key)
        faults = self.faults.get(key, [])
        fault = faults.pop(0) if faults else None
        if fault is not None:
            fault(call, data or b"")
        elif data is None:
            send(call, b"<Error><Code>NoSuchKey</Code></Error>", status=404)
        elif call.headers.get("If-Match") not in {None, e_tag(data)}:
            send(call, b"<Error><Code>PreconditionFailed</Code></Error>", status=412)
        else:
            send(call, data, headers={"ETag": e_tag(data)})

    def _answer_list(self, call: BaseHTTPRequestHandler, query: dict[str, list[str]]) -> None:
        fault = self.list_faults.pop(0) if self.list_faults else None
        if fault is not None:
            fault(call, b"")
            return
        after = query.get("continuation-token", [""])[0]
        keys = [key for key in sorted(self.objects) if key > after]
        page, rest = keys[: self.page_size], keys[self.page_size :]
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size>"
            f"<ETag>{escape(e_tag(self.objects[key]))}</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key in page
        )
        more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{escape(page[-1])}</NextContinuationToken>"
        text = f"<ListBucketResult>{contents}{more if rest else '<IsTruncated>false</IsTruncated>'}</ListBucketResult>"
        send(call, text.encode(), headers={"Content-Type": "application/xml"})


def e_tag(data: bytes) -> str:
    """The ETag of a content."""
    return f'"{hashlib.md5(data).hexdigest()}"'


def send(
    call: BaseHTTPRequestHandler, data: bytes, *, status: int = 200, headers: dict[str, str] | None = None
) -> None:
    """Answer honestly, ranges included."""
    wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", call.headers.get("Range", ""))
    more = dict(headers or {})
    if wanted and status == 200:
        first, last = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
        more["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        data, status = data[first : last + 1], 206
    call.send_response(status)
    for name, value in {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", **more}.items():
        call.send_header(name, value)
    call.send_header("Content-Length", str(len(data)))
    call.end_headers()
    if call.command != "HEAD":
        call.wfile.write(data)


def unavailable(call: BaseHTTPRequestHandler, _: bytes) -> None:
    """Say 503."""
    send(call, b"<Error><Code>SlowDown</Code></Error>", status=503)


def hang_up(call: BaseHTTPRequestHandler, _: bytes) -> None:
    """Close the connection without a word."""
    call.close_connection = True
    call.connection.shutdown(socket.SHUT_RDWR)


def break_off(call: BaseHTTPRequestHandler, data: bytes) -> None:
    """Promise all and send half."""
    call.send_response(206)
    call.send_header("Content-Range", f"bytes 0-{len(data) - 1}/{len(data)}")
    call.send_header("Content-Length", str(len(data)))
    call.send_header("ETag", e_tag(data))
    call.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
    call.end_headers()
    call.wfile.write(data[: len(data) // 2])
    call.close_connection = True
    call.connection.shutdown(socket.SHUT_RDWR)


def flood(call: BaseHTTPRequestHandler, data: bytes) -> None:
    """Send far more than there should be."""
    long = data * 50
    call.send_response(206)
    call.send_header("Content-Range", f"bytes 0-{len(long) - 1}/{len(long)}")
    call.send_header("Content-Length", str(len(long)))
    call.send_header("ETag", e_tag(data))
    call.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
    call.end_headers()
    call.wfile.write(long)
