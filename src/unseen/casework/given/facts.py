"""What the custodian knows of its items: whose each is, and how it came. Looked up for findings only."""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from unseen.errors import UsageError
from unseen.model import Facts, Locator, Subject, SubjectKind

__all__ = ["FactsFile", "parse_subject"]

# An identifier, a name of a file and some numbers; a longer line is something else.
LINE_BYTES_MAX = 65_536
SUBJECT_CHARS_MAX = 500
# Of `item` in a row; any other name of a member is a mistake that would lose a fact in silence.
_MEMBERS = frozenset({"item", "subject", "uploaded_at", "ip", "port", "original_name", "file", "account"})
_EXAMPLE = (
    '{"item": "uploads/a.jpg", "subject": "account:4711", "uploaded_at": "2026-11-01T10:00:00Z", "ip": "192.0.2.7",'
    ' "port": 50000, "original_name": "a.jpg"}; all but the first two may be left out'
)
# Of a digest of the item's text: with 128 bits nobody can choose names that share a place.
_KEY_BYTES = 16


def parse_subject(text: str) -> Subject:
    """Read `KIND:ID`.

    Raises:
        UsageError: It is none.
    """
    kind, _, name = text.partition(":")
    name = name.strip()
    if kind not in set(SubjectKind) or not name or len(name) > SUBJECT_CHARS_MAX or not name.isprintable():
        raise UsageError(
            f"{text[:80]!r} names no subject",
            hint=f"KIND:ID, where KIND is one of {', '.join(SubjectKind)}: account:4711, exhibit:JB/3",
        )
    return Subject(SubjectKind(kind), name)


class FactsFile:
    """A file of JSON Lines, one for each item; read once from front to end, and asked about single items later.

    Attributes:
        sha256: Of its bytes.
        rows: How many it has.
    """

    def __init__(self, path: str) -> None:
        """Read and check every row.

        Args:
            path: Of the file.

        Raises:
            UsageError: It cannot be read, or a row is none; the message names the line.
        """
        self._copy: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed on leaving
        self._places: dict[bytes, int] = {}
        digest = hashlib.sha256()
        self.rows = 0
        try:
            # Asked for until the scan ends, whatever becomes of the file meanwhile.
            with Path(path).open("rb") as file:
                while line := file.readline(LINE_BYTES_MAX + 1):
                    digest.update(line)
                    self._take(line, path)
        except UsageError:
            self._copy.close()
            raise
        except OSError as error:
            self._copy.close()
            raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
        self.sha256 = digest.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._copy.close()

    def about(self, locator: Locator) -> Facts | None:
        """What is known of an item, or of the nearest container around it that a row names; None where nothing is."""
        for depth in range(len(locator.steps), 0, -1):
            place = self._places.get(_key(str(Locator(locator.steps[:depth]))))
            if place is not None:
                self._copy.seek(place)
                row = json.loads(self._copy.readline())
                facts = _read(row)
                # Of a name for the container it would be untrue to say that it is the item's.
                about = row["item"] if len(locator.steps) > 1 else None
                return replace(facts, about=about, account=facts.account or self.account_of(facts.subject))
        return None

    def account_of(self, subject: Subject) -> str | None:
        """What a row of its own says of an account, as JSON; None where there is none."""
        place = self._places.get(_key_of_subject(str(subject)))
        if place is None:
            return None
        self._copy.seek(place)
        return _pack_account(json.loads(self._copy.readline()))

    def _take(self, line: bytes, path: str) -> None:
        self.rows += 1
        if not line.strip():
            return
        try:
            key = _key_of(line)
            if key in self._places:
                raise UsageError("an earlier line is about the same item, or account")  # noqa: TRY301  # as all others are told
        except (ValueError, RecursionError, UsageError) as error:
            raise UsageError(f"{path}, line {self.rows}: {error}", hint=f"a row is {_EXAMPLE}") from None
        self._places[key] = self._copy.seek(0, 2)
        self._copy.write(line.rstrip(b"\r\n") + b"\n")


def _key_of(line: bytes) -> bytes:
    """The key of what a row is about, an item or an account; raises where it is no row."""
    if len(line) > LINE_BYTES_MAX:
        raise ValueError(f"longer than {LINE_BYTES_MAX:,} bytes")
    row = json.loads(line)
    if isinstance(row, dict) and row.keys() == {"subject", "account"}:
        if _pack_account(row) is None:
            raise ValueError("an account of which nothing is known")
        return _key_of_subject(str(_subject_of(row)))
    item = row.get("item") if isinstance(row, dict) else None
    if not isinstance(item, str):
        raise UsageError('no object with a member "item"')
    if unknown := sorted(row.keys() - _MEMBERS):
        raise ValueError(f"a member {unknown[0]!r}, which means nothing")
    _read(row)
    return _key(item)


def _key_of_subject(text: str) -> bytes:
    # By another digest, so that no name of an item is anybody's.
    return hashlib.sha512(text.encode("utf-8", "surrogateescape")).digest()[:_KEY_BYTES]


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:_KEY_BYTES]


def _read(row: Mapping[str, Any]) -> Facts:
    facts = Facts(
        subject=_subject_of(row),
        uploaded_at_utc=_moment(row.get("uploaded_at")),
        ip=_address(row.get("ip")),
        port=_port(row.get("port")),
        original_name=_name(row.get("original_name")),
        file=_pack_file(row),
        account=_pack_account(row),
    )
    if facts.ip is not None and facts.file is not None and "ipCaptureEvent" in row["file"]:
        raise ValueError("an ip, and one in file/ipCaptureEvent as well: a file has one")
    return facts


def _subject_of(row: Mapping[str, Any]) -> Subject:
    subject = row.get("subject")
    if not isinstance(subject, str):
        raise UsageError('no member "subject"')
    return parse_subject(subject)


def _pack_file(row: Mapping[str, Any]) -> str | None:
    # The schema is heavy to import, and most rows have nothing of it.
    if row.get("file") is None:
        return None
    from unseen.casework.given.known import KnownOfFile, pack_known

    return pack_known(KnownOfFile, row["file"], "file")


def _pack_account(row: Mapping[str, Any]) -> str | None:
    if row.get("account") is None:
        return None
    from unseen.casework.given.known import pack_known
    from unseen.filing.cybertipline.schema import PersonOrUserReported

    return pack_known(PersonOrUserReported, row["account"], "account")


def _moment(value: object) -> str | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        # The first and the last day of the calendar lie outside of it elsewhere.
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("an uploaded_at that is no moment in ISO 8601 with its time zone")
    return str(value)


def _address(value: object) -> str | None:
    try:
        return None if value is None else str(ip_address(value if isinstance(value, str) else ""))
    except ValueError:
        raise ValueError("an ip that is no address") from None


def _port(value: object) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= 65_535:
        raise ValueError("a port that is none: 1 to 65535")
    return value


def _name(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("an original_name that is no text")
    return value
