"""Servers that speak as much of Azure's and Google's protocols as reading a bucket takes."""

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

__all__ = ["OtherService", "service_account"]

_WRITTEN = "Thu, 01 Jan 2026 00:00:00 GMT"


class OtherService:
    """Objects of the bucket `box`, by key, as both services give them; 503 to as many requests as it is told."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.faults = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # a name that http.server asks for
                outer.answer(self)

            do_HEAD = do_GET  # noqa: N815  # a name that http.server asks for

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, call: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        parts, query = urlsplit(call.path), parse_qs(urlsplit(call.path).query)
        key = unquote(parts.path).partition("box/")[2]
        if self.faults:
            self.faults -= 1
            _send(call, b"", 503)
        elif "comp" in query or parts.path.startswith("/storage/v1/b/box/o") or "list-type" in query:
            _send(call, self._listing(query), 200, {"Content-Type": "application/xml"})
        elif key not in self.objects:
            _send(call, b"", 404)
        elif call.headers.get("If-Match") not in {None, _tag(self.objects[key])}:
            _send(call, b"", 412)
        else:
            _send_object(call, self.objects[key])

    def _listing(self, query: dict[str, list[str]]) -> bytes:
        prefix = query.get("prefix", [""])[0]
        found = {key: data for key, data in sorted(self.objects.items()) if key.startswith(prefix)}
        if "comp" in query:
            blobs = "".join(
                f"<Blob><Name>{escape(key)}</Name><Properties><Last-Modified>{_WRITTEN}</Last-Modified>"
                f"<Content-Length>{len(data)}</Content-Length><Content-Type>a/b</Content-Type>"
                f"<Etag>{escape(_tag(data))}</Etag></Properties></Blob>"
                for key, data in found.items()
            )
            return f"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>".encode()
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size><ETag>{escape(_tag(data))}</ETag>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for key, data in found.items()
        )
        return f"<ListBucketResult>{contents}</ListBucketResult>".encode()


def _tag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def _send_object(call: BaseHTTPRequestHandler, data: bytes) -> None:
    wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", call.headers.get("Range", call.headers.get("x-ms-range", "")))
    headers = {"ETag": _tag(data), "Last-Modified": _WRITTEN}
    if wanted is None:
        _send(call, data, 200, headers)
        return
    first, last = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    _send(call, data[first : last + 1], 206, headers)


def _send(call: BaseHTTPRequestHandler, data: bytes, status: int, headers: dict[str, str] | None = None) -> None:
    call.send_response(status)
    for name, value in (headers or {}).items():
        call.send_header(name, value)
    call.send_header("Content-Length", str(len(data)))
    call.end_headers()
    if call.command != "HEAD":
        call.wfile.write(data)


def service_account(url: str) -> str:
    """What Google's library finds its server by."""
    empty = dict.fromkeys(("private_key", "private_key_id", "client_email"), "")
    return json.dumps({"type": "service_account", "gcs_base_url": url, "disable_oauth": True, **empty})
