"""What is done with what cases hold, and what is kept of found files. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "custody_acts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("case_id", sa.Integer),
        sa.Column("finding_id", sa.Text, sa.ForeignKey("findings.id")),
        sa.Column("answers", sa.Integer),
        sa.Column("done_by", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("extent", sa.Text),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("acts_by_case", "custody_acts", ["case_id"])
    op.create_index("acts_by_finding", "custody_acts", ["finding_id"])
    op.create_table(
        "preserved",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("finding_id", sa.Text, sa.ForeignKey("findings.id"), nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("done_by", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.LargeBinary(8), nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.UniqueConstraint("finding_id"),
    )
