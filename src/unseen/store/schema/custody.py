"""The tables of what was done with what cases hold, and of what is kept of found files."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from unseen.store.schema.tables import metadata

__all__ = ["custody_acts", "preserved"]

# Rows are added and never changed; whether a hold stands, or a file was viewed, follows from them.
custody_acts = Table(
    "custody_acts",
    metadata,
    # Number of its entry in the ledger.
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
    # The event that opened the case, where it is about one; the finding, where it is about one; or the whole store.
    Column("case_id", Integer),
    # Not deleted with its finding: that somebody viewed it cannot go by the way.
    Column("finding_id", ForeignKey("findings.id")),
    # The act that it follows.
    Column("answers", Integer),
    # Named persons, as given.
    Column("done_by", Text, nullable=False),
    Column("asked_by", Text),
    Column("text", Text),
    Column("extent", Text),
    Column("salt", LargeBinary(16), nullable=False),
    Index("acts_by_case", "case_id"),
    Index("acts_by_finding", "finding_id"),
)

# What is kept of found files: its bytes lie encrypted in a file of the store, and here is the key of that file, itself
# encrypted under the custodian's, which lies outside the store. Without its row a file is noise.
preserved = Table(
    "preserved",
    metadata,
    # Number of its entry in the ledger.
    Column("id", Integer, primary_key=True),
    Column("finding_id", ForeignKey("findings.id"), nullable=False, unique=True),
    Column("at_utc", Text, nullable=False),
    # Who had it kept and why; NULL where a scan did because the custodian had said so.
    Column("done_by", Text),
    Column("text", Text),
    # Of the content itself.
    Column("size_bytes", Integer, nullable=False),
    # Of the file that holds it encrypted, and its name.
    Column("file_sha256", LargeBinary(32), nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    # Which key of the custodian: a digest of it.
    Column("key_id", LargeBinary(8), nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
)
