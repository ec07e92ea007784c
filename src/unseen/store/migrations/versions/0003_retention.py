"""Hashes of items that matched nothing can be erased without their rows; rechecks. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add columns at the ends of tables, which rewrites no row: there may be a hundred million."""
    op.add_column("scans", sa.Column("keep_days", sa.Integer))
    op.add_column("scans", sa.Column("hashes_due_utc", sa.Text))
    op.add_column("scans", sa.Column("is_recheck", sa.Integer, nullable=False, server_default="0"))
    op.add_column("items", sa.Column("plugged_in", sa.Text))
    op.add_column("items", sa.Column("hash_salt", sa.LargeBinary(16)))
    op.add_column("items", sa.Column("hashes_sha256", sa.LargeBinary(32)))
