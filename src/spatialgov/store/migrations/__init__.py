"""Changes of the schema, in the order in which they were released; Alembic runs them."""
