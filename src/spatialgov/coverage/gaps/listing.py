"""Gaps as objects: patches of ground and pieces of road that are not covered, each with one reason."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.demand.stretches import Axis, Stretches, times_in
from spatialgov.coverage.gaps.causes import REASONS, Causes
from spatialgov.coverage.gaps.states import COVERED, GAP, UNCERTAIN, States
from spatialgov.coverage.sight.overlay import union_by_area
from spatialgov.coverage.sight.shapes import in_degrees, point_shapes

__all__ = [
    "LARGEST_M",
    "LEAST_M",
    "LEAST_M2",
    "GapParts",
    "Pieces",
    "gaps",
    "in_order",
    "lines_of",
    "patches_of",
]

LARGEST_M = 200.0
"""Larger gaps are cut, so that each is a place that can be visited: patches along a mesh, roads into equal pieces."""
LEAST_M2 = 4.0
LEAST_WIDTH_M = 0.5
LEAST_M = 1.0
NOISE = 0.01
"""Smaller and thinner pieces are gathered: one object (``sliver``) an area, form, state and reason; left out where that
is less than `NOISE` (m², m), which is no more than rounding."""

POLYGON = 3
"""Of the types of geometries that shapely numbers."""

STATE_NAMES = {UNCERTAIN: "uncertain", GAP: "gap"}

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Pieces(NamedTuple):
    """What is not covered, in columns; a place in each (k, 2), and the road that it is of (-1: ground)."""

    area: Ints
    state: Ints
    reason: Ints
    shape: Shapes
    size: Floats
    place: Floats
    road: Ints


class GapParts(NamedTuple):
    """What takes long to find about gaps, whatever kinds weigh.

    Attributes
    ----------
    patches
        The ground that is not covered, `in_order`.
    lines
        Reason → what of the axis of the roads it accounts for, see `lines_of`.
    """

    patches: Pieces
    lines: Mapping[int, Stretches]


def gaps(
    states: States, *, weights: Mapping[str, float] | None = None, parts: GapParts | None = None
) -> gpd.GeoDataFrame:
    """Give what is not covered as objects, the weightiest first.

    Every bit of ground and of road that is uncertain or a gap is in exactly one object: sizes and weights add up to
    those of `measure`. Of several reasons the one with the cheapest remedy is given: a repair, a turn, a better lens,
    then another place, and at last a new camera.

    Parameters
    ----------
    states
        From `states_of`.
    weights
        See `Demands.unit_weights`. A patch weighs its ground and the places, people and incidents in it, a piece of
        road its length.
    parts
        What was found about these states before.

    Returns
    -------
    GeoDataFrame
        EPSG:4326: ``gap_id`` (``G00001`` is the weightiest), ``state`` (gap, uncertain), ``form`` (patch, road),
        ``code`` of the area, ``reason``, ``camera_id`` (which is out of service, turned away, too coarse, or lacks
        something), ``attribute`` (what it lacks here, such as ``azimuth_deg, range_m``), ``building_id`` (that hides
        it), ``road_id`` and ``road_class`` of a road, ``size_m2`` of a patch, ``size_m`` of a road, ``weight``
        (thousandths of all that should be seen), ``places``, ``people``, ``incidents`` in a patch, ``sliver``.
        Reasons: `REASONS`. Text that does not apply is "", a size that does not is 0.
    """
    per_unit = states.demands.unit_weights(weights)
    causes = Causes.of(states.sight)
    if parts is None:
        patches = in_order(patches_of(states.uncertain, states.gap, causes))
        parts = GapParts(patches, lines_of(states.demands.roads.axis, causes))
    patches, roads = parts.patches, _road_pieces(states, parts.lines)
    thin = 2.0 * patches.size < LEAST_WIDTH_M * shapely.length(patches.shape)
    ground = _objects(patches, "patch", thin | (patches.size < LEAST_M2))
    lines = _objects(roads, "road", roads.size < LEAST_M)
    amounts = _amounts_in(states, ground)
    ground = ground.assign(size_m2=ground["size"], size_m=0.0, **amounts)
    lines = lines.assign(size_m2=0.0, size_m=lines["size"], **dict.fromkeys(amounts, 0.0))
    found = pd.concat([ground, lines], ignore_index=True)
    weight = sum(
        found[column] * per_unit[kind]
        for column, kind in (
            ("size_m2", "ground"),
            ("size_m", "road"),
            ("places", "place"),
            ("people", "population"),
            ("incidents", "incident"),
        )
    )
    found = found.assign(weight=weight, **_named(states, causes, found))
    order = np.lexsort((-found["size_m"], -found["size_m2"], -found["weight"]))
    found = found.iloc[order].reset_index(drop=True)
    found = found.assign(
        gap_id=[f"G{k:05d}" for k in range(1, len(found) + 1)],
        state=[STATE_NAMES[state] for state in found["state"]],
        code=states.demands.areas.frame["code"].to_numpy()[found["area"].to_numpy()],
        reason=[REASONS[reason] for reason in found["reason"]],
    )
    return in_degrees(found[list(_COLUMNS)], found["shape"].to_numpy(), states.demands.crs)


_COLUMNS = (
    "gap_id", "state", "form", "code", "reason", "camera_id", "attribute", "building_id", "road_id", "road_class",
    "size_m2", "size_m", "weight", "places", "people", "incidents", "sliver",
)  # fmt: skip


def _objects(pieces: Pieces, form: str, small: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Give a row for each piece, and one for the small ones of an area, state and reason together."""
    x_m, y_m = pieces.place.T
    columns = pieces._replace(place=x_m)._asdict()
    table = pd.DataFrame({**columns, "y_m": y_m, "form": form, "sliver": small}).rename(columns={"place": "x_m"})
    gathered = table[small].groupby(["area", "state", "reason"], sort=False, as_index=False)
    slivers = gathered.agg({"size": "sum", "shape": _together, "x_m": "first", "y_m": "first"})
    slivers = slivers[slivers["size"] >= NOISE]
    return pd.concat([table[~small], slivers.assign(form=form, sliver=True, road=-1)], ignore_index=True)


def _together(shapes: "pd.Series[Any]") -> Any:
    """Give pieces as one geometry."""
    pieces = shapes.tolist()
    return shapely.MultiPolygon(pieces) if isinstance(pieces[0], shapely.Polygon) else shapely.MultiLineString(pieces)


def _amounts_in(states: States, patches: pd.DataFrame) -> dict[str, Floats]:
    """Count the places, people and incidents in patches: those of a state are in the nearest patch of that state."""
    points = states.demands.points
    where = point_shapes(points[["x_m", "y_m"]].to_numpy())
    found = {name: np.zeros(len(patches)) for name in ("places", "people", "incidents")}
    for state in (UNCERTAIN, GAP):
        rows, own = np.flatnonzero(states.point_state == state), np.flatnonzero(patches["state"] == state)
        if not len(own):
            continue
        shapes = patches["shape"].to_numpy()[own]
        patch, point = shapely.STRtree(where[rows]).query(shapes, predicate="intersects")
        point, first = np.unique(point, return_index=True)
        patch = patch[first]
        # What lies by a hair outside all, or in a place without ground, belongs to the nearest.
        rest = np.setdiff1d(np.arange(len(rows)), point)
        near, nearest = shapely.STRtree(shapes).query_nearest(where[rows[rest]], all_matches=False)
        point, patch = np.concatenate([point, rest[near]]), np.concatenate([patch, nearest])
        kind, amount = points["kind"].to_numpy()[rows[point]], points["amount"].to_numpy()[rows[point]]
        for name, of in (("places", "place"), ("people", "population"), ("incidents", "incident")):
            np.add.at(found[name], own[patch[kind == of]], amount[kind == of])
    return found


def _named(states: States, causes: Causes, found: pd.DataFrame) -> dict[str, npt.NDArray[np.object_]]:
    """Name what each object is about: camera, missing figures, building, road."""
    reason, place = found["reason"].to_numpy(), found[["x_m", "y_m"]].to_numpy()
    one = np.flatnonzero(~found["sliver"].to_numpy())
    camera = np.full(len(found), -1)
    camera[one] = causes.cameras_at(reason[one], place[one])
    named = {name: np.full(len(found), "", dtype=object) for name in ("camera_id", "attribute", "building_id")}
    known = np.flatnonzero(camera >= 0)
    named["camera_id"][known] = states.sight.views.table["camera_id"].to_numpy(dtype=object)[camera[known]]
    for column, name, tell in (
        ("attribute", "data_missing", causes.missing_at),
        ("building_id", "hidden", causes.buildings_at),
    ):
        rows = known[reason[known] == REASONS.index(name)]
        named[column][rows] = tell(camera[rows], place[rows])
    road = found["road"].to_numpy()
    for column in ("road_id", "road_class"):
        names = states.demands.roads.table[column].to_numpy(dtype=object)
        named[column] = np.where(road >= 0, names[road], "") if len(names) else np.full(len(found), "", dtype=object)
    return named


def patches_of(uncertain: Shapes, gap: Shapes, causes: Causes) -> Pieces:
    """Cut the ground that is not covered along the mesh, by reason, and into its parts.

    Parameters
    ----------
    uncertain, gap
        (areas,) polygons, as in `States`.
    causes
        Of the cameras that reach them; others don't matter.
    """
    unsure, unsure_area = _meshed(uncertain)
    rest, rest_area = _meshed(gap)
    layers = [(UNCERTAIN, REASONS.index("data_missing"), unsure, unsure_area)]
    for number, shapes in causes.of_gaps():
        taken = union_by_area(shapes, rest)
        cut = np.flatnonzero(~shapely.is_empty(taken))
        layers.append((GAP, number, taken[cut], rest_area[cut]))
        rest[cut] = shapely.difference(rest[cut], taken[cut])
    layers.append((GAP, REASONS.index("no_camera"), rest, rest_area))
    columns = []
    for of_state, of_reason, shapes, of_area in layers:
        parts, own = _polygons(shapes)
        columns.append((of_area[own], np.full(len(parts), of_state), np.full(len(parts), of_reason), parts))
    area, state, reason, shape = (np.concatenate(column) for column in zip(*columns, strict=True))
    point = shapely.point_on_surface(shape)
    place = np.column_stack([shapely.get_x(point), shapely.get_y(point)])
    return Pieces(area, state, reason, shape, shapely.area(shape), place, np.full(len(shape), -1))


def in_order(pieces: Pieces) -> Pieces:
    """Give pieces of ground by state, reason and area, those of one such as they come."""
    order = np.lexsort((pieces.area, pieces.reason, pieces.state))
    columns: dict[str, Any] = {name: column[order] for name, column in pieces._asdict().items()}
    return Pieces(**columns)


def lines_of(axis: Axis, causes: Causes, edges: Ints | None = None) -> dict[int, Stretches]:
    """Give what of an axis each reason of gaps accounts for; with `edges` of these edges alone."""
    return {reason: axis.within(shapes, edges) for reason, shapes in causes.of_gaps()}


def _polygons(shapes: Shapes) -> tuple[Shapes, Ints]:
    """Give the parts of shapes that have an area, and the shape that each is of."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    real = (shapely.get_type_id(parts) == POLYGON) & ~shapely.is_empty(parts)
    return parts[real], of[real]


def _meshed(shapes: Shapes) -> tuple[Shapes, Ints]:
    """Give the parts of shapes, those that are larger than the mesh cut along it, and the shape that each is of."""
    parts, of = _polygons(shapes)
    x0, y0, x1, y1 = shapely.bounds(parts).T
    large = np.flatnonzero(np.maximum(x1 - x0, y1 - y0) > LARGEST_M)
    first = np.floor(np.column_stack([x0, y0])[large] / LARGEST_M).astype(np.int64)
    last = np.ceil(np.column_stack([x1, y1])[large] / LARGEST_M).astype(np.int64)
    number = (last - first).prod(axis=1)
    part = np.repeat(np.arange(len(large)), number)
    k = np.arange(len(part)) - np.repeat(np.cumsum(number) - number, number)
    wide = (last - first)[part, 0]
    corner = (first[part] + np.column_stack([k % wide, k // wide])) * LARGEST_M
    cells = shapely.box(*corner.T, *(corner + LARGEST_M).T)
    shapely.prepare(parts[large])
    meets = shapely.intersects(parts[large[part]], cells)
    cells, part = cells[meets], part[meets]
    pieces, piece = _polygons(shapely.intersection(parts[large[part]], cells))
    small = np.setdiff1d(np.arange(len(parts)), large)
    return np.concatenate([parts[small], pieces]), np.concatenate([of[small], of[large[part[piece]]]])


def _road_pieces(states: States, lines: Mapping[int, Stretches]) -> Pieces:
    """Give the runs of road that are not covered, of one road, area, state and reason."""
    axis = states.demands.roads.axis
    by_reason = sorted(lines.items())
    cuts = np.unique(np.concatenate([states.road_cuts, *(side for _, s in by_reason for side in (s.low, s.high))]))
    was = np.searchsorted(states.road_cuts, cuts[:-1], side="right") - 1
    area, state = states.road_area[was], states.road_state[was]
    reason = np.full(len(area), REASONS.index("no_camera"))
    for number, stretches in reversed(by_reason):
        reason[times_in(stretches, cuts) > 0] = number
    reason[state == UNCERTAIN] = REASONS.index("data_missing")
    low, high, first = runs(axis, cuts, np.column_stack([area, state, reason]))
    counts = (area[first] >= 0) & (state[first] != COVERED)
    low, high, first = low[counts], high[counts], first[counts]
    number = np.maximum(np.ceil((high - low) / LARGEST_M), 1).astype(np.int64)
    run = np.repeat(np.arange(len(low)), number)
    k = np.arange(len(run)) - np.repeat(np.cumsum(number) - number, number)
    step = ((high - low) / number)[run]
    begin = low[run] + k * step
    end = np.where(k + 1 == number[run], high[run], begin + step)
    first, middle = first[run], (begin + end) / 2
    return Pieces(
        area[first],
        state[first],
        reason[first],
        axis.lines_between(begin, end),
        end - begin,
        axis.points_at(middle),
        axis.line_at(middle),
    )


def runs(axis: Axis, cuts: Floats, keys: Ints) -> tuple[Floats, Floats, Ints]:
    """Join neighbouring pieces of one line with the same keys: where each run begins and ends, and its first piece."""
    edge = axis.edge_at((cuts[:-1] + cuts[1:]) / 2)
    new_edge = np.diff(edge) > 0
    apart = np.abs(axis.edges[edge[1:], :2] - axis.edges[edge[:-1], 2:]).max(axis=1) > 1e-6
    other = (axis.line[edge[1:]] != axis.line[edge[:-1]]) | (keys[1:] != keys[:-1]).any(axis=1)
    first = np.concatenate([[0], np.flatnonzero(other | (new_edge & apart)) + 1])[: len(edge)]
    last = np.concatenate([first[1:], [len(edge)]])
    return cuts[first], cuts[last[: len(first)]], first
