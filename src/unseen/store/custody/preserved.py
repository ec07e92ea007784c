"""Which content of found files is kept: its key, and the file that holds it encrypted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select

from unseen.errors import UsageError
from unseen.store.engine import Store
from unseen.store.ledger.custody import preserved_value
from unseen.store.ledger.entries import record
from unseen.store.schema import findings, preserved

__all__ = ["Preserved", "preserved_of", "record_preserved"]

_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Preserved:
    """The content of a found file, as it is kept.

    Attributes:
        finding_id: Of the finding; its SHA-256 is that of the content.
        size_bytes: Of the content.
        file_sha256: SHA-256 of the file that holds it encrypted, and its name.
        wrapped_key: The key of that file, encrypted under a key of the custodian's.
        key_id: Which key of the custodian's.
        at_utc: Since when it is kept, in ISO 8601.
        done_by: Who had it kept; None where a scan did.
        text: Why.
    """

    finding_id: str
    size_bytes: int
    file_sha256: bytes
    wrapped_key: bytes
    key_id: bytes
    at_utc: str
    done_by: str | None = None
    text: str | None = None


def record_preserved(store: Store, kept: Preserved) -> int:
    """Record that a content is kept. Its file lies in the store by now; gives the number of the record.

    Raises:
        UsageError: The content of this finding is kept already, or the finding is gone.
        StoreError: The store cannot be written.
    """
    row = asdict(kept)
    with record(store, at_utc=kept.at_utc) as page:
        if page.connection.scalars(select(findings.c.id).where(findings.c.id == kept.finding_id)).first() is None:
            raise UsageError(f"finding {kept.finding_id} was erased meanwhile")
        if page.connection.scalars(select(preserved.c.id).where(preserved.c.finding_id == kept.finding_id)).first():
            raise UsageError(f"the content of finding {kept.finding_id} is kept already")
        number, salt = page.commit_to("content_preserved", {"size_bytes": kept.size_bytes}, preserved_value(row))
        page.connection.execute(insert(preserved).values(id=number, salt=salt, **row))
    return number


def preserved_of(store: Store, findings: Sequence[str]) -> dict[str, Preserved]:
    """Give what is kept of these findings, by id."""
    found: dict[str, Preserved] = {}
    columns: list[Any] = [preserved.c[name] for name in Preserved.__dataclass_fields__]
    with store.read() as connection:
        for at in range(0, len(findings), _IDS_AT_ONCE):
            of_some = preserved.c.finding_id.in_(list(findings[at : at + _IDS_AT_ONCE]))
            for row in connection.execute(select(*columns).where(of_some)).mappings():
                found[row["finding_id"]] = Preserved(**dict(row))
    return found
