"""Entries are added and withdrawn, with publisher and opinions; what is staged. Frozen: see 0001."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make both tables of lists anew, so that they are spelled as those of a new store, and add the others."""
    if op.get_bind().dialect.name == "sqlite":
        _widen_lists()
        _widen_entries()
        op.drop_table("old_entries")
        op.drop_table("old_lists")
    else:
        _add_columns()
    _make_opinions()
    _make_decisions()
    _make_staging()
    op.create_index("matches_by_entry", "finding_matches", ["list", "entry"])


def _add_columns() -> None:
    # No store on a server is so old: these tables are empty.
    op.add_column("lists", sa.Column("version", sa.Integer, nullable=False))
    for name in ("publisher", "published_at"):
        op.add_column("entries", sa.Column(name, sa.Text))
    op.add_column("entries", sa.Column("added_n", sa.Integer, nullable=False))
    op.add_column("entries", sa.Column("withdrawn_n", sa.Integer))
    _index_entries()


def _widen_lists() -> None:
    op.drop_index("entries_by_list", "entries")
    op.rename_table("lists", "old_lists")
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
        sa.Column("version", sa.Integer, nullable=False),
    )
    columns = "id, name, list_class, format, origin, sha256, added_at_utc, entry_count, entries_sha256"
    op.execute(f"INSERT INTO lists ({columns}, version) SELECT {columns}, id FROM old_lists")  # noqa: S608  # constants of ours only


def _widen_entries() -> None:
    op.rename_table("entries", "old_entries")
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("list_id", sa.Integer, sa.ForeignKey("lists.id", ondelete="CASCADE"), nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("signal", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("labels", sa.Text),
        sa.Column("publisher", sa.Text),
        sa.Column("published_at", sa.Text),
        sa.Column("added_n", sa.Integer, nullable=False),
        sa.Column("withdrawn_n", sa.Integer),
    )
    columns = "id, list_id, entry, signal, value, labels"
    op.execute(
        f"INSERT INTO entries ({columns}, added_n) SELECT {columns}, list_id FROM old_entries"  # noqa: S608  # constants of ours only
    )
    op.create_index("entries_by_list", "entries", ["list_id", "signal"])
    _index_entries()


def _index_entries() -> None:
    _make_partial("entries_by_publisher", ["list_id", "entry", "publisher"], "publisher IS NOT NULL")
    _make_partial("entries_withdrawn", ["list_id", "entry", "withdrawn_n"], "withdrawn_n IS NOT NULL")


def _make_partial(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "entries", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _make_opinions() -> None:
    op.create_table(
        "opinions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("list_id", sa.Integer, sa.ForeignKey("lists.id", ondelete="CASCADE"), nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("publisher", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("stance", sa.Text, nullable=False),
        sa.Column("signal", sa.Text),
        sa.Column("reasons", sa.Text),
        sa.Column("added_n", sa.Integer, nullable=False),
        sa.Column("withdrawn_n", sa.Integer),
    )
    op.create_index("opinions_by_entry", "opinions", ["list_id", "entry", "publisher"])


def _make_decisions() -> None:
    op.create_table(
        "entry_decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("list_id", sa.Integer, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at_utc", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("decisions_by_entry", "entry_decisions", ["list_id", "entry"])


def _make_staging() -> None:
    op.create_table(
        "syncs",
        sa.Column("list", sa.Text, primary_key=True),
        sa.Column("checkpoint", sa.Text, nullable=False),
        sa.Column("begins_anew", sa.Integer, nullable=False),
        sa.Column("is_complete", sa.Integer, nullable=False),
    )
    op.create_table(
        "staged",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("list", sa.Text, sa.ForeignKey("syncs.list", ondelete="CASCADE"), nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("publisher", sa.Text, nullable=False),
        sa.Column("published_at", sa.Text),
        sa.Column("content", sa.Text),
        sa.Column("is_refused", sa.Integer, nullable=False),
    )
    op.create_index("ix_staged_list", "staged", ["list"])
