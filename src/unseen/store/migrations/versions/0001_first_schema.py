"""The ledger, lists, entries, scans, items, findings, verdicts. Frozen: later changes go into later revisions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    _make_ledger()
    _make_lists()
    _make_scans()
    _make_findings()
    _make_verdicts()


def _make_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("entry", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "openings",
        sa.Column("n", sa.Integer, sa.ForeignKey("ledger.n"), primary_key=True),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )


def _make_lists() -> None:
    op.create_table(
        "lists",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("list_class", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("added_at_utc", sa.Text, nullable=False),
        sa.Column("entry_count", sa.Integer, nullable=False),
        sa.Column("entries_sha256", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("list_id", sa.Integer, sa.ForeignKey("lists.id", ondelete="CASCADE"), nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("signal", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("labels", sa.Text),
    )
    op.create_index("entries_by_list", "entries", ["list_id", "signal"])


def _make_scans() -> None:
    op.create_table(
        "scans",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.LargeBinary(32), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("started_at_utc", sa.Text, nullable=False),
        sa.Column("finished_at_utc", sa.Text),
        sa.Column("seconds", sa.Text, nullable=False, server_default="0"),
        sa.Column("summary", sa.Text),
    )
    op.create_index("scans_by_key", "scans", ["key"])
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("scan_id", sa.Integer, sa.ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
        sa.Column("conditions", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("scan_id", sa.Integer, sa.ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
        sa.Column("locator", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("size_bytes", sa.Integer),
        sa.Column("sha256", sa.LargeBinary(32)),
        sa.Column("sha1", sa.LargeBinary(20)),
        sa.Column("md5", sa.LargeBinary(16)),
        sa.Column("pdq", sa.LargeBinary(32)),
        sa.Column("pdq_quality", sa.Integer),
        sa.Column("variants", sa.LargeBinary),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.UniqueConstraint("scan_id", "locator", name="one_row_per_item_and_scan"),
    )
    op.create_table(
        "not_screened",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_not_screened_item_id", "not_screened", ["item_id"])
    op.create_table(
        "object_versions",
        sa.Column("scan_id", sa.Integer, sa.ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("locator", sa.LargeBinary(16), primary_key=True),
        sa.Column("version", sa.LargeBinary(16), nullable=False),
    )


def _make_findings() -> None:
    op.create_table(
        "findings",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("locator", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("times", sa.Text),
        sa.Column("first_seen_at_utc", sa.Text, nullable=False),
        sa.UniqueConstraint("locator", "sha256", name="one_finding_per_item"),
    )
    op.create_table(
        "finding_matches",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("finding_id", sa.Text, sa.ForeignKey("findings.id", ondelete="CASCADE"), nullable=False),
        sa.Column("scan_id", sa.Integer, sa.ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
        sa.Column("list", sa.Text, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("signal", sa.Text, nullable=False),
        sa.Column("distance_bits", sa.Integer, nullable=False),
        sa.Column("how", sa.Text),
        sa.Column("ledger_n", sa.Integer, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("matches_by_scan", "finding_matches", ["scan_id", "finding_id"])
    op.create_index("matches_by_finding", "finding_matches", ["finding_id"])


def _make_verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("finding_id", sa.Text, sa.ForeignKey("findings.id"), nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("verdicts_by_finding", "verdicts", ["finding_id"])
    op.create_table(
        "verdict_matches",
        sa.Column("verdict_id", sa.Integer, sa.ForeignKey("verdicts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("list", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, primary_key=True),
        sa.Column("signal", sa.Text, primary_key=True),
        sa.Column("distance_bits", sa.Integer, primary_key=True),
    )
