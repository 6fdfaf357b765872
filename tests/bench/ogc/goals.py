"""What the benchmark must show."""

from tests.bench.goals import Figures, Goal, ratio

__all__ = ["GOALS", "KINDS", "PEERS", "ZOOMS"]

PEERS = {"tipg": "tipg", "pygeoapi": "pygeoapi", "files": "pygeoapi serving tiles as files"}
"""Server in the names of figures → what it is. The last has nothing to encode: it is for tiles that are kept."""
ZOOMS = range(17)
"""Those that our TileJSON lists."""
KINDS = {
    "items_1000": "1,000 items",
    "items_bbox": "some 25 items by bbox",
    "item": "one item",
    "tile_z10_first": "a tile at zoom 10, the first time",
    "tile_z12_first": "a tile at zoom 12, the first time",
}
_TIMES = 20
_TOO_SLOW = {("pygeoapi", "tile_z10_first")}
"""Half a minute for a tile."""


def _least(peer: str, figures: Figures) -> float:
    """Give the least ratio over all zooms that were measured, for tiles that are asked for again."""
    zooms = [z for z in ZOOMS if f"{peer}_tile_z{z}" in figures] or [ZOOMS[-1]]
    return min(figures[f"{peer}_tile_z{z}"] / figures[f"ours_tile_z{z}"] for z in zooms)


def _goals() -> list[Goal]:
    found = []
    for peer in ("tipg", "pygeoapi"):
        found += [
            Goal(f"{title}: at least 20 × the requests of {PEERS[peer]} per CPU second",
                 ratio(f"{peer}_{kind}", f"ours_{kind}"), _TIMES)
            for kind, title in KINDS.items()
            if (peer, kind) not in _TOO_SLOW
        ]  # fmt: skip
        must = f"a tile that was asked for before, at every zoom of the TileJSON: at least 20 × those of {PEERS[peer]}"
        found.append(Goal(must, lambda figures, peer=peer: _least(peer, figures), _TIMES))  # type: ignore[misc]
    return found


GOALS = _goals()
