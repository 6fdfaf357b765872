"""What the benchmark must show."""

from tests.bench.goals import Goal, ratio

__all__ = ["GOALS"]

_KINDS = {
    "items_1000": "1,000 items",
    "items_bbox": "some 25 items by bbox",
    "tile_z12": "a tile at zoom 12",
    "tile_z10": "a tile at zoom 10",
}

GOALS = [
    Goal(
        f"{title}: at least 20 × the requests of {peer} per CPU second",
        ratio(f"{peer}_{kind}_ms", f"ours_{kind}_ms"),
        20,
    )
    for kind, title in _KINDS.items()
    for peer in ("tipg", "pygeoapi")
]
