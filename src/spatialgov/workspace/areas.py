"""The ground that an account is limited to: what lies in it is chosen before anything is counted."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.errors import ForbiddenError, NotFoundError
from spatialgov.language import t
from spatialgov.locate import Locator
from spatialgov.store import Store
from spatialgov.topology import dissolve
from spatialgov.workspace.rights import EVERYWHERE

__all__ = ["Area", "Areas", "beyond_area", "no_grid_in_area"]

_MOST_KEPT = 1000
Frame = TypeVar("Frame", pd.DataFrame, gpd.GeoDataFrame)


@dataclass(frozen=True, eq=False, slots=True)
class Area:
    """The jurisdictions of an account with all that lie in them.

    Attributes
    ----------
    granted
        Codes that the account is limited to.
    codes
        The same with those of all jurisdictions below them.
    ground
        Their ground, ready to be asked; None when there is none.
    """

    granted: frozenset[str]
    codes: frozenset[str]
    ground: Locator | None

    def holds(self, points: gpd.GeoSeries) -> npt.NDArray[np.bool_]:
        """Whether each point (EPSG:4326) lies in the area; one on a border belongs to one side only."""
        return self.holds_at(points.x, points.y)

    def holds_at(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Give what `holds` gives for longitudes and latitudes, WGS 84."""
        if self.ground is None or np.size(lon) == 0:
            return np.zeros(np.size(lon), dtype=bool)
        return np.asarray(self.ground.locate_many(lon, lat) >= 0)

    def among(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Give the rows of a frame that lie in the area: points as they are, others by a point inside them."""
        points = frame.geometry
        if not (points.geom_type == "Point").all():
            points = points.representative_point()
        return frame[self.holds(points)]

    def grids(self, frame: Frame) -> Frame:
        """Give the grids of the area: those whose parent is one of its jurisdictions."""
        return frame[frame["parent_code"].isin(self.codes)]

    def jurisdictions(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Give the jurisdictions of the area."""
        return frame[frame["code"].isin(self.codes)]


class Areas:
    """The areas of a workspace, kept until the jurisdictions change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[tuple[frozenset[str], str | None], Area | None] = {}
        self._whole: dict[tuple[int, frozenset[str], str | None], bool] = {}

    def of(self, codes: Collection[str]) -> Area | None:
        """Give the area of division codes; None, no limit, for `EVERYWHERE` and for the one code above all others.

        No codes, or codes that the store does not know, are an area without ground.
        """
        if EVERYWHERE in codes:
            return None
        key = frozenset(codes), self._revision()
        if key not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._made(key[0])
        return self._kept[key]

    def within(self, code: str, area: Area | None) -> Area | None:
        """Give the area of one jurisdiction that lies in an area, or `NotFoundError`."""
        if area is None or code in area.codes:
            found = self.of([code])
            if found is None or found.ground is not None:
                return found
        raise NotFoundError(
            t("There is no jurisdiction {code} here.", "没有行政区划 {code}。", code=repr(code)),
            remedy=t("Choose one of those that the account may see.", "请选择本账户可查看的区划。"),
        )

    def _revision(self) -> str | None:
        return self._store.revision("jurisdictions")

    def _made(self, granted: frozenset[str]) -> Area | None:
        frame = self._store.jurisdictions()
        tops = frame.loc[frame["parent_code"] == "", "code"].tolist()
        if len(tops) == 1 and tops[0] in granted:
            return None
        codes = _with_all_below(granted, frame)
        shapes = frame[frame["code"].isin(granted)].geometry.to_numpy()
        if not len(shapes):
            return Area(granted, codes, None)
        whole = dissolve(shapes, np.zeros(len(shapes), np.int32), 1)
        ground = gpd.GeoDataFrame({"code": ["area"]}, geometry=whole, crs=4326)
        return Area(granted, codes, Locator.build(ground))

    def holds_unit_set(self, unit_set_id: int, area: Area | None) -> bool:
        """Whether all units of an import lie in the area."""
        if area is None:
            return True
        key = unit_set_id, area.granted, self._revision()
        if key not in self._whole:
            if len(self._whole) >= _MOST_KEPT:
                self._whole.clear()
            units = self._store.unit_set(unit_set_id)
            self._whole[key] = len(area.among(units)) == len(units)
        return self._whole[key]

    def require_unit_set(self, unit_set_id: int, area: Area | None) -> None:
        """Raise `ForbiddenError` when units of an import lie outside the area."""
        if area is not None and not self.holds_unit_set(unit_set_id, area):
            raise beyond_area(t("The basic units", "基本单元"), area)


def beyond_area(what: str, area: Area) -> ForbiddenError:
    """Give the error for a change of what reaches beyond an area."""
    return ForbiddenError(
        t(
            "{what} reach beyond the jurisdictions of this account ({codes}).",
            "{what}超出本账户的辖区（{codes}）。",
            what=what,
            codes=", ".join(sorted(area.granted)) or t("none", "无"),
        ),
        remedy=t("Use an account whose jurisdictions cover all of them.", "请使用辖区覆盖其全部范围的账户。"),
    )


def no_grid_in_area() -> NotFoundError:
    """Give the error for a question about the grids in force whose asker has none of them."""
    return NotFoundError(
        t("No grid in force lies in the jurisdictions of this account.", "本账户辖区内没有现行网格。"),
        remedy=t("Ask for an account with other jurisdictions.", "请申请其他辖区的账户。"),
    )


def _with_all_below(granted: frozenset[str], frame: pd.DataFrame) -> frozenset[str]:
    """Give the codes with those of all jurisdictions below them, by their parent codes."""
    children: dict[Any, list[str]] = frame.groupby("parent_code")["code"].agg(list).to_dict()
    found: set[str] = set()
    waiting = list(granted)
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            waiting += children.get(code, [])
    return frozenset(found)
