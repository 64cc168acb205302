"""Runs the steps on the connection that `reference_app.database.engine` opened."""

from alembic import context

from reference_app.database.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite alters a table by writing it anew
)
with context.begin_transaction():
    context.run_migrations()
