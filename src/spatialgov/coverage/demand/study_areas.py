"""The areas that coverage is measured in: grids, else jurisdictions, else the ground around the cameras."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.codes import chain_of, is_division_code
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.projection import WGS84, metric_crs, project

__all__ = ["AROUND_M", "StudyAreas", "study_areas"]

AROUND_M = 100.0
"""Without grids and jurisdictions the hull of the cameras, this much wider, is the area."""
FAR_M = 30_000.0
"""Cameras farther than this from the median one are left out of it: they are misplaced, or of another city."""

_ABOVE = ("community", "subdistrict", "district")


@dataclass(frozen=True, eq=False)
class StudyAreas:
    """Areas that don't overlap, and what lies above them.

    Attributes
    ----------
    frame
        ``code``, ``name``, polygons in EPSG:4326, and for each level above, where known, the code of the area there
        (``community_code``, ``subdistrict_code``, ``district_code``; "" for none).
    level
        What the areas are: ``grid``, ``community``, ``subdistrict``, ``district`` or ``study_area``.
    names
        Code of a jurisdiction → its name, where known.
    """

    frame: gpd.GeoDataFrame
    level: str
    names: Mapping[str, str]

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that can be summed up by, the areas' own first, ``all`` last."""
        return (self.level, *(level for level in _ABOVE if f"{level}_code" in self.frame), "all")

    def codes_at(self, level: str) -> npt.NDArray[np.object_]:
        """Give for each area the code of what it lies in at a level; "" for all.

        Raises
        ------
        InputError
            When there is no such level.
        """
        if level not in self.levels:
            raise InputError(
                t("Coverage can't be summed up by {level}.", "不能按 {level} 汇总覆盖情况。", level=repr(level)),
                remedy=t("Use one of {names}.", "请使用：{names}。", names=", ".join(self.levels)),
            )
        if level == "all":
            return np.full(len(self.frame), "", dtype=object)
        return self.frame["code" if level == self.level else f"{level}_code"].to_numpy(dtype=object)

    def names_of(self, codes: pd.Series) -> list[str]:
        """Give the names of areas and of what lies above them, "" where not known."""
        known = dict(self.names) | dict(zip(self.frame["code"], self.frame["name"], strict=True))
        return [str(known.get(code, "")) for code in codes]


def study_areas(
    grids: gpd.GeoDataFrame | None = None,
    jurisdictions: gpd.GeoDataFrame | None = None,
    cameras: gpd.GeoDataFrame | None = None,
) -> StudyAreas:
    """Give the areas that coverage is measured in: the finest that there are.

    Parameters
    ----------
    grids
        ``code``, ``name``, ``parent_code``, polygons.
    jurisdictions
        ``code``, ``level``, ``name``, ``parent_code``, polygons: what lies above the grids; without grids those of
        the finest level are the areas. Without jurisdictions, 12-digit codes tell what lies above.
    cameras
        Points: without grids and jurisdictions the area is the convex hull, `AROUND_M` wider, of those within `FAR_M`
        of the median one.

    Raises
    ------
    InputError
        When there is nothing to measure in.
    """
    if jurisdictions is not None and jurisdictions.empty:
        jurisdictions = None
    names = {} if jurisdictions is None else dict(zip(jurisdictions["code"], jurisdictions["name"], strict=True))
    if grids is not None and not grids.empty:
        frame = grids[["code", "name", "geometry"]].to_crs(WGS84).reset_index(drop=True)
        return StudyAreas(_with_chain(frame, grids["parent_code"].to_numpy(), jurisdictions), "grid", names)
    if jurisdictions is not None:
        level = next(level for level in _ABOVE if (jurisdictions["level"] == level).any())
        own = jurisdictions[jurisdictions["level"] == level]
        frame = own[["code", "name", "geometry"]].to_crs(WGS84).reset_index(drop=True)
        return StudyAreas(_with_chain(frame, own["parent_code"].to_numpy(), jurisdictions), level, names)
    if cameras is None or cameras.empty:
        raise InputError(
            t("There are no grids, no jurisdictions and no cameras.", "没有网格、行政区划，也没有摄像机。"),
            remedy=t("Import cameras, and the grids to measure in.", "请导入摄像机以及用于统计的网格。"),
        )
    return StudyAreas(_around(cameras), "study_area", {})


def _around(cameras: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    lon, lat = shapely.get_coordinates(cameras.geometry.to_crs(WGS84)).T
    crs = metric_crs(float(np.median(lon)), float(np.median(lat)))
    places = np.column_stack(project(lon, lat, crs))
    near = np.hypot(*(places - np.median(places, axis=0)).T) <= FAR_M
    hull = shapely.MultiPoint(places[near]).convex_hull.buffer(AROUND_M)
    name = t("Around the cameras", "摄像机周边")
    return gpd.GeoDataFrame({"code": ["study_area"], "name": [name]}, geometry=[hull], crs=crs).to_crs(WGS84)


def _with_chain(
    frame: gpd.GeoDataFrame, parents: npt.NDArray[np.object_], jurisdictions: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Add the codes above: from the jurisdictions, else from the digits of a division code."""
    table: dict[str, tuple[str, str]] = {}
    if jurisdictions is not None:
        columns = (jurisdictions[name].astype(str) for name in ("code", "level", "parent_code"))
        table = {code: (level, above) for code, level, above in zip(*columns, strict=True)}
    chains = {parent: _chain(parent, table) for parent in pd.unique(pd.Series(parents).fillna("").astype(str))}
    rows = [chains[str(parent) if pd.notna(parent) else ""] for parent in parents]
    for level in _ABOVE:
        if any(level in row for row in rows):
            frame[f"{level}_code"] = [row.get(level, "") for row in rows]
    return frame


def _chain(code: str, table: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    chain: dict[str, str] = {}
    while code in table and code not in chain.values():
        level, above = table[code]
        chain[level] = code
        code = above
    if not chain and is_division_code(code):
        chain = {str(level): own for level, own in chain_of(code).items()}
    return chain
