"""What left the house says how far it knew of its case: what came later has not left with it. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column; of what was forwarded before it is empty, and covers all that there was."""
    op.add_column("case_events", sa.Column("answers", sa.Integer))
