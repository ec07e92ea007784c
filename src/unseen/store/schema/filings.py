"""The tables of reports to authorities: what was decided, every call that was made for it, and what came back."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from unseen.store.schema.tables import metadata

__all__ = ["filing_answers", "filing_decisions", "filing_files", "filing_policies", "filing_steps", "filings"]

# Which kinds of match of a list are filed without a person: the newest of a list and kind counts.
filing_policies = Table(
    "filing_policies",
    metadata,
    # Number of its entry in the ledger; so in every table here.
    Column("id", Integer, primary_key=True),
    Column("list", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("is_on", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
)

# What shall be reported, word for word as it was decided. Rows are added and never changed; so in every table here.
filings = Table(
    "filings",
    metadata,
    Column("id", Integer, primary_key=True),
    # The event that opened the case.
    Column("case_id", Integer, nullable=False, index=True),
    # JSON array of further ones, of a report about several accounts; or NULL.
    Column("more_cases", Text),
    # Which way it goes; the letter in the outbox says the same.
    Column("channel", Text, nullable=False),
    # JSON: the report without its files.
    Column("report", Text, nullable=False),
    # Name of a person, or NULL where a policy decided.
    Column("decided_by", Text),
    Column("reason", Text, nullable=False),
    Column("policy_id", ForeignKey("filing_policies.id")),
    Column("at_utc", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
)

# The findings that it is about, in order.
filing_files = Table(
    "filing_files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("filing_id", ForeignKey("filings.id"), nullable=False, index=True),
    # Not deleted with these: what was reported cannot go by the way.
    Column("finding_id", ForeignKey("findings.id"), nullable=False, index=True),
    # JSON: what is told of the file; NULL where the file itself does not go along.
    Column("details", Text),
    Column("salt", LargeBinary(16), nullable=False),
)

# What persons decided about it later.
filing_decisions = Table(
    "filing_decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("filing_id", ForeignKey("filings.id"), nullable=False, index=True),
    Column("decision", Text, nullable=False),
    # How many steps were on record then.
    Column("steps", Integer, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
)

# Calls that were about to be made.
filing_steps = Table(
    "filing_steps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("filing_id", ForeignKey("filings.id"), nullable=False, index=True),
    Column("call", Text, nullable=False),
    # Which of the files that go along, from 0; NULL for calls about the report.
    Column("file", Integer),
    Column("claim_no", Integer, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
)

# What came of them: one row for each, or none where nobody knows.
filing_answers = Table(
    "filing_answers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("step_id", ForeignKey("filing_steps.id"), nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    # HTTP's, where an answer came.
    Column("status", Integer),
    # The body as it was sent, without the file; and the digest of all that was sent.
    Column("request", LargeBinary),
    Column("request_sha256", LargeBinary(32)),
    # The body that came back, byte for byte: of the last call it is the receipt.
    Column("answer", LargeBinary),
    # By what name the service keeps the call, the report and the file.
    Column("request_id", Text),
    Column("report_id", Text),
    Column("file_id", Text),
    Column("why", Text),
    Column("salt", LargeBinary(16), nullable=False),
    Index("answers_by_step", "step_id", unique=True),
)
