"""The map of what to change: the grids to split, to merge, or to relieve of units, each with its reason."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

import geopandas as gpd
import shapely

from spatialgov.language import t
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, Map, Style, Tooltips
from spatialgov_maps.context import Context, context_layers

__all__ = ["recommend_map"]

_GRID: Style = {"color": "#ffffff", "weight": 1.1, "opacity": 1, "fillColor": "#c4cac9", "fillOpacity": 0.7}
_CHANGE: Style = {"color": "#374151", "weight": 1.6, "opacity": 1, "fillOpacity": 0.8}
_COLOURS = {"split": "#EE8866", "merge": "#77AADD", "move": "#EEDD88", "dedicate": "#AAAA00", "staff": "#FFAABB"}


def recommend_map(
    grids: gpd.GeoDataFrame,
    recommendations: Sequence[Mapping[str, Any]],
    *,
    context: Context | None = None,
    title: str = "",
    subtitle: str = "",
) -> Map:
    """Draw the grids that a recommendation touches, numbered in its order.

    Parameters
    ----------
    grids
        ``code``, polygons, EPSG:4326: the grids that the recommendations are about.
    recommendations
        ``kind`` (split, merge, move, dedicate, staff), ``grids`` (codes), ``households_moved``, ``before``, ``after``
        (code → households), ``reason``: the most useful first.
    context
        What surrounds the grids.
    title, subtitle
        The header's text; the title is "Recommendations" by default.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    layers = [
        FeatureLayer(
            grids.geometry, [_GRID], legend=Legend("", [LegendItem(t("Grid, stays as it is", "网格，不变"), _GRID)])
        ),
        *_change_layers(grids, recommendations),
        *context_layers(context),
    ]
    moved = sum(int(item["households_moved"]) for item in recommendations)
    facts = [
        (formats.count(len(recommendations)), t("recommendations", "条建议")),
        (formats.count(moved), t("households change grid", "涉及户数")),
    ]
    m = Map(
        grids.total_bounds,
        title or t("Recommendations", "调整建议"),
        subtitle=subtitle,
        facts=facts,
        source=context.source,
    )
    m.add_layers(layers)
    return m


def _change_layers(grids: gpd.GeoDataFrame, recommendations: Sequence[Mapping[str, Any]]) -> list[FeatureLayer]:
    """Give one shape a recommendation: its grids together."""
    if not recommendations:
        return []
    names = {
        "split": t("Split", "拆分"),
        "merge": t("Merge", "合并"),
        "move": t("Move units", "调整单元"),
        "dedicate": t("Make dedicated", "划为专属"),
        "staff": t("Add posts", "增加岗位"),
    }
    codes, shapes = grids["code"], grids.geometry.to_numpy()
    kinds = list(_COLOURS)
    styles: list[Style] = [{**_CHANGE, "fillColor": _COLOURS[kind]} for kind in kinds]
    drawn_as = [kinds.index(item["kind"]) for item in recommendations]
    tips = Tooltips(
        [f"{number}. {names[item['kind']]}" for number, item in enumerate(recommendations, start=1)],
        {
            t("Households before", "调整前户数"): [_loads(item["before"]) for item in recommendations],
            t("Households after", "调整后户数"): [_loads(item["after"]) for item in recommendations],
            t("Households that change grid", "涉及户数"): [
                formats.count(item["households_moved"]) for item in recommendations
            ],
        },
        [str(item["reason"]) for item in recommendations],
    )
    items = [LegendItem(names[kind], styles[i]) for i, kind in enumerate(kinds) if i in drawn_as]
    name = t("Recommendations", "调整建议")
    note = t("Numbers give the order: the most useful first.", "数字为次序：最有用的在前。")
    known = set(codes)
    together = [
        shapely.union_all(shapes[codes.isin({_drawn(code, known) for code in item["grids"]})])
        for item in recommendations
    ]
    return [
        FeatureLayer(
            gpd.GeoSeries(together, crs=grids.crs),
            styles,
            drawn_as,
            name=name,
            tooltips=tips,
            labels=[str(number) for number in range(1, len(recommendations) + 1)],
            legend=Legend(name, items, note),
        )
    ]


def _drawn(code: str, known: Set[str]) -> str:
    """Give the grid that is drawn for a code: of a placeholder the grid that it is made of."""
    while code not in known and "-" in code:
        code = code.rpartition("-")[0]
    return code


def _loads(households: Mapping[str, int]) -> str:
    """Give the households of each grid by the sequence in its code (a placeholder ends in -2, -3 …)."""
    codes = [code.rpartition("-") if "-" in code else (code, "", "") for code in households]
    short = [f"{base[-3:]}{dash}{part}" for base, dash, part in codes]
    return ", ".join(f"{code}: {formats.count(n)}" for code, n in zip(short, households.values(), strict=True))
