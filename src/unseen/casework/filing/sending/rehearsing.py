"""`unseen file --dry-run`: the whole course against a CyberTipline of one's own, and nothing is filed or written.

`unseen file check`: whether the true one answers.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from unseen import store as stores
from unseen.casework.filing.sending.material import DecidedMaterial
from unseen.casework.filing.sending.preparing import Prepared, Wanted, prepare
from unseen.casework.filing.sending.rereading import Rereader
from unseen.casework.filing.sending.ways import REHEARSAL, Way, open_desk, open_rehearsal, way_of
from unseen.casework.filing.settings import read_settings
from unseen.casework.proof.places import new_file, open_to_read
from unseen.errors import SourceError, UsageError
from unseen.filing.cybertipline.calls import Call
from unseen.filing.cybertipline.course import Course, Step, Turns
from unseen.filing.cybertipline.pursuing import Ending, pursue
from unseen.filing.rehearsal import Desk
from unseen.model import Finding

__all__ = ["Checked", "Rehearsed", "RehearsedCall", "check_connection", "rehearse", "save_schema"]

# A schema of reports; the published one has a sixth of a megabyte.
SCHEMA_BYTES_MAX = 16 << 20


@dataclass(frozen=True, slots=True)
class RehearsedCall:
    """One call that was made to the rehearsal.

    Attributes:
        call: Which.
        file: About which file, from 0.
        outcome: What came of it.
        why: What went wrong.
        size_bytes: Of the request, without a file.
        request_sha256: Of the whole of it, a file included, in hexadecimal.
        request: The document, or the form without the file.
    """

    call: Call
    file: int | None
    outcome: str
    why: str | None
    size_bytes: int
    request_sha256: str | None
    request: bytes


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of a rehearsal.

    Attributes:
        prepared: What was sent.
        calls: In order.
        course: How it ended.
        is_schema_checked: Whether every document was held against the service's own schema.
        files: Of each file that arrived: MD5 and size, as the rehearsal had them.
    """

    prepared: Prepared
    calls: tuple[RehearsedCall, ...]
    course: Course
    is_schema_checked: bool
    files: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the service answered.

    Attributes:
        way: Which desk.
        request_id: By what name the service keeps the question.
        schema: Its schema of reports.
    """

    way: Way
    request_id: str
    schema: bytes

    @property
    def schema_sha256(self) -> str:
        """Of the schema, in hexadecimal."""
        return hashlib.sha256(self.schema).hexdigest()


def rehearse(location: str, wanted: Wanted, *, channel: str, xsd: str | None = None) -> Rehearsed:
    """Compose a report, read its files, and send it all to a CyberTipline that runs in this process.

    Args:
        location: Path of the store, which is only read.
        wanted: What is reported.
        channel: Which way it would go.
        xsd: Path of the service's schema of reports; None to check the order of elements alone.

    Raises:
        UsageError: As for `prepare`; or the schema is none.
        StoreError: There is no store, or it cannot be read.
    """
    schema = None if xsd is None else _read_schema(xsd)
    prepared = prepare(location, wanted, channel=channel)
    with open_to_read(location) as store:
        ids = [file.finding for file in prepared.composed.files]
        findings = {one.id: one for one in stores.name_findings(store, ids)}
    return _rehearse(prepared, wanted, findings, schema)


def _rehearse(
    prepared: Prepared,
    wanted: Wanted,
    findings: dict[str, Finding],
    schema: Callable[[bytes], str | None] | None,
) -> Rehearsed:
    desk, record = Desk(now=time.monotonic, schema=schema), _Memory()
    composed = prepared.composed
    with (
        open_rehearsal(desk) as tip,
        Rereader(passwords=wanted.passwords, kept=wanted.kept, unsafe_no_sandbox=wanted.unsafe_no_sandbox) as rereader,
        DecidedMaterial(composed.report, composed.files, findings, rereader) as material,
    ):
        course = pursue(tip, material, record, now=lambda: datetime.now(UTC))
    arrived = tuple((md5, size) for filed in desk.filed for _, md5, size in filed.files)
    return Rehearsed(prepared, tuple(record.calls), course, schema is not None, arrived)


def check_connection(settings_path: str, *, is_production: bool, address: str | None = None) -> Checked:
    """Ask the service whether it is there and takes the credentials, and for its schema. Nothing is filed.

    Args:
        settings_path: Of the custodian's settings.
        is_production: Whether it is the desk that officers read.
        address: In place of the desk's own.

    Raises:
        UsageError: The settings cannot be read, or name a rehearsal.
        ExchangeError: There are no credentials, they are not taken, or no answer comes.
    """
    settings = read_settings(settings_path)
    way = way_of(settings, is_production=is_production)
    if way is REHEARSAL:
        raise UsageError(
            "a rehearsal is there only while something is sent: there is nothing to check",
            hint='environment = "test" in the settings',
        )
    with open_desk(settings, way, address=address) as tip:
        status = tip.status()
        schema = tip.schema()
    return Checked(way, status.request_id, schema.answer)


def save_schema(checked: Checked, path: str) -> None:
    """Write the service's schema to a new file.

    Raises:
        UsageError: The file exists.
        SourceError: It cannot be written.
    """
    with new_file(Path(path), SourceError) as file:
        file.write(checked.schema)


@dataclass(slots=True)
class _Memory:
    """The steps of a rehearsal: they are kept nowhere else."""

    calls: list[RehearsedCall] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)

    def steps(self) -> Sequence[Step]:
        return self._steps

    def turns(self) -> Turns:
        return Turns()

    def begin(self, call: Call, file: int | None) -> None:
        self._steps.append(Step(call, datetime.now(UTC), None, file))

    def end(self, ending: Ending) -> None:
        last, sent = self._steps[-1], ending.sent
        self._steps[-1] = Step(last.call, last.at, ending.outcome, last.file, ending.report_id, ending.file_id)
        request = b"" if sent is None else sent.request
        digest = None if sent is None else sent.request_sha256.hex()
        called = RehearsedCall(last.call, last.file, ending.outcome, ending.why, len(request), digest, request)
        self.calls.append(called)


def _read_schema(path: str) -> Callable[[bytes], str | None]:
    """A schema that documents are held against: says what is wrong with one, or nothing."""
    from lxml import etree

    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the schema {path}: {error.strerror}") from error
    if len(content) > SCHEMA_BYTES_MAX:
        raise UsageError(f"{path} has {len(content):,} bytes: it is no schema of reports")
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    try:
        schema = etree.XMLSchema(etree.fromstring(content, parser))
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise UsageError(f"{path} is no schema: {error}", hint="`unseen file check --save FILE` fetches it") from error

    def wrong(document: bytes) -> str | None:
        try:
            is_valid = schema.validate(etree.fromstring(document, parser))
        except etree.XMLSyntaxError as error:
            return str(error)
        return None if is_valid else str(schema.error_log)

    return wrong
