"""What if cameras were added, moved, turned, removed or repaired: the change of every measure, and nothing done."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.coverage.changes import Change
from spatialgov.coverage.states import States, measure

__all__ = ["WhatIf", "what_if"]


@dataclass(frozen=True, eq=False)
class WhatIf:
    """Coverage before and after changes.

    Attributes
    ----------
    cameras
        The cameras after the changes; removed ones are gone.
    before, after
        The states; in `after` the cameras stand as before, removed ones as not working, then those that were added.
    measures
        What `measure` gives, a row an area and kind, with ``covered_before``, ``covered_after``,
        ``covered_change``, and so for ``uncertain`` and ``gap``, ``lower_share`` and ``upper_share``.
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
    raise NotImplementedError
