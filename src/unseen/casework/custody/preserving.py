"""Contents of found files: kept encrypted where the custodian has said so, opened by nobody without a record of it.

Nothing of it is ever on the disk in clear. Each content has a key of its own, encrypted under the custodian's, in a row
of the store: an erasure deletes that row, and what is left of the file is noise.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from unseen import store as stores
from unseen.casework.custody.keys import ContentKey, load_content_key, make_content_key
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import key_folder
from unseen.casework.proof.recording import ledger_origin, open_recorded
from unseen.errors import SigningKeyError, UsageError
from unseen.model import ByteSource, CustodyAct, CustodyKind, Finding, Reason, UnreadError
from unseen.store import KEY_BYTES, Preserved, SealedSource, Store, Target

__all__ = ["Reread", "Tried", "is_preserving", "open_content", "preserve", "set_preserving"]

_CHUNK_BYTES = 1 << 20
_NAME_BYTES = 16

# Gives the bytes of a finding's file as they lie where it was found.
Reread = Callable[[Finding], AbstractContextManager[ByteSource]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of keeping the content of one finding.

    Attributes:
        finding: Its id.
        record: Number of the record that it is kept; None where it is not.
        size_bytes: Of the content; 0 where it is not kept.
        reason: Why it cannot be kept, or `already` where it is.
    """

    finding: str
    record: int | None
    size_bytes: int
    reason: str | None


def set_preserving(location: str, *, is_on: bool, by: str, reason: str) -> CustodyAct:
    """Say whether contents of found files are kept from now on. What is kept already stays until it is erased.

    Raises:
        UsageError: Name or reason are none.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with, or no key to contents can be made.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    values = {"by": stated_name(by), "text": stated_reason(reason), "extent": "on" if is_on else "off"}
    with open_recorded(location, create=False) as opened:
        if is_on:
            make_content_key(key_folder(), _origin(opened))
        kind = CustodyKind.PRESERVING_SET
        return stores.add_act(opened, kind, Target(), values=values, check=lambda *_: None, at_utc=now_utc())


def is_preserving(store: Store) -> CustodyAct | None:
    """The decision by which contents are kept; None where they are not."""
    newest = next(reversed(stores.acts_of_kinds(store, [CustodyKind.PRESERVING_SET])), None)
    return newest if newest is not None and newest.extent == "on" else None


def preserve(
    store: Store, findings: Iterable[Finding], reread: Reread, *, by: str | None = None, reason: str | None = None
) -> Iterator[Tried]:
    """Keep the contents of found files, read again where they lie.

    Args:
        store: Open for writing.
        findings: Which.
        reread: Reads them; what it gives is compared with the finding's digest while it is encrypted.
        by: Who asked for it; None where a scan does because the custodian has said so.
        reason: Why.

    Yields:
        What came of each, after it is on the disk.

    Raises:
        UsageError: The custodian has not turned it on.
        StoreError: The disk is full, or refuses; what was told until then is kept.
        SigningKeyError: The key to contents is not there.
    """
    if is_preserving(store) is None:
        raise UsageError(
            "contents are not kept in this store", hint="`unseen case preserving on` says so, with name and reason"
        )
    key = _key(store)
    stores.sweep_contents(store)
    for finding in findings:
        if finding.id in stores.preserved_of(store, [finding.id]):
            yield Tried(finding=finding.id, record=None, size_bytes=0, reason="already")
            continue
        try:
            with reread(finding) as source:
                yield _preserve(store, finding, source, key, by=by, reason=reason)
        except UnreadError as error:
            yield Tried(finding=finding.id, record=None, size_bytes=0, reason=error.reason.value)


@contextmanager
def open_content(store: Store, finding: Finding, *, by: str, reason: str) -> Iterator[ByteSource]:
    """Give the content that is kept of a finding, decrypted as it is read. That it is opened is on record before.

    Every piece is authenticated. The digest of the whole is for the reader to compare, who may read a part.

    Args:
        store: Open for writing.
        finding: Whose content; see `unseen.store.preserved_of` for whether it is kept.
        by: Who opens it, or for whom.
        reason: Why.

    Raises:
        UsageError: It is not kept; name or reason are none.
        UnreadError: The file is gone, or was altered; also while it is read.
        StoreError: The store cannot be written.
        SigningKeyError: The key to contents is not there, or is another.
    """
    kept = stores.preserved_of(store, [finding.id]).get(finding.id)
    if kept is None:
        raise UsageError(f"the content of finding {finding.id} is not kept", hint="`unseen case preserve` keeps it")
    key, belongs_to = _key(store, kept.key_id), _belongs_to(finding)
    values = {"by": stated_name(by), "text": stated_reason(reason)}
    kind, target = CustodyKind.CONTENT_OPENED, Target(finding=finding.id)
    stores.add_act(store, kind, target, values=values, check=lambda *_: None, at_utc=now_utc())
    try:
        descriptor = os.open(stores.content_path(store, kept.file_sha256), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise UnreadError(Reason.UNREADABLE) from error
    try:
        own = key.unwrap(kept.wrapped_key, belongs_to=belongs_to)
        yield SealedSource(descriptor, own, size_bytes=kept.size_bytes, belongs_to=belongs_to)
    finally:
        os.close(descriptor)


def _preserve(
    store: Store, finding: Finding, source: ByteSource, key: ContentKey, *, by: str | None, reason: str | None
) -> Tried:
    own, belongs_to = os.urandom(KEY_BYTES), _belongs_to(finding)
    with stores.keeping(store):
        name = os.urandom(_NAME_BYTES).hex()
        sealed = stores.keep_content(store, own, _chunks(source), belongs_to=belongs_to, name=name)
        if sealed.sha256 != finding.sha256:
            # What lies there now was never matched: its file goes with the next sweep, and its key went just now.
            stores.content_path(store, sealed.file_sha256).unlink(missing_ok=True)
            raise UnreadError(Reason.CHANGED)
        kept = Preserved(
            finding_id=finding.id,
            size_bytes=sealed.size_bytes,
            file_sha256=sealed.file_sha256,
            wrapped_key=key.wrap(own, belongs_to=belongs_to),
            key_id=key.id,
            at_utc=now_utc(),
            done_by=by,
            text=reason,
        )
        record = stores.record_preserved(store, kept)
    return Tried(finding=finding.id, record=record, size_bytes=sealed.size_bytes, reason=None)


def _chunks(source: ByteSource) -> Iterator[bytes]:
    at = 0
    while at < source.size_bytes:
        chunk = source.read_at(at, min(_CHUNK_BYTES, source.size_bytes - at))
        if not chunk:
            raise UnreadError(Reason.CHANGED)
        at += len(chunk)
        yield chunk


def _belongs_to(finding: Finding) -> bytes:
    return finding.id.encode() + finding.sha256


def _key(store: Store, key_id: bytes | None = None) -> ContentKey:
    folder, origin = key_folder(), _origin(store)
    key = load_content_key(folder, origin)
    if key is None or key_id not in {None, key.id}:
        what = "is not in" if key is None else "is not the one that it was kept under, in"
        raise SigningKeyError(
            f"the key to the contents of {origin} {what} {folder}",
            hint="restore it from its copy: without it nobody can read what is kept",
        )
    return key


def _origin(store: Store) -> str:
    origin = ledger_origin(store)
    assert origin is not None
    return origin
