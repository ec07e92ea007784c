"""What only PostgreSQL understands. Importing this imports its driver."""

from unseen.store.engine.postgresql.server import PostgreSQL

__all__ = ["PostgreSQL"]
