"""The service's calls, each once, with what was sent and what came back kept for the record.

None is repeated here: whether a call may be made again is for `unseen.filing.cybertipline.course` to say, which knows
what came of the calls before.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from unseen.exchanges.service import Answer, Service
from unseen.model import Reason, UnreadError

__all__ = ["Call", "CyberTipline", "Sent", "Upload"]

_XML = "text/xml; charset=utf-8"


class Call(StrEnum):
    """What can be asked of the service. Closed."""

    STATUS = "status"
    SCHEMA = "xsd"
    SUBMIT = "submit"
    UPLOAD = "upload"
    FILEINFO = "fileinfo"
    FINISH = "finish"
    RETRACT = "retract"


@dataclass(frozen=True, slots=True)
class Sent:
    """One call that was answered.

    Attributes:
        call: Which.
        request: The body that was sent; of an upload its form without the file.
        request_sha256: Of the whole body as it went out, the file included.
        status: Of HTTP.
        answer: The body that came back, byte for byte: it may be the receipt.
        request_id: By what name the service keeps the call.
    """

    call: Call
    request: bytes
    request_sha256: bytes
    status: int
    answer: bytes
    request_id: str


@dataclass(slots=True)
class Upload:
    """The bytes of a file on their way out, read piece by piece, with the digests of what was really sent.

    Attributes:
        name: Of the file, as the service shall know it.
        chunks: Its bytes.
        size_bytes: How many there are.
    """

    name: str
    chunks: Iterable[bytes]
    size_bytes: int
    md5: str = ""
    sha256: bytes = b""


class CyberTipline:
    """The service at one base: production, test, or a rehearsal on this machine."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def status(self) -> Sent:
        """Ask whether the service is there and takes the credentials."""
        return self._kept(Call.STATUS, b"", self._service.get("status"))

    def schema(self) -> Sent:
        """Ask for the schema of reports."""
        return self._kept(Call.SCHEMA, b"", self._service.get("xsd"))

    def submit(self, report: bytes) -> Sent:
        """Open a report. A failure on the way leaves it open whether one was opened."""
        return self._post(Call.SUBMIT, report, _XML)

    def upload(self, report_id: int, file: Upload) -> Sent:
        """Send a file; afterwards `file` holds the digests of what was sent.

        Raises:
            ExchangeError: No answer.
            UnreadError: The file cannot be read, or has another size than stated; the service has not got it.
        """
        boundary = secrets.token_hex(16)
        head, tail = _form(boundary, report_id, _plain(file.name))
        digest = hashlib.sha256()
        answer = self._service.send(
            "POST",
            Call.UPLOAD.value,
            content=_digesting(_body(head, file, tail), digest),
            size_bytes=len(head) + file.size_bytes + len(tail),
            media_type=f"multipart/form-data; boundary={boundary}",
            takes_refusals=True,
        )
        return Sent(Call.UPLOAD, head + tail, digest.digest(), answer.status, answer.content, answer.request_id)

    def fileinfo(self, details: bytes) -> Sent:
        """Tell what is known of a file, once for each."""
        return self._post(Call.FILEINFO, details, _XML)

    def finish(self, report_id: int) -> Sent:
        """File the report. There is no way back."""
        return self._post_id(Call.FINISH, report_id)

    def retract(self, report_id: int) -> Sent:
        """Take back a report that is still open."""
        return self._post_id(Call.RETRACT, report_id)

    def _post_id(self, call: Call, report_id: int) -> Sent:
        boundary = secrets.token_hex(16)
        body = f'--{boundary}\r\nContent-Disposition: form-data; name="id"\r\n\r\n{report_id}\r\n--{boundary}--\r\n'
        return self._post(call, body.encode("ascii"), f"multipart/form-data; boundary={boundary}")

    def _post(self, call: Call, body: bytes, media_type: str) -> Sent:
        answer = self._service.send("POST", call.value, content=body, media_type=media_type, takes_refusals=True)
        return self._kept(call, body, answer)

    @staticmethod
    def _kept(call: Call, request: bytes, answer: Answer) -> Sent:
        digest = hashlib.sha256(request).digest()
        return Sent(call, request, digest, answer.status, answer.content, answer.request_id)


def _form(boundary: str, report_id: int, name: str) -> tuple[bytes, bytes]:
    """What stands before and behind a file in `multipart/form-data` (RFC 7578)."""
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="id"\r\n\r\n{report_id}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode("utf-8"), f"\r\n--{boundary}--\r\n".encode("ascii")


def _plain(name: str) -> str:
    """A name as it may stand between quotes: what could end them, or the line, is spelled as browsers spell it."""
    printable = "".join(character for character in name if character.isprintable())
    return printable.encode("utf-8", "replace").decode("utf-8").replace("\\", "_").replace('"', "%22") or "file"


def _body(head: bytes, file: Upload, tail: bytes) -> Iterator[bytes]:
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    yield head
    left = file.size_bytes
    for chunk in file.chunks:
        left -= len(chunk)
        if left < 0:
            break
        md5.update(chunk)
        sha256.update(chunk)
        yield chunk
    if left:
        # The service would wait for the rest, or take what follows for another call: the line is cut instead.
        raise UnreadError(Reason.CHANGED)
    yield tail
    file.md5, file.sha256 = md5.hexdigest(), sha256.digest()


def _digesting(chunks: Iterator[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
