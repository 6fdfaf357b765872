"""What if cameras were added, moved, turned, removed or repaired: the change of every measure, and nothing done."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.coverage.changes import Change, changed_cameras
from spatialgov.coverage.states import States, measure
from spatialgov.coverage.views import Views, views_of

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
    """

    cameras: gpd.GeoDataFrame
    before: States
    after: States
    measures: pd.DataFrame


def what_if(
    cameras: gpd.GeoDataFrame, states: States, changes: Sequence[Change], *, level: str | None = None
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

    Raises
    ------
    InputError
        When there is no such level.
    """
    before = measure(states, level=level)
    frame = changed_cameras(cameras, changes)
    after = states_after(states, cameras, frame, {change.camera_id for change in changes})
    return WhatIf(frame, states, after, _compared(before, measure(after, level=level)))


def states_after(states: States, cameras: gpd.GeoDataFrame, frame: gpd.GeoDataFrame, touched: set[str]) -> States:
    """Give the states with the cameras of another frame, which differ from those of now in the touched ones only."""
    was, now = cameras["camera_id"].to_numpy(object), frame["camera_id"].to_numpy(object)
    # A camera that is removed and added again under its name is a changed one.
    new = ~np.isin(now.astype(str), was.astype(str))
    stays = pd.Index(now).get_indexer(was)
    order = np.concatenate([stays[stays >= 0], np.flatnonzero(new)])
    fresh = views_of(frame.iloc[order], needed=states.sight.views.needed)
    table = states.sight.views.table.assign(working=False)
    rows = np.flatnonzero(stays >= 0)
    kept = fresh.table.iloc[: len(rows)].set_index(table.index[rows])
    table = pd.concat([table.drop(index=table.index[rows]), kept]).loc[table.index]
    table = pd.concat([table, fresh.table.iloc[len(rows) :]], ignore_index=True)
    changed = np.flatnonzero(np.isin(was.astype(str), list(touched)))
    looked = np.intersect1d(changed, rows)
    sight = states.sight.moved(looked, Views(table, fresh.needed, fresh.assumptions))
    return states.after(sight, changed)


def _compared(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Put two measures of the same areas side by side."""
    table = before.drop(columns=list(_MEASURED))
    for name in _MEASURED:
        table[f"{name}_before"] = before[name]
        table[f"{name}_after"] = after[name]
        table[f"{name}_change"] = after[name] - before[name]
    return table
