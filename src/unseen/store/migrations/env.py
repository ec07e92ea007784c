"""Run the migrations on the connection that `unseen.store.engine` hands over; there is no other way to run them."""

from alembic import context

from unseen.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by copying it.
    render_as_batch=True,
)
context.run_migrations()
