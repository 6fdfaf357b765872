"""The head of the page, and what was used."""

HEAD = """# Beyond one machine

Written by `make bench-cluster`, each task in a process of its own. {date}; {versions}. CPU seconds are those of all
threads; compiling is not counted. MB are millions of bytes. What follows from it for a town, a province or the nation:
[capacity](../capacity.md).

"""

PACKAGES = ("numpy", "numba", "shapely", "pyarrow", "dask", "distributed")
