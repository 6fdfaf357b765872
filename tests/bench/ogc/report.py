"""The page: what stands before its tables, and the table of what each server needs."""

from collections.abc import Mapping

from tests.bench.goals import Figures
from tests.bench.ogc.goals import KINDS, PEERS, ZOOMS

__all__ = ["HEAD", "PACKAGES", "table"]

PACKAGES = ("fastapi", "uvicorn", "shapely", "numba")
HEAD = """# OGC API benchmark

Written by `make bench-ogc`: tipg and pygeoapi on PostGIS and ours on the same {grids} grids of about 40 vertices, in
one run, each in a server process of its own with one worker, asked one request after the other by a client in another
process. {date}; {versions}; peers: {peers}. Milliseconds are CPU time of the server a request, with the backends of
PostgreSQL.

* **Items** are asked for without compression, **tiles** with gzip, as browsers do.
* A page of 1,000 items begins at a different place every time, a box is a different one every time.
* The peers encode a tile whenever it is asked for. Ours are encoded the **first time** and sent as they are, packed the
  **second time**, and then **kept**. So are those of pygeoapi as **files**: it only hands them out.
* tipg gives 10,000 grids of a tile at most, ours all that are not smaller than a step. Where a tile takes a server more
  than a second, those of farther zooms are left out (pygeoapi sets up a projection for each grid).
* tipg runs in uvicorn with uvloop, pygeoapi in gunicorn, its usual place; each with a connection to PostGIS that stays
  open, an index on the geometry, and no log.
"""


def table(figures: Figures) -> str:
    """Give what each server needs for each kind of request, in milliseconds, and how many times ours."""
    lines = ["| | ours | tipg | | pygeoapi | | as files | |", "|---|---|---|---|---|---|---|---|"]
    for kind, title in _kinds().items():
        ours = figures[f"ours_{kind}"]
        cells = [title, f"{ours:.3g}"]
        for peer in PEERS:
            theirs = figures.get(f"{peer}_{kind}")
            cells += ["", ""] if theirs is None else [f"{theirs:.3g}", f"{theirs / ours:.0f} ×"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(["## Milliseconds a request", "", *lines, ""])


def _kinds() -> Mapping[str, str]:
    found = {kind: title for kind, title in KINDS.items() if not kind.startswith("tile")}
    for z in ZOOMS:
        found |= {
            f"tile_z{z}_first": f"a tile at zoom {z}, the first time",
            f"tile_z{z}_second": "… the second time",
            f"tile_z{z}": "… kept",
        }
    return found
