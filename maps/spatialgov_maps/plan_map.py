"""The map of a plan: its grids told apart by colour, or coloured by how far their load is from what it should be."""

from itertools import pairwise
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.language import t
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, Map, Style, Tooltips
from spatialgov_maps.colours import DIVERGING, FILLS, classes_of, neighbour_colours
from spatialgov_maps.context import Context, context_layers, grid_headings, names_of

__all__ = ["Balance", "deviation_pct", "grid_tooltips", "plan_map"]

Balance = Literal["households", "population", "area_m2", "workload"]
"""The column that a plan is balanced by."""

_LIMITS_PCT = (-50.0, -20.0, -5.0, 5.0, 20.0, 50.0)
_BORDER: Style = {"color": "#ffffff", "weight": 1.1, "opacity": 1, "fillOpacity": 0.72}
_EXEMPT: Style = {**_BORDER, "color": "#4b5563", "dashArray": "4 3", "fillColor": "#c9ced3"}


def plan_map(
    grids: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame | None = None,
    *,
    context: Context | None = None,
    title: str = "",
    subtitle: str = "",
    balance: Balance = "households",
    target: float | None = None,
) -> Map:
    """Draw a plan's grids.

    Parameters
    ----------
    grids
        ``code``, ``name``, ``kind``, ``parent_code``, ``households``, ``population``, ``area_m2``, ``n_units``,
        polygons, EPSG:4326; ``workload`` (minutes a day) where it is known.
    units
        ``unit_id``, ``households``, ``population``, polygons: a layer of their outlines, off at first. Thousands of
        units make a large file.
    context
        What surrounds the grids.
    title, subtitle
        The header's text; the title is "Grid plan" by default.
    balance
        What the grids are balanced by.
    target
        What each grid should hold (households, people, m² or minutes a day); None means the mean of the grids with
        the same parent, dedicated ones left out.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    grids = grids.reset_index(drop=True)
    off_pct = deviation_pct(grids, balance, target)
    tips = grid_tooltips(grids, off_pct, balance, context)
    labels = grids["code"].astype(str).str[-3:].tolist()
    layers = [
        FeatureLayer(
            grids.geometry,
            [{**_BORDER, "fillColor": colour} for colour in FILLS],
            neighbour_colours(grids.geometry.to_numpy()),
            name=t("Grids", "网格"),
            base=True,
            tooltips=tips,
            labels=labels,
            legend=_grids_legend(),
        ),
        _balance_layer(grids, off_pct, balance, target, tips, labels),
        *_unit_layers(units),
        *context_layers(context),
    ]
    facts = [
        (formats.count(len(grids)), t("grids", "网格")),
        (formats.count(grids["households"].sum()), t("households", "户")),
        (formats.count(grids["population"].sum()), t("people", "人口")),
        (formats.area(grids["area_m2"].sum()), t("area", "面积")),
    ]
    m = Map(
        grids.total_bounds,
        title or t("Grid plan", "网格划分方案"),
        subtitle=subtitle,
        facts=facts,
        source=context.source,
    )
    m.add_layers(layers)
    return m


def deviation_pct(
    grids: gpd.GeoDataFrame, balance: Balance = "households", target: float | None = None
) -> npt.NDArray[np.float64]:
    """Give how far each grid's load lies from what it should be, in percent of that.

    Parameters
    ----------
    grids
        With ``kind``, ``parent_code`` and the column `balance`.
    balance, target
        As in `plan_map`.

    Returns
    -------
    (n,) float64; NaN for dedicated grids, which are exempt, and where the target is 0.
    """
    load = grids[balance].astype("float64")
    counts = grids["kind"] != "dedicated"
    if target is None:
        means = load[counts].groupby(grids["parent_code"][counts]).mean()
        ideal = grids["parent_code"].map(means).to_numpy(dtype=np.float64)
    else:
        ideal = np.full(len(grids), float(target))
    ideal = np.where(counts & (ideal > 0), ideal, np.nan)
    return np.asarray((load.to_numpy() - ideal) / ideal * 100, dtype=np.float64)


def grid_tooltips(
    grids: gpd.GeoDataFrame, off_pct: npt.NDArray[np.float64], balance: Balance, context: Context
) -> Tooltips:
    """Give the name and the figures of each grid; parameters as in `plan_map`, and what `deviation_pct` gives."""
    kinds = {
        "general": t("general", "普通"),
        "dedicated": t("dedicated, exempt from balance", "专属（不参与均衡）"),
        "unit": t("unit grid, by area", "单元网格（按面积）"),
    }
    rows = {
        t("Code", "编码"): grids["code"].astype(str).tolist(),
        t("Kind", "类型"): [kinds.get(kind, str(kind)) for kind in grids["kind"]],
        t("Community", "社区"): _parent_names(grids["parent_code"], context.jurisdictions),
        t("Households", "户数"): [formats.count(v) for v in grids["households"]],
        t("Population", "人口"): [formats.count(v) for v in grids["population"]],
        t("Area", "面积"): [formats.area(v) for v in grids["area_m2"]],
        **_workload_row(grids),
        t("Basic units", "基本单元"): [formats.count(v) for v in grids["n_units"]],
        _deviation_name(balance): [formats.percent(v, signed=True) for v in off_pct],
    }
    return Tooltips(grid_headings(grids, context.jurisdictions), rows)


def _workload_row(grids: gpd.GeoDataFrame) -> dict[str, list[str]]:
    if "workload" not in grids:
        return {}
    return {t("Workload, minutes a day", "工作量（分钟/日）"): [formats.count(v) for v in grids["workload"]]}


def _parent_names(parents: "pd.Series[Any]", jurisdictions: gpd.GeoDataFrame | None) -> list[str]:
    if jurisdictions is None:
        return parents.astype(str).tolist()
    names = dict(zip(jurisdictions["code"], names_of(jurisdictions), strict=True))
    return [str(names.get(code, code)) for code in parents]


def _deviation_name(balance: Balance) -> str:
    return {
        "households": t("Deviation of households", "户数偏差"),
        "population": t("Deviation of population", "人口偏差"),
        "area_m2": t("Deviation of area", "面积偏差"),
        "workload": t("Deviation of workload", "工作量偏差"),
    }[balance]


def _grids_legend() -> Legend:
    items = [LegendItem(t("Grid", "网格"), {**_BORDER, "color": "#8a949e", "fillColor": FILLS[0]})]
    note = t("Colours only tell neighbours apart.", "颜色仅用于区分相邻网格。")
    return Legend(t("Managed grids", "管理网格"), items, note)


def _balance_layer(
    grids: gpd.GeoDataFrame,
    off_pct: npt.NDArray[np.float64],
    balance: Balance,
    target: float | None,
    tips: Tooltips,
    labels: list[str],
) -> FeatureLayer:
    """Give the layer coloured by deviation, with exempt grids in grey."""
    colours: list[Style] = [{**_BORDER, "color": "#9aa3ab", "fillColor": colour} for colour in DIVERGING]
    exempt = np.isnan(off_pct)
    style_of = np.where(exempt, len(DIVERGING), classes_of(np.nan_to_num(off_pct), _LIMITS_PCT))
    texts = [f"{low:+.0f} … {high:+.0f} %" for low, high in pairwise(_LIMITS_PCT)]
    texts = [
        t("below {v:.0f} %", "低于 {v:.0f} %", v=_LIMITS_PCT[0]),
        *texts,
        t("above +{v:.0f} %", "高于 +{v:.0f} %", v=_LIMITS_PCT[-1]),
    ]
    items = [LegendItem(text.replace("-", "−"), style) for text, style in zip(texts, colours, strict=True)][::-1]
    if exempt.any():
        items.append(LegendItem(t("exempt from balance", "不参与均衡"), _EXEMPT))
    note = (
        t("From the mean of the grids with the same parent.", "相对于同一上级内网格的平均值。")
        if target is None
        else t("From the target of {v}.", "相对于目标值 {v}。", v=formats.count(target))
    )
    return FeatureLayer(
        grids.geometry,
        [*colours, _EXEMPT],
        style_of,
        name=t("Balance", "均衡情况"),
        base=True,
        show=False,
        tooltips=tips,
        labels=labels,
        legend=Legend(_deviation_name(balance), items, note),
    )


def _unit_layers(units: gpd.GeoDataFrame | None) -> list[FeatureLayer]:
    if units is None:
        return []
    style: Style = {"color": "#374151", "weight": 0.5, "opacity": 0.7, "fillOpacity": 0}
    tips = Tooltips(
        units["unit_id"].astype(str).tolist(),
        {
            t("Households", "户数"): [formats.count(v) for v in units["households"]],
            t("Population", "人口"): [formats.count(v) for v in units["population"]],
        },
    )
    name = t("Basic units", "基本单元")
    legend = Legend(name, [LegendItem(t("Basic unit", "基本单元"), style)])
    return [FeatureLayer(units.geometry, [style], name=name, show=False, tooltips=tips, legend=legend)]
