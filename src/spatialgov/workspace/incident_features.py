"""Incidents page by page for other software: chosen by the cube, read from the store."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.filters import Condition
from spatialgov.incidents.cube import Cube
from spatialgov.store import Store
from spatialgov.time_limit import check_time
from spatialgov.workspace.analysis import Analysis
from spatialgov.workspace.areas import Area
from spatialgov.workspace.feature_crs import ExchangeCrs
from spatialgov.workspace.feature_tables import FeaturePage, FeatureQuery, encoded_features

__all__ = ["incident_feature", "incident_features"]

_BATCH = 2000


def incident_features(store: Store, analysis: Analysis, asked: FeatureQuery, area: Area | None) -> FeaturePage:
    """Give a page of incidents in the order of their first loading.

    How many there are in all is known where no condition on their columns is asked for.
    """
    after = int(asked.after or 0)
    chosen, held = analysis.chosen(asked.period, area=area)
    positions = chosen.positions()
    if asked.bbox is not None:
        positions = positions[_inside(held.cube, positions, asked.bbox)]
    ids = held.cube.ids[positions]
    matched = len(ids) if asked.where is None else None
    ids = np.sort(ids[ids > after])
    limit = asked.offset + asked.limit + 1  # one more tells whether there is another page
    if asked.where is None:
        found, frame = store.incidents_after(after, ids=ids[:limit], limit=limit)
        parts = [(found, frame)]
    else:
        parts = _that_meet(store, asked, ids, after, limit)
    features: list[bytes] = []
    numbers: list[int] = []
    passed = asked.offset
    for found, frame in parts:
        numbers += found[passed:].tolist()
        features += encoded_features(frame.iloc[passed:], frame["source_id"].iloc[passed:], asked.crs)
        passed = max(passed - len(found), 0)
    more = len(numbers) > asked.limit
    return FeaturePage(features[: asked.limit], matched, str(numbers[asked.limit - 1]) if more else None)


def incident_feature(store: Store, name: str, crs: ExchangeCrs, area: Area | None) -> bytes | None:
    """Give one incident by its `source_id`; None where there is none in the area."""
    _, frame = store.incidents_after(conditions=[Condition("source_id", "=", name)], limit=1)
    frame = frame if area is None else area.among(frame)
    return encoded_features(frame, frame["source_id"], crs)[0] if len(frame) else None


def _that_meet(
    store: Store, asked: FeatureQuery, ids: npt.NDArray[np.int64], after: int, limit: int
) -> list[tuple[npt.NDArray[np.int64], Any]]:
    """Read on until enough incidents are found that meet the condition, or there are no more."""
    assert asked.where is not None
    conditions = asked.where.conditions()
    parts, missing = [], limit
    while missing > 0 and len(ids):
        check_time()
        # what the database can judge it judges, over all rows; else only the rows that are chosen are read
        chunk = None if conditions else ids[:_BATCH]
        found, frame = store.incidents_after(after, conditions=conditions, ids=chunk, limit=_BATCH)
        kept = asked.where.holds(frame) & np.isin(found, ids)
        rows = np.flatnonzero(kept)[:missing]
        parts.append((found[rows], frame.iloc[rows]))
        missing -= len(rows)
        if len(found) < _BATCH:
            break
        after = int(found[-1])
        ids = ids[np.searchsorted(ids, after, side="right") :]
    return parts


def _inside(cube: Cube, positions: npt.NDArray[Any], shape: BaseGeometry) -> npt.NDArray[np.bool_]:
    lon, lat = cube.lon[positions], cube.lat[positions]
    west, south, east, north = shape.bounds
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    if not shape.equals(shapely.box(west, south, east, north)):
        shapely.prepare(shape)
        near = np.flatnonzero(inside)
        inside[near] = shapely.intersects_xy(shape, lon[near], lat[near])
    return np.asarray(inside)
