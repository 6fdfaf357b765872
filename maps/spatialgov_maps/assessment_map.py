"""The map of an assessment: which grids are apart from their peers, indicator by indicator; all others are as they."""

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.allocation.assessment import INDICATORS, VERDICTS, Indicator
from spatialgov.language import t
from spatialgov.workspace import Area, AssessmentQuestion, Workspace
from spatialgov.workspace.assessment_results import figure, peers_name, verdict_name
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, Map, Style, Tooltips
from spatialgov_maps.context import Context, grid_headings, light_context_layers
from spatialgov_maps.workspace_context import context_of, edition_text, joined, jurisdiction_name

__all__ = ["assessment_map", "map_of_assessment"]

_GRID: Style = {"color": "#ffffff", "weight": 1.1, "opacity": 1, "fillOpacity": 0.8}
_GOOD, _BAD = "#67a9cf", "#ef8a62"
_LIKE, _NOTHING = "#e3e6e8", "#b9c0c5"


def map_of_assessment(workspace: Workspace, question: AssessmentQuestion, *, area: Area | None = None) -> Map:
    """Draw how the grids in force did in the last period, beside their peers; raises as `Assessments.assess`."""
    found = workspace.assessments.assess(question, area=area)
    newest = found.periods[-1].label
    context = context_of(workspace, area)
    return assessment_map(
        workspace.analysis.grids_in_force(area=area),
        found.grids[found.grids["period"] == newest],
        context=context,
        period=newest,
        subtitle=joined(jurisdiction_name(context), edition_text(found.basis["edition"]), newest),
        level=question.level,
    )


def assessment_map(
    grids: gpd.GeoDataFrame,
    table: pd.DataFrame,
    *,
    period: str,
    level: float = 0.95,
    context: Context | None = None,
    subtitle: str = "",
) -> Map:
    """Draw an assessment of one period.

    Parameters
    ----------
    grids
        ``code``, ``name``, ``parent_code``, polygons, EPSG:4326.
    table
        `AssessmentResult.grids` of that period.
    period
        Its label.
    level
        Of the intervals.
    context
        What surrounds the grids.
    subtitle
        The header's text under the title.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    headings = grid_headings(grids, context.jurisdictions)
    shown = [one for one in INDICATORS.values() if one.key in set(table["indicator"])]
    layers = [
        _layer(grids, table[table["indicator"] == one.key].set_index("code"), one, headings, level, show=i == 0)
        for i, one in enumerate(shown)
    ]
    apart = table["verdict"].isin(["above", "below"])
    facts = [
        (formats.count(len(grids)), t("grids", "个网格")),
        (period, t("period", "周期")),
        (
            formats.count(table.loc[apart, "code"].nunique()),
            t("apart from their peers in something", "个网格有指标异于同类"),
        ),
    ]
    m = Map(
        grids.total_bounds, t("Assessment of grids", "网格考核"), subtitle=subtitle, facts=facts, source=context.source
    )
    m.add_layers([*layers, *light_context_layers(context)])
    return m


def _layer(
    grids: gpd.GeoDataFrame, rows: pd.DataFrame, one: Indicator, headings: list[str], level: float, *, show: bool
) -> FeatureLayer:
    """Give the grids by what one indicator says of them."""
    own = rows.reindex(grids["code"])
    good = one.better != "less"
    colours = (*((_GOOD, _BAD) if good else (_BAD, _GOOD)), _LIKE, _NOTHING, _NOTHING)
    styles: list[Style] = [{**_GRID, "fillColor": colour} for colour in colours]
    drawn_as = own["verdict"].map(VERDICTS.index).to_numpy(dtype=np.int64)
    items = [
        LegendItem(verdict_name(state, one.better), styles[i])
        for i, state in enumerate(VERDICTS)
        if (drawn_as == i).any()
    ]
    note = t(
        "{formula} Compared with peers of the same kind, intervals of {level:.0%}.",
        "{formula}与同类网格比较，{level:.0%} 区间。",
        formula=one.told_formula,
        level=level,
    )
    tips = Tooltips(
        headings,
        {
            t("Code", "编码"): grids["code"].astype(str).tolist(),
            t("Estimate", "估计值"): [figure(value, one.unit) for value in own["estimate"]],
            t("Interval", "区间"): [
                f"{figure(low, one.unit)} – {figure(high, one.unit)}"
                for low, high in zip(own["low"], own["high"], strict=True)
            ],
            t("Observed", "观测值"): [figure(value, one.unit) for value in own["raw"]],
            t("Observations", "观测数"): ["" if pd.isna(n) else formats.count(n) for n in own["observations"]],
            t("Peers", "同类"): [peers_name(peers) for peers in own["peers"]],
            t("Group", "组"): ["" if pd.isna(n) else str(n) for n in own["group"]],
            t("Verdict", "结论"): [verdict_name(verdict, one.better) for verdict in own["verdict"]],
        },
    )
    return FeatureLayer(
        grids.geometry,
        styles,
        drawn_as,
        name=one.title,
        base=True,
        show=show,
        tooltips=tips,
        legend=Legend(one.title, items, note),
    )
