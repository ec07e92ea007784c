"""Letters that shall leave, and what came of each attempt. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("finding_id", sa.Text, sa.ForeignKey("findings.id"), nullable=False),
        sa.Column("verdict_id", sa.Integer, sa.ForeignKey("verdicts.id"), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("queued_by", sa.Text, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_s", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_until_s", sa.Integer, nullable=False, server_default="0"),
        sa.Column("claim_no", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("outbox_by_state", "outbox", ["state", "kind"])
    op.create_index("outbox_by_target", "outbox", ["channel", "target"])
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
    op.create_index("ix_deliveries_letter_id", "deliveries", ["letter_id"])
