"""Items whose hashes were not kept, or not any more, are counted without reading all items. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the index; of most stores it holds nothing."""
    gone = sa.text("hashes_sha256 IS NOT NULL AND hash_salt IS NULL")
    op.create_index(
        "items_without_hashes", "items", ["scan_id", "hashes_sha256"], sqlite_where=gone, postgresql_where=gone
    )
