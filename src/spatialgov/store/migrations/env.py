"""Alembic's entry: runs the revisions on the connection, and in the transaction, of `spatialgov.store.schema`."""

from alembic import context

from spatialgov.store.schema import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
