"""What the page says before its tables."""

__all__ = ["HEAD", "PACKAGES"]

HEAD = """# Coverage benchmark

Written by `make bench-coverage`: the peers and ours on the same cameras and cities in one run, each task in a process
of its own. {date}; {versions}. CPU seconds are those of all threads; compiling is not counted.

"""
PACKAGES = ("numpy", "scipy", "numba", "shapely", "visilibity", "pyvispoly", "highspy", "spopt")
