"""Events of cases. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "case_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("subject_kind", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("finding_id", sa.Text, sa.ForeignKey("findings.id")),
        sa.Column("facts", sa.Text),
        sa.Column("done_by", sa.Text),
        sa.Column("offered_to", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("due_at_utc", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("events_by_case", "case_events", ["case_id"])
    op.create_index("events_by_finding", "case_events", ["finding_id"])
    op.create_index(
        "cases_by_subject",
        "case_events",
        ["subject_kind", "subject"],
        sqlite_where=sa.text("subject IS NOT NULL"),
        postgresql_where=sa.text("subject IS NOT NULL"),
    )
