"""What matches stand on, and how those of each list are weighed. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add columns at the end of a table, which rewrites no row, and a table."""
    for name in ("ground", "publisher", "marks"):
        op.add_column("finding_matches", sa.Column(name, sa.Text))
    op.create_table(
        "list_policies",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("list", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
    )
