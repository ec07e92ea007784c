"""Hashes by which altered copies were found are kept with their items. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column; older versions looked for no altered copies."""
    op.add_column("items", sa.Column("altered", sa.LargeBinary))
