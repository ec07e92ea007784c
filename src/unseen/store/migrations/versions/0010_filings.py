"""Filings with every call made for them; and letters that rest on a filing, not on a verdict. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_OUTBOX = (
    "id, kind, channel, target, finding_id, verdict_id, content, queued_by, at_utc, salt, state, due_s, lease_until_s,"
    " claim_no"
)
_DELIVERIES = "id, letter_id, claim_no, at_utc, outcome, status, answer, salt"


def upgrade() -> None:
    """Make the tables, and let a letter rest on something else."""
    _make_filings()
    _make_steps()
    if op.get_bind().dialect.name == "sqlite":
        _make_letters_anew()
    else:
        op.alter_column("outbox", "finding_id", nullable=True)
        op.alter_column("outbox", "verdict_id", nullable=True)
        op.add_column("outbox", sa.Column("filing_id", sa.Integer, sa.ForeignKey("filings.id")))
    op.create_index("outbox_by_filing", "outbox", ["filing_id"])


def _make_filings() -> None:
    op.create_table(
        "filing_policies",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("list", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("is_on", sa.Integer, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_table(
        "filings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("more_cases", sa.Text),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("policy_id", sa.Integer, sa.ForeignKey("filing_policies.id")),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("ix_filings_case_id", "filings", ["case_id"])
    op.create_table(
        "filing_files",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("filing_id", sa.Integer, sa.ForeignKey("filings.id"), nullable=False),
        sa.Column("finding_id", sa.Text, sa.ForeignKey("findings.id"), nullable=False),
        sa.Column("details", sa.Text),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("ix_filing_files_filing_id", "filing_files", ["filing_id"])
    op.create_index("ix_filing_files_finding_id", "filing_files", ["finding_id"])


def _make_steps() -> None:
    op.create_table(
        "filing_decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("filing_id", sa.Integer, sa.ForeignKey("filings.id"), nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("ix_filing_decisions_filing_id", "filing_decisions", ["filing_id"])
    op.create_table(
        "filing_steps",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("filing_id", sa.Integer, sa.ForeignKey("filings.id"), nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("file", sa.Integer),
        sa.Column("claim_no", sa.Integer, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("ix_filing_steps_filing_id", "filing_steps", ["filing_id"])
    op.create_table(
        "filing_answers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("step_id", sa.Integer, sa.ForeignKey("filing_steps.id"), nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("request", sa.LargeBinary),
        sa.Column("request_sha256", sa.LargeBinary(32)),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("request_id", sa.Text),
        sa.Column("report_id", sa.Text),
        sa.Column("file_id", sa.Text),
        sa.Column("why", sa.Text),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("answers_by_step", "filing_answers", ["step_id"], unique=True)


def _make_letters_anew() -> None:
    """SQLite lets no column become empty that must not be: both tables are copied, and nothing refers to the old."""
    for index, table in (
        ("outbox_by_state", "outbox"),
        ("outbox_by_target", "outbox"),
        ("ix_deliveries_letter_id", "deliveries"),
    ):
        op.drop_index(index, table)
    op.rename_table("deliveries", "deliveries_before")
    op.rename_table("outbox", "outbox_before")
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("finding_id", sa.Text, sa.ForeignKey("findings.id")),
        sa.Column("verdict_id", sa.Integer, sa.ForeignKey("verdicts.id")),
        sa.Column("filing_id", sa.Integer, sa.ForeignKey("filings.id")),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("queued_by", sa.Text, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_s", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_until_s", sa.Integer, nullable=False, server_default="0"),
        sa.Column("claim_no", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("letter_id", sa.Integer, sa.ForeignKey("outbox.id"), nullable=False),
        sa.Column("claim_no", sa.Integer, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    for table, columns in (("outbox", _OUTBOX), ("deliveries", _DELIVERIES)):
        op.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}_before")  # noqa: S608 -- our own names
    op.drop_table("deliveries_before")
    op.drop_table("outbox_before")
    op.create_index("outbox_by_state", "outbox", ["state", "kind"])
    op.create_index("outbox_by_target", "outbox", ["channel", "target"])
    op.create_index("ix_deliveries_letter_id", "deliveries", ["letter_id"])
