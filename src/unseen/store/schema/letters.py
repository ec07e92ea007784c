"""The tables of what shall leave, and of what came of it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from unseen.store.schema.tables import metadata

__all__ = ["deliveries", "outbox"]

# What shall leave, because a named person said so. Three columns are working notes of whoever has a letter in hand: no
# record speaks of them.
outbox = Table(
    "outbox",
    metadata,
    # Number of its entry in the ledger.
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    # Which way it goes, and what it is about: letters of one target leave one after the other.
    Column("channel", Text, nullable=False),
    Column("target", Text, nullable=False),
    # What it rests on: a verdict on a finding, or a filing. Not deleted with these: what was sent cannot go by the way.
    Column("finding_id", ForeignKey("findings.id")),
    Column("verdict_id", ForeignKey("verdicts.id")),
    Column("filing_id", ForeignKey("filings.id")),
    # JSON: all that leaves.
    Column("content", Text, nullable=False),
    Column("queued_by", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    # `pending`, or what `deliveries`, a record that it was overtaken, or the decisions about its filing say.
    Column("state", Text, nullable=False),
    # In seconds since 1970 by the clock of SQL: when it is to be tried, and until when nobody else may.
    Column("due_s", Integer, nullable=False, server_default="0"),
    Column("lease_until_s", Integer, nullable=False, server_default="0"),
    # Grows with each claim, so that a claim that has lapsed can be told from the present one.
    Column("claim_no", Integer, nullable=False, server_default="0"),
    Index("outbox_by_state", "state", "kind"),
    Index("outbox_by_target", "channel", "target"),
    Index("outbox_by_filing", "filing_id"),
)

# What came of each attempt, and the receipt. Rows are added and never changed.
deliveries = Table(
    "deliveries",
    metadata,
    # Number of its entry in the ledger.
    Column("id", Integer, primary_key=True),
    Column("letter_id", ForeignKey("outbox.id"), nullable=False, index=True),
    Column("claim_no", Integer, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    # HTTP's, where an answer came.
    Column("status", Integer),
    Column("answer", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
)
