"""One module a revision. A released one is never changed, and imports nothing from the models."""
