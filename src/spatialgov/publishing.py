"""What forbids publishing a plan, beyond what is wrong with it on its own: communities, and what codes meant before."""

import re

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.codes import GridCodeScheme, is_division_code
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.nesting import within_columns
from spatialgov.plan import Plan
from spatialgov.topology import metric_shapes

__all__ = ["publishing_faults"]

_COMMUNITY = "community_code"
_ANY_CODE = re.compile(r"[0-9A-Za-z-]{1,32}")
_SAME_AREA = 1e-6
"""Grids whose ground differs by no more than this share are the same one: what rounding leaves."""


def publishing_faults(plan: Plan, in_force: gpd.GeoDataFrame, ever: gpd.GeoDataFrame) -> list[Fault]:
    """List what forbids publishing a plan, each fault with its place.

    Parameters
    ----------
    plan
        The plan.
    in_force
        `code` and geometry of the grids of the newest edition; none before the first one.
    ever
        `code` and geometry of every grid that was ever published under a code of the plan.

    Returns
    -------
    list of Fault
        Those of `Plan.faults` (``unassigned``, ``not_contiguous``, ``not_nested``, ``gap``, ``overlap``), and
        ``two_communities``, ``duplicate_code``, ``malformed_code``; ``code_clash`` where a code in force would come
        to another place: the grid has neither half of the ground that the code had nor half of its own from it;
        ``retired_code`` where a code that is no longer in force comes back for other ground than it ever had.
    """
    grids = plan.grids()
    return [*plan.faults(), *_in_two_communities(plan), *_misnumbered(grids), *_clashing(plan, grids, in_force, ever)]


def _in_two_communities(plan: Plan) -> list[Fault]:
    """Name the grids with units of several communities where the plan doesn't nest in them by itself."""
    frame = plan.units.frame
    if _COMMUNITY not in frame or _COMMUNITY in within_columns(plan.settings.within):
        return []
    held = plan.labels >= 0
    units = pd.DataFrame({"grid": plan.labels[held], "community": frame[_COMMUNITY].to_numpy(dtype=object)[held]})
    units["row"] = np.flatnonzero(held)
    units = units[units["community"].notna() & (units["community"] != "")]
    faults = []
    for grid, own in units.groupby("grid"):
        sizes = own["community"].value_counts()
        if len(sizes) == 1:
            continue
        stray = own[own["community"] != sizes.index[0]].iloc[0]
        point = frame.geometry.iloc[int(stray["row"])].representative_point()
        code = plan.codes[int(str(grid))]
        message = t(
            "Grid {code} lies in {n} communities: most of it in {community}, unit {unit} in {other}.",
            "网格 {code} 跨越 {n} 个社区：大部分位于 {community}，单元 {unit} 位于 {other}。",
            code=code,
            n=len(sizes),
            community=sizes.index[0],
            unit=frame["unit_id"].iloc[int(stray["row"])],
            other=stray["community"],
        )
        remedy = t("Move the unit to a grid of its own community.", "请将该单元划入本社区的网格。")
        faults.append(Fault("two_communities", message, remedy, item=code, lon=point.x, lat=point.y))
    return faults


def _misnumbered(grids: gpd.GeoDataFrame) -> list[Fault]:
    scheme = GridCodeScheme()
    faults = []
    for row in np.flatnonzero(grids["code"].duplicated()).tolist():
        message = t("The code {code} stands for two grids.", "编码 {code} 用于两个网格。", code=grids["code"].iloc[row])
        faults.append(_fault(grids, row, "duplicate_code", message, _new_code()))
    for row, (code, parent) in enumerate(zip(grids["code"], grids["parent_code"], strict=True)):
        if is_division_code(parent):
            number = code.removeprefix(parent)
            sound = code.startswith(parent) and number.isascii() and number.isdecimal() and int(number) > 0
            if sound and len(number) == scheme.sequence_digits:
                continue
            form = f"{parent}001 – {scheme.code(parent, scheme.capacity)}"
        elif _ANY_CODE.fullmatch(code):
            continue
        else:
            form = t("1 to 32 letters, digits and hyphens", "1 至 32 个字母、数字或连字符")
        message = t(
            "The code {code} does not fit the scheme: {form}.",
            "编码 {code} 不符合编码规则：{form}。",
            code=repr(code),
            form=form,
        )
        faults.append(_fault(grids, row, "malformed_code", message, _new_code()))
    return faults


def _clashing(plan: Plan, grids: gpd.GeoDataFrame, in_force: gpd.GeoDataFrame, ever: gpd.GeoDataFrame) -> list[Fault]:
    """Name the grids whose code meant something else before."""
    before = in_force.drop_duplicates("code").set_index("code").geometry
    used = set(ever["code"])
    faults = []
    for row, (code, shape) in enumerate(zip(grids["code"], grids.geometry, strict=True)):
        if code not in used or (code in before.index and _resembles(plan, shape, before[code])):
            continue
        if any(_is_same(plan, shape, earlier) for earlier in ever.geometry[(ever["code"] == code).to_numpy()]):
            continue  # the same meaning returns
        if code in before.index:
            kind, message = (
                "code_clash",
                t(
                    "The code {code} is in force for other ground: less than half of it and of this grid is the same.",
                    "编码 {code} 现用于其他地块：与本网格的共同部分不足两者各自的一半。",
                    code=code,
                ),
            )
        else:
            kind, message = (
                "retired_code",
                t(
                    "The code {code} was retired with other ground: it is never used again.",
                    "编码 {code} 曾用于其他地块，已作废，不得再次使用。",
                    code=code,
                ),
            )
        faults.append(_fault(grids, row, kind, message, _new_code()))
    return faults


def _resembles(plan: Plan, shape: shapely.Geometry, before: shapely.Geometry) -> bool:
    one, two = _metric(plan, shape, before)
    return bool(2 * shapely.area(shapely.intersection(one, two)) >= min(shapely.area(one), shapely.area(two)))


def _is_same(plan: Plan, shape: shapely.Geometry, earlier: shapely.Geometry) -> bool:
    one, two = _metric(plan, shape, earlier)
    return bool(shapely.area(shapely.symmetric_difference(one, two)) <= _SAME_AREA * shapely.area(two))


def _metric(plan: Plan, *shapes: shapely.Geometry) -> npt.NDArray[np.object_]:
    return metric_shapes(np.array(shapes, dtype=object), plan.units.crs)


def _new_code() -> str:
    return t("Give the grid a code that was never used.", "请为该网格换用从未使用过的编码。")


def _fault(grids: gpd.GeoDataFrame, row: int, kind: str, message: str, remedy: str) -> Fault:
    point = grids.geometry.iloc[row].representative_point()
    return Fault(kind, message, remedy, item=str(grids["code"].iloc[row]), lon=point.x, lat=point.y)
