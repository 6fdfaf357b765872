"""What if cameras were added, moved, turned, removed or repaired: the change of every measure, and nothing done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.coverage.cameras.views import views_of
from spatialgov.coverage.gaps.states import States, measure
from spatialgov.coverage.remedies.changes import Change, in_their_places
from spatialgov.coverage.sight.ground import seen_ground
from spatialgov.coverage.zones import zone_shapes

__all__ = ["WhatIf", "what_if"]

_MEASURED = ("covered", "uncertain", "gap", "lower_share", "upper_share")


@dataclass(frozen=True, eq=False)
class WhatIf:
    """Coverage before and after changes.

    Attributes
    ----------
    cameras
        The cameras after the changes: removed ones are gone, added ones stand at the end.
    before, after
        The states. In `after` the cameras are those of before in their order, removed ones as not working, and then
        those that were added.
    measures
        What `measure` gives, a row an area and kind: ``level``, ``code``, ``name``, ``kind``, ``class``, ``hour``,
        ``unit``, ``should_be_seen``, and of ``covered``, ``uncertain``, ``gap``, ``lower_share`` and ``upper_share``
        each ``…_before``, ``…_after`` and ``…_change``.
    seen
        What the changed cameras would see, without removed ones: see `seen_ground`.
    no_view_before_m2, no_view_after_m2
        How much of the ground that nobody may look at the changed cameras may see, each for itself.
    """

    cameras: gpd.GeoDataFrame
    before: States
    after: States
    measures: pd.DataFrame
    seen: gpd.GeoDataFrame
    no_view_before_m2: float
    no_view_after_m2: float


def what_if(
    cameras: gpd.GeoDataFrame,
    states: States,
    changes: Sequence[Change],
    *,
    level: str | None = None,
    zones: gpd.GeoDataFrame | None = None,
) -> WhatIf:
    """Measure what changes of cameras would do.

    Only the changed cameras are looked at again, and only the ground that they see or have seen.

    Parameters
    ----------
    cameras
        The frame that the states come from.
    states
        Coverage as it is now.
    changes
        Made one after another; see `read_changes`.
    level
        As for `measure`.
    zones
        Exclusion zones: what is seen of ``no_view`` ground is counted.

    Raises
    ------
    InputError
        When there is no such level.
    """
    before = measure(states, level=level)
    frame, gone = in_their_places(cameras, changes)
    views = views_of(frame, needed=states.sight.views.needed)
    table = views.table.assign(working=views.table["working"] & ~gone)
    named = frame["camera_id"].isin({change.camera_id for change in changes}).to_numpy()
    rows = np.flatnonzero(named[: len(cameras)])
    after = states.after(states.sight.moved(rows, replace(views, table=table)), rows)
    private = shapely.union_all(zone_shapes(zones, "no_view", states.sight.crs)[0])
    return WhatIf(
        frame[~gone].reset_index(drop=True),
        states,
        after,
        _compared(before, measure(after, level=level)),
        seen_ground(after.sight, np.flatnonzero(named & ~gone)),
        _seen_m2(states, named[: len(cameras)], private),
        _seen_m2(after, named, private),
    )


def _seen_m2(states: States, chosen: npt.NDArray[np.bool_], ground: BaseGeometry) -> float:
    """Give how much of some ground chosen cameras that work may see, each for itself."""
    return float(shapely.area(shapely.intersection(states.sight.possible[states.working & chosen], ground)).sum())


def _compared(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Put two measures of the same areas side by side."""
    table = before.drop(columns=list(_MEASURED))
    for name in _MEASURED:
        table[f"{name}_before"] = before[name]
        table[f"{name}_after"] = after[name]
        table[f"{name}_change"] = after[name] - before[name]
    return table
