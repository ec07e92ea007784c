"""A real HTTP server on this machine, with or without TLS, which answers as it is told and fails as it is told."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from unseen.exchanges import Timing

__all__ = ["Clock", "Question", "Reply", "Server", "make_authority", "running"]

# A byte each, until whoever asked hangs up.
_TRICKLE_S = 0.05


@dataclass(frozen=True)
class Question:
    """What somebody asked.

    Attributes:
        method: In capitals.
        path: Without its query.
        query: By name; the last where one is given twice.
        headers: By name in lower case.
        body: What was sent.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What is answered.

    Attributes:
        status: Of HTTP.
        body: Whole, whatever becomes of it.
        headers: Besides length and type.
        fault: `none`; `reset` closes at once; `half` closes in the middle of the body; `trickle` gives a byte now and
            then for ever; `slow_head` does so before the header is complete; `silent` never answers.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = "none"


class Clock:
    """A clock that only sleep moves; what was slept is kept."""

    def __init__(self, now: float = 1_800_000_000.0, draw: float = 1.0) -> None:
        self.at = now
        self.drawn = draw
        self.slept: list[float] = []

    @property
    def timing(self) -> Timing:
        """For a client."""
        return Timing(lambda: self.at, self._sleep, lambda: self.drawn)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


class Server:
    """A server that asks a function for each reply, and keeps all questions."""

    def __init__(self, answer: Callable[[Question], Reply]) -> None:
        self.answer = answer
        self.questions: list[Question] = []
        self.address = ""
        # Closed with the server, whoever opened them.
        self.callers = ExitStack()


@contextmanager
def running(server: Server, *, certificate: Path | None = None) -> Iterator[Server]:
    """Serve on a free port of this machine, by HTTPS where there is a certificate with its key."""
    handler = type("Handler", (_Handler,), {"told": server})
    with _Quiet(("127.0.0.1", 0), handler) as http:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        server.address = f"{'https' if certificate else 'http'}://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.callers.close()
            http.stopping.set()
            http.shutdown()
            thread.join()


def make_authority(folder: Path, *, address: str = "127.0.0.1") -> tuple[Path, Path]:
    """Make an authority and a certificate for one address.

    Returns:
        The authority's certificate; the certificate and its key in one file, for the server.
    """
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("an authority of tests", root_key, None, None, address)
    leaf = _certificate("a server of tests", key, root, root_key, address)
    authority, chain = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + private)
    return authority, chain


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey | None,
    address: str,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signing = issuer_key or key
    now = datetime.now(UTC)
    is_root = issuer is None
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(identity, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    usage |= {"encipher_only": False, "decipher_only": False, "crl_sign": is_root, "key_cert_sign": is_root}
    builder = builder.add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
    if not is_root:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        builder = builder.add_extension(names, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(signing, hashes.SHA256())


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    stopping: threading.Event

    def server_bind(self) -> None:
        # The base looks its own name up, which can take seconds where there is no network.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]
        self.stopping = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that hang up are part of the game.
        del request, client_address


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one piece: in two, the second waits for the first to be acknowledged.
    wbufsize = 1 << 20
    told: Server

    def do_GET(self) -> None:
        """Answer as told."""
        asked = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        question = Question(self.command, asked.path, dict(parse_qsl(asked.query)), headers, body)
        self.told.questions.append(question)
        self._give(self.told.answer(question))

    do_PUT = do_POST = do_GET  # noqa: N815  # names that the base class wants

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
        """Say nothing."""

    def _give(self, reply: Reply) -> None:
        if reply.fault in {"reset", "silent", "slow_head"}:
            self._fail(reply.fault)
            return
        # Without the date of this machine: services have clocks of their own.
        self.send_response_only(reply.status)
        for name, value in ({"Content-Type": "application/xml"} | dict(reply.headers)).items():
            self.send_header(name, value)
        length = len(reply.body) + (1 << 30 if reply.fault == "trickle" else 0)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.fault == "half" else reply.body)
        if reply.fault != "none":
            self._fail(reply.fault)

    def _fail(self, fault: str) -> None:
        self.close_connection = True
        stopping = self.server.stopping  # type: ignore[attr-defined]  # the server is ours
        if fault == "slow_head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.wfile.flush()
        while fault not in {"half", "reset"} and not stopping.wait(_TRICKLE_S):
            if fault != "silent":
                self.wfile.write(b"a")
                self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
