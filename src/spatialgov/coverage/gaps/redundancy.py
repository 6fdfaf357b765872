"""How many posts see the same, and what goes dark when one of them fails."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.demand.demands import DEMAND_KINDS
from spatialgov.coverage.demand.stretches import cuts_of
from spatialgov.coverage.gaps.states import States
from spatialgov.coverage.sight.isovists import polygonal
from spatialgov.coverage.sight.shapes import in_degrees, no_shapes
from spatialgov.time_limit import check_time

__all__ = ["MOST_POSTS", "Redundancy", "redundancy"]

MOST_POSTS = 3
"""What is seen from this many posts or more is not told apart."""

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_AMOUNTS = {"ground": "size_m2", "road": "size_m", "place": "places", "population": "people", "incident": "incidents"}


@dataclass(frozen=True, eq=False)
class Redundancy:
    """How often what is covered for certain is covered, by posts: the cameras of one pole fail together.

    Attributes
    ----------
    shares
        A row an area and kind: ``level``, ``code``, ``name``, ``kind``, ``unit``, ``should_be_seen``; ``posts_1``,
        ``posts_2``, ``posts_3``, what is seen from so many different posts or more; ``share_1``, ``share_2``,
        ``share_3`` of what should be seen, NaN where there is nothing.
    layers
        EPSG:4326: the ground of each area (``code``) seen from exactly ``posts`` posts (`MOST_POSTS`: or more),
        ``size_m2``.
    posts
        A row a post with a camera that works, the weightiest first: ``post``, ``camera_ids``, ``cameras``,
        ``seen_m2``, and what only it sees: ``size_m2``, ``size_m``, ``places``, ``people``, ``incidents``, ``weight``
        (thousandths); geometry, EPSG:4326: the ground that goes dark when it fails.
    """

    shares: pd.DataFrame
    layers: gpd.GeoDataFrame
    posts: gpd.GeoDataFrame


def redundancy(states: States, *, level: str | None = None, weights: Mapping[str, float] | None = None) -> Redundancy:
    """Count the posts that see the same for certain.

    Parameters
    ----------
    states
        From `states_of`.
    level
        Of the shares: see `measure`.
    weights
        Of what goes dark: see `Demands.unit_weights`.
    """
    number, name = np.unique(states.sight.views.table["post"].to_numpy(), return_inverse=True)
    ground = _Ground.of(states, name, len(number))
    lines, points = _lines(states, name), _points(states, name)
    only = {kind: np.zeros(len(number)) for kind in DEMAND_KINDS}
    np.add.at(only["ground"], ground.post, shapely.area(ground.dark))
    for counted in (lines, points):
        once = counted[counted["posts"] == 1]
        for kind, rows in once.groupby("kind"):
            np.add.at(only[str(kind)], rows["post"].to_numpy(dtype=np.int64), rows["amount"].to_numpy())
    crs = states.demands.crs
    layers = ground.layers(states.demands.areas.frame["code"].to_numpy(dtype=object))
    return Redundancy(
        _shares(states, level or states.demands.areas.level, ground, pd.concat([lines, points])),
        in_degrees(layers.drop(columns="geometry"), layers["geometry"].to_numpy(), crs),
        _post_table(states, number, name, ground, only, states.demands.unit_weights(weights)),
    )


@dataclass(frozen=True, eq=False)
class _Ground:
    """Ground by the number of posts that see it.

    Attributes
    ----------
    by
        (areas, MOST_POSTS) polygons: seen from at least 1, 2, 3 posts.
    area, post
        (k,) int64: pairs of an area and a post that sees some of it.
    seen, dark
        (k,) polygons: what it sees there, and what only it sees.
    """

    by: Shapes
    area: Ints
    post: Ints
    seen: Shapes
    dark: Shapes

    @classmethod
    def of(cls, states: States, name: Ints, n_posts: int) -> "_Ground":
        """Overlay what the posts see."""
        working = np.flatnonzero(states.working)
        shapes = no_shapes(n_posts)
        order = working[np.argsort(name[working], kind="stable")]
        posts, first = np.unique(name[order], return_index=True)
        for post, cameras in zip(posts, np.split(order, first[1:])[: len(posts)], strict=True):
            shapes[post] = shapely.union_all(states.sight.certain[cameras])
        # No view reaches into a house, so what lies in an area is on its ground.
        outline = states.demands.outline
        area, post = shapely.STRtree(shapes).query(outline, predicate="intersects")
        seen = polygonal(shapely.intersection(outline[area], shapes[post]))
        x_m, y_m = shapely.bounds(shapes)[post, :2].T
        order = np.lexsort((y_m, x_m, area))
        area, post, seen = area[order], post[order], seen[order]
        by = no_shapes(len(outline), MOST_POSTS)
        areas, first = np.unique(area, return_index=True)
        for i, own in zip(areas, np.split(seen, first[1:])[: len(areas)], strict=True):
            check_time()
            by[i] = _at_least(own)
        return cls(by, area, post, seen, polygonal(shapely.difference(seen, by[area, 1])))

    def layers(self, codes: npt.NDArray[np.object_]) -> pd.DataFrame:
        """Tell apart what is seen from exactly 1, 2, … posts."""
        exactly = self.by.copy()
        exactly[:, :-1] = shapely.difference(self.by[:, :-1], self.by[:, 1:])
        area, posts = np.nonzero(~shapely.is_empty(exactly))
        shape = polygonal(exactly[area, posts])
        return pd.DataFrame(
            {"code": codes[area], "posts": posts + 1, "size_m2": shapely.area(shape), "geometry": shape}
        )


def _at_least(shapes: Shapes) -> Shapes:
    """Give what lies in at least 1, 2, … `MOST_POSTS` of the shapes, by halves: near ones should be neighbours."""
    if len(shapes) == 1:
        return np.concatenate([shapes, no_shapes(MOST_POSTS - 1)])
    half = len(shapes) // 2
    one, two = _at_least(shapes[:half]), _at_least(shapes[half:])
    found = np.empty(MOST_POSTS, dtype=object)
    for k in range(MOST_POSTS):
        # At least k of all: k of one half, or i of one and k - i of the other.
        both = shapely.intersection(one[:k], two[:k][::-1])
        found[k] = shapely.union_all(polygonal(np.concatenate([[one[k], two[k]], both])))
    return polygonal(found)


def _lines(states: States, name: Ints) -> pd.DataFrame:
    """Give the pieces of road that should be seen: kind, area, amount, posts that see it, and the one if it is one."""
    roads = states.demands.roads
    by_post = states.certain.stretches.of(states.working).named(name)
    cuts = np.unique(np.concatenate([roads.cuts, cuts_of(roads.axis, by_post)]))
    area = roads.area[np.searchsorted(roads.cuts, cuts[:-1], side="right") - 1]
    begins, ends = np.searchsorted(cuts, by_post.low), np.searchsorted(cuts, by_post.high)
    posts, total = (
        np.cumsum(np.bincount(begins, by, len(cuts)) - np.bincount(ends, by, len(cuts)))[:-1].astype(np.int64)
        for by in (np.ones(len(by_post.shape)), by_post.shape.astype(np.float64))
    )
    counts = area >= 0
    table = {"kind": "road", "area": area, "amount": np.diff(cuts), "posts": posts, "post": total}
    return pd.DataFrame(table)[counts]


def _points(states: States, name: Ints) -> pd.DataFrame:
    """Give the points that should be seen: the same columns."""
    points = states.demands.points
    sees = states.working[states.certain.camera]
    pairs = np.unique(np.column_stack([states.certain.point, name[states.certain.camera]])[sees], axis=0)
    n = len(points)
    posts = np.bincount(pairs[:, 0], minlength=n)
    total = np.bincount(pairs[:, 0], pairs[:, 1], n).astype(np.int64)
    return points[["kind", "area", "amount"]].assign(posts=posts, post=total)


def _shares(states: States, level: str, ground: _Ground, counted: pd.DataFrame) -> pd.DataFrame:
    areas = states.demands.areas
    codes = areas.codes_at(level)
    names = [f"posts_{k}" for k in range(1, MOST_POSTS + 1)]
    grounds = pd.DataFrame(shapely.area(ground.by), columns=names).assign(
        kind="ground", area=np.arange(len(codes)), should_be_seen=shapely.area(states.demands.ground)
    )
    amount, posts = counted["amount"].to_numpy(), counted["posts"].to_numpy()
    others = counted[["kind", "area"]].assign(
        should_be_seen=amount, **{name: amount * (posts >= k) for k, name in enumerate(names, 1)}
    )
    parts = pd.concat([grounds, others], ignore_index=True)
    parts = parts.assign(code=codes[parts["area"].to_numpy(dtype=np.int64)])
    sums = parts.groupby(["code", "kind"])[["should_be_seen", *names]].sum()
    every = pd.MultiIndex.from_product([list(dict.fromkeys(codes)), list(DEMAND_KINDS)], names=["code", "kind"])
    table = sums.reindex(every, fill_value=0.0).reset_index()
    total = table["should_be_seen"].to_numpy()
    shares = {
        f"share_{k}": np.divide(table[name].to_numpy(), total, out=np.full(len(table), np.nan), where=total > 0)
        for k, name in enumerate(names, 1)
    }
    table = table.assign(
        level=level, name=areas.names_of(table["code"]), unit=table["kind"].map(DEMAND_KINDS), **shares
    )
    return table[["level", "code", "name", "kind", "unit", "should_be_seen", *names, *shares]]


def _post_table(
    states: States, number: Ints, name: Ints, ground: _Ground, only: Mapping[str, Floats], per_unit: Mapping[str, float]
) -> gpd.GeoDataFrame:
    working = np.flatnonzero(states.working)
    ids = states.sight.views.table["camera_id"].astype(str).to_numpy()[working]
    posts = pd.Series(ids).groupby(name[working]).agg(["size", ", ".join])
    seen_m2 = np.bincount(ground.post, shapely.area(ground.seen), len(number))
    dark = no_shapes(len(number))
    order = np.argsort(ground.post, kind="stable")
    posts_dark, first = np.unique(ground.post[order], return_index=True)
    for post, rows in zip(posts_dark, np.split(order, first[1:])[: len(posts_dark)], strict=True):
        dark[post] = shapely.union_all(ground.dark[rows])
    own = posts.index.to_numpy(dtype=np.int64)
    table = pd.DataFrame(
        {
            "post": number[own],
            "camera_ids": posts["join"].to_numpy(),
            "cameras": posts["size"].to_numpy(),
            "seen_m2": seen_m2[own],
            **{_AMOUNTS[kind]: amount[own] for kind, amount in only.items()},
            "weight": sum(amount[own] * per_unit[kind] for kind, amount in only.items()),
        }
    )
    order = np.lexsort((-table["seen_m2"], -table["weight"]))
    return in_degrees(table.iloc[order].reset_index(drop=True), dark[own][order], states.demands.crs)
