"""Changes of the schema, oldest first; run by Alembic inside the one transaction of `unseen.store.engine`."""
