"""`unseen stamp`: tokens of time stamping authorities (RFC 3161) over checkpoints, kept beside the ledger.

A request is written to a file, somebody sends it, and the answer is read from a file: nothing here speaks to a network.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from unseen.casework.proof.places import LEDGER_FOLDER, files_of
from unseen.casework.proof.token_order import in_order
from unseen.errors import LedgerBrokenError, StoreError, UsageError
from unseen.ledger import Checkpoint, Note
from unseen.ledger.note import NOTE_BYTES_MAX
from unseen.ledger.tiles import CHECKPOINT_NAME, read_limited, sync_folder, write_whole

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

__all__ = ["Request", "Stamp", "add_stamp", "kept_checkpoints", "read_authority", "read_stamps", "request_stamp"]

_FOLDER = "stamps"
_TOKEN = re.compile(r"(0|[1-9][0-9]{0,15})\.tsr")
# Tokens have some kilobytes: a signature, and the certificates of the authority.
_TOKEN_BYTES_MAX = 256 * 1024
# A few certificates as text.
_AUTHORITY_BYTES_MAX = 1024 * 1024
# OID of SHA-256: the only digest that is asked for, so the only one that an answer may be over.
_SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that was written.

    Attributes:
        path: The file to be sent to an authority.
        checkpoint: The copy of the checkpoint that the token will be over.
        size: Number of entries under it.
        sha256: Of the copy.
    """

    path: str
    checkpoint: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A token beside the ledger.

    Attributes:
        size: Number of entries under the checkpoint that it is over.
        at_utc: When that existed at the latest, as the authority says, in ISO 8601.
        is_verified: Whether the token was verified by certificates that came from outside. If not, anybody could have
            made it.
    """

    size: int
    at_utc: str
    is_verified: bool


def request_stamp(location: str, out: str) -> Request:
    """Copy the newest checkpoint, and write the request for a token over the copy.

    Args:
        location: Of a store.
        out: File for the request, in DER; must not exist.

    Raises:
        UsageError: The file exists, or the package that speaks RFC 3161 is not installed.
        StoreError: There is no ledger, or something cannot be read or written.
        MalformedError: The checkpoint is none.
    """
    folder = files_of(location) / LEDGER_FOLDER
    data = read_limited(folder / CHECKPOINT_NAME, NOTE_BYTES_MAX)
    if data is None:
        raise StoreError(f"there is no ledger in {location}")
    if Path(out).exists():
        raise UsageError(f"{out} exists already")
    with _speaking():
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
    size = _size(data)
    copy = folder / _FOLDER / f"{size}.checkpoint"
    # Whoever cosigns later changes the file, not what it says: a token is over the copy that was made first.
    kept = read_limited(copy, NOTE_BYTES_MAX)
    if kept is None:
        write_whole(copy, kept := data)
        sync_folder(copy.parent)
    elif Note.parse(kept, "stamped checkpoint").text != Note.parse(data, "checkpoint").text:
        raise LedgerBrokenError(f"{copy} is not the checkpoint of {size} entries that this ledger has")
    request = TimestampRequestBuilder().data(kept).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=True)
    write_whole(Path(out), request.build().as_bytes())
    return Request(path=out, checkpoint=str(copy), size=size, sha256=sha256(kept).digest())


def add_stamp(location: str, token: str, authority: Sequence["Certificate"]) -> Stamp:
    """Verify a token, and keep it beside the ledger.

    Args:
        location: Of a store.
        token: File with the authority's answer, in DER.
        authority: As `read_authority` gives them.

    Raises:
        LedgerBrokenError: It is not a token of this authority over a checkpoint that was asked for.
        UsageError: The package that speaks RFC 3161 is not installed.
        StoreError: There is no ledger, or something cannot be read or written.
    """
    folder = files_of(location) / LEDGER_FOLDER / _FOLDER
    data = _read(Path(token), _TOKEN_BYTES_MAX)
    answer = _parse(data, token)
    wanted = answer.tst_info.message_imprint.message
    for path in sorted(folder.glob("*.checkpoint")) if folder.is_dir() else []:
        checkpoint = _read(path, NOTE_BYTES_MAX)
        if sha256(checkpoint).digest() == wanted:
            stamp = _verify(data, checkpoint, token, authority)
            write_whole(folder / f"{stamp.size}.tsr", data)
            sync_folder(folder)
            return stamp
    raise LedgerBrokenError(
        f"{token} is not over a checkpoint of this ledger",
        found=f"sha256 {wanted.hex()}",
        hint="`unseen stamp request` keeps the copy that a token must be over",
    )


def read_authority(path: str) -> "list[Certificate]":
    """Read the certificates by which tokens are verified: the authority's root, and those between, in PEM.

    Raises:
        UsageError: The file holds no such certificates.
        StoreError: It cannot be read.
    """
    from cryptography.x509 import load_pem_x509_certificates

    try:
        found = load_pem_x509_certificates(_read(Path(path), _AUTHORITY_BYTES_MAX))
    except ValueError as error:
        raise UsageError(f"{path} holds no certificates", hint="give the authority's certificates in PEM") from error
    if not any(one.issuer == one.subject for one in found):
        raise UsageError(f"{path} holds no root certificate", hint="give the one that the authority's chain ends in")
    return found


def kept_checkpoints(folder: Path) -> list[Note]:
    """The checkpoints that tokens are over: the ledger must continue each.

    Args:
        folder: Of the ledger.

    Raises:
        MalformedError: One of them is none.
        LedgerBrokenError: One is missing.
    """
    return [Note.parse(checkpoint, "stamped checkpoint") for _, _, checkpoint in _tokens(folder)]


def read_stamps(folder: Path, authority: "Sequence[Certificate]" = ()) -> tuple[Stamp, ...]:
    """Check every token beside a ledger, ordered by the size of the checkpoint it is over.

    Args:
        folder: Of the ledger.
        authority: As `read_authority` gives them; none to check only that each token is over its checkpoint.

    Raises:
        LedgerBrokenError: A token is malformed, over something else, or not of this authority.
        UsageError: The package that speaks RFC 3161 is not installed, and there is a token.
    """
    return tuple(_verify(data, checkpoint, path.name, authority) for path, data, checkpoint in _tokens(folder))


def _tokens(folder: Path) -> Iterator[tuple[Path, bytes, bytes]]:
    """Every token with its file and the checkpoint that it must be over."""
    stamps = folder / _FOLDER
    named = [(int(found[1]), path) for path in stamps.glob("*") if (found := _TOKEN.fullmatch(path.name))]
    for size, path in sorted(named):
        checkpoint = read_limited(stamps / f"{size}.checkpoint", NOTE_BYTES_MAX)
        if checkpoint is None or _size(checkpoint) != size:
            raise LedgerBrokenError(f"the checkpoint is missing that {path.name} is over, or is another")
        yield path, _read(path, _TOKEN_BYTES_MAX), checkpoint


def _verify(data: bytes, checkpoint: bytes, name: str, authority: "Sequence[Certificate]") -> Stamp:
    answer = _parse(data, name)
    imprint = answer.tst_info.message_imprint
    expected = sha256(checkpoint).hexdigest()
    if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message.hex() != expected:
        raise LedgerBrokenError(f"{name} is over something else", expected=expected, found=imprint.message.hex())
    if authority:
        from rfc3161_client import VerificationError, VerifierBuilder

        roots = [one for one in authority if one.issuer == one.subject]
        between = [one for one in authority if one.issuer != one.subject]
        try:
            VerifierBuilder(roots=roots, intermediates=between).build().verify(answer, imprint.message)
        except (VerificationError, ValueError) as error:
            # Behind its first words OpenSSL's whole stack of errors.
            why = str(error).partition(": ErrorStack")[0]
            raise LedgerBrokenError(f"{name} is not a token of the given authority: {why}") from error
    at_utc = answer.tst_info.gen_time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Stamp(size=_size(checkpoint), at_utc=at_utc, is_verified=bool(authority))


def _parse(data: bytes, name: str) -> "TimeStampResponse":
    with _speaking():
        from rfc3161_client import decode_timestamp_response
    try:
        answer = decode_timestamp_response(in_order(data))
        if answer.status != 0:
            raise LedgerBrokenError(
                f"{name}: the authority refused", found=", ".join(answer.status_string) or "no reason"
            )
        _ = answer.tst_info.gen_time, answer.tst_info.message_imprint
    except (ValueError, TypeError) as error:
        raise LedgerBrokenError(f"{name} is no answer of a time stamping authority: {error}") from error
    return answer


@contextmanager
def _speaking() -> Iterator[None]:
    """Say what to install where the package that knows RFC 3161 is missing."""
    try:
        yield
    except ImportError as error:
        raise UsageError(
            "rfc3161-client is not installed, which knows such tokens", hint="pip install 'unseen[stamp]'"
        ) from error


def _size(checkpoint: bytes) -> int:
    return Checkpoint.parse(Note.parse(checkpoint, "checkpoint").text).size


def _read(path: Path, limit: int) -> bytes:
    data = read_limited(path, limit)
    if data is None:
        raise StoreError(f"there is no {path}")
    return data
