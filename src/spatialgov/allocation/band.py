"""The band of households that a grid should stay in, and the review of every grid against it."""

from dataclasses import dataclass
from typing import Literal, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["HOUSEHOLDS", "Band", "State", "review"]

HOUSEHOLDS = (300, 500)
"""A base grid's households (基础网格), as cities ask for."""

State = Literal["under", "within", "over", "exempt"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Band:
    """Fewest and most households of a grid, both allowed."""

    least: int
    most: int

    @classmethod
    def of(cls, households: tuple[int, int]) -> Self:
        """Make a band from (fewest, most).

        Raises
        ------
        InputError
            When the fewest are negative or above the most.
        """
        least, most = households
        if not 0 <= least <= most:
            raise InputError(
                t("{a}–{b} households is no band.", "{a}–{b} 户不是有效区间。", a=least, b=most),
                remedy=t("Give the fewest first, then the most: 300 500.", "请先给下限再给上限：300 500。"),
            )
        return cls(least, most)

    def beyond(self, households: npt.ArrayLike) -> Ints:
        """Give the households above the band (positive), below it (negative), or 0 within."""
        count = np.asarray(households, dtype=np.int64)
        return count - np.clip(count, self.least, self.most)

    def miss(self, households: int) -> int:
        """Give by how many households one grid misses the band, ≥ 0."""
        return max(self.least - households, households - self.most, 0)


def review(grids: gpd.GeoDataFrame, *, households: tuple[int, int] = HOUSEHOLDS) -> gpd.GeoDataFrame:
    """Hold every grid against the band of households.

    Parameters
    ----------
    grids
        ``kind`` and ``households``, as `Plan.grids` gives them.
    households
        Fewest and most households of a grid.

    Returns
    -------
    geopandas.GeoDataFrame
        The grids with ``state`` (``under``, ``within``, ``over``; ``exempt`` for dedicated grids and for unit grids,
        which are cut by area) and ``households_beyond`` int64 (above the band positive, below it negative, else 0).

    Raises
    ------
    InputError
        When the band is none.
    """
    band = Band.of(households)
    bound = grids["kind"].to_numpy() == "general"
    beyond = np.where(bound, band.beyond(grids["households"]), 0)
    state = np.select([~bound, beyond < 0, beyond > 0], ["exempt", "under", "over"], "within")
    reviewed = grids.copy()
    place = len(reviewed.columns) - 1
    reviewed.insert(place, "state", state.astype(object))
    reviewed.insert(place + 1, "households_beyond", beyond.astype(np.int64))
    return reviewed
