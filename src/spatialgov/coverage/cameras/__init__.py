"""Device positions and what their figures say that they see: tables, catalogues and tags of any source."""
