"""The map of coverage: what of each area the cameras see, for certain and perhaps, and where."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.coverage import Sight
from spatialgov.coverage.demand.demands import DEMAND_KINDS
from spatialgov.language import t
from spatialgov.workspace.coverage_results import class_name, column_name, should_name
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, Map, Style, Tooltips
from spatialgov_maps.camera_layers import building_layer, camera_layer, sector_layer, seen_layer
from spatialgov_maps.colours import classes_of
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.controls import Panel

__all__ = ["amount", "coverage_map", "covered_table", "share_bounds"]

_SHARES = (0.05, 0.1, 0.2, 0.5)
_SHARE_COLOURS = ("#f1eef6", "#bdc9e1", "#74a9cf", "#2b8cbe", "#045a8d")
"""ColorBrewer PuBu: from little covered to much."""
_NOTHING = "#c9ced3"
_CONTEXT_ROOM = 100_000
_AREA: Style = {"color": "#ffffff", "weight": 1.1, "opacity": 1, "fillOpacity": 0.75}


def coverage_map(
    areas: gpd.GeoDataFrame,
    total: pd.DataFrame,
    sight: Sight,
    own: npt.NDArray[np.bool_],
    *,
    headings: list[str],
    missing: Mapping[str, int],
    context: Context | None = None,
    subtitle: str = "",
) -> Map:
    """Draw which share of each area the cameras cover, and the ground that they see.

    Parameters
    ----------
    areas
        From `CoverageAnalysis.by_area`.
    total
        From `CoverageAnalysis.measure`, of all areas together.
    sight
        What the cameras see.
    own
        bool, aligned with the sight: which cameras may be shown.
    headings
        What each area is called.
    missing
        What the cameras' records lack → how many lack it.
    context
        What surrounds the areas.
    subtitle
        The header's text under the title.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    table = sight.views.table[own]
    tips = _tooltips(areas, headings)
    seen = seen_layer(sight, areas.geometry)
    shares = [_share_layer(areas, kind, tips, show=kind == "ground") for kind in ("ground", "road")]
    whole = total.set_index("kind")
    facts = [
        (share_bounds(*whole.loc[kind, ["lower_share", "upper_share"]]), should_name(kind))
        for kind in ("ground", "road")
    ]
    facts.append((f"{int(table['working'].sum()):,} / {len(table):,}", t("cameras that work", "在用摄像机")))
    m = Map(
        areas.total_bounds, t("Camera coverage", "视频监控覆盖"), subtitle=subtitle, facts=facts, source=context.source
    )
    pictures = [layer for layer in (building_layer(sight, areas.total_bounds), seen) if layer is not None]
    layers = [*shares, *pictures, sector_layer(sight, own), *light_context_layers(context, _CONTEXT_ROOM)]
    m.add_layers([*layers, camera_layer(table)])
    _panel(whole, sight.views.needed, missing).add_to(m)
    return m


def share_bounds(lower: float, upper: float) -> str:
    """Give a share with its bounds: one number where they are the same."""
    if np.isnan(lower):
        return "–"
    if round(lower, 3) == round(upper, 3):
        return formats.percent(100 * lower)
    return f"{100 * lower:.1f} – {formats.percent(100 * upper)}"


def amount(value: float, unit: str) -> str:
    """Give an amount of what should be seen, in its unit (`DEMAND_KINDS`)."""
    if unit == "m2":
        return formats.area(value)
    if unit == "m":
        return f"{value / 1000:,.1f} km" if value >= 1000 else f"{value:,.0f} m"
    return f"{value:,.0f}"


def _tooltips(areas: gpd.GeoDataFrame, headings: list[str]) -> Tooltips:
    rows = {t("Code", "编码"): areas["code"].astype(str).tolist()}
    for kind, unit in DEMAND_KINDS.items():
        columns = areas[[f"{kind}_{unit}", f"{kind}_lower_share", f"{kind}_upper_share"]].to_numpy(dtype=np.float64)
        rows[should_name(kind)] = [
            t("{bounds} of {all}", "{all} 中 {bounds}", bounds=share_bounds(lower, upper), all=amount(in_all, unit))
            if in_all > 0
            else ""
            for in_all, lower, upper in columns.tolist()
        ]
    return Tooltips(headings, rows)


def _share_layer(areas: gpd.GeoDataFrame, kind: str, tips: Tooltips, *, show: bool) -> FeatureLayer:
    """Give the areas by the share that is covered for certain."""
    styles: list[Style] = [{**_AREA, "fillColor": colour} for colour in (*_SHARE_COLOURS, _NOTHING)]
    share = areas[f"{kind}_lower_share"].to_numpy(dtype=np.float64)
    none = np.isnan(share)
    texts = [f"{100 * low:.0f} – {100 * high:.0f} %" for low, high in pairwise([0.0, *_SHARES, 1.0])]
    items = [LegendItem(text, style) for text, style in zip(texts, styles, strict=False)][::-1]
    if none.any():
        items.append(LegendItem(t("nothing to be seen", "无需覆盖"), styles[-1]))
    name = t("Covered: {what}", "覆盖率：{what}", what=should_name(kind))
    note = t("For certain, by cameras that work.", "在用摄像机确定覆盖。")
    return FeatureLayer(
        areas.geometry,
        styles,
        np.where(none, len(_SHARE_COLOURS), classes_of(np.nan_to_num(share), _SHARES)),
        name=name,
        base=True,
        show=show,
        tooltips=tips,
        labels=["" if empty else f"{100 * v:.0f} %" for v, empty in zip(share, none, strict=True)],
        legend=Legend(name, items, note),
    )


def covered_table(whole: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Give head and rows of a table of what is covered, of `CoverageAnalysis.measure` by its kinds."""
    kinds: list[Any] = list(whole.itertuples())
    rows = [
        [should_name(row.Index), amount(row.should_be_seen, row.unit), share_bounds(row.lower_share, row.upper_share)]
        for row in kinds
        if row.should_be_seen > 0
    ]
    return ["", t("in all", "总量"), t("covered", "覆盖率")], rows


def _panel(whole: pd.DataFrame, needed: str, missing: Mapping[str, int]) -> Panel:
    head, rows = covered_table(whole)
    paragraphs = [
        t(
            "Covered: in the line of sight of a camera that works, near enough for the class “{name}”. Where two "
            "numbers stand, the lower is certain; the upper needs what nobody has written down.",
            "覆盖：位于在用摄像机视线之内，且距离满足“{name}”等级。有两个数值时，前者为确定覆盖，"
            "后者取决于缺失的参数。",
            name=class_name(needed),
        )
    ]
    if missing:
        lacks = t(", ", "、").join(f"{column_name(column)} {n}" for column, n in missing.items())
        paragraphs.append(t("Cameras whose record lacks: {lacks}.", "缺少参数的摄像机：{lacks}。", lacks=lacks))
    return Panel(t("What is covered", "覆盖情况"), paragraphs, head, rows)
