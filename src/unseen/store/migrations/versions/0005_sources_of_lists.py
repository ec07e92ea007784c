"""Where lists are fetched from. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add one table."""
    op.create_table(
        "list_sources",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("list", sa.Text, nullable=False),
        sa.Column("exchange", sa.Text),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("sources_by_list", "list_sources", ["list"])
