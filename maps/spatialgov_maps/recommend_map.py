"""The page of what to change: a ranked list beside the map, the proposed borders, the grids before and after."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np

from spatialgov.allocation import KINDS, Kind, Limits, Recommendation
from spatialgov.language import t
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, LegendLayer, Map, Style, Tooltips
from spatialgov_maps.context import Context, grid_headings, light_context_layers, names_of
from spatialgov_maps.ranking import Ranked, Ranking

__all__ = ["KIND_COLOURS", "Advised", "kind_name", "limits_text", "recommend_map"]

KIND_COLOURS: Mapping[Kind, str] = {
    "split": "#EE8866", "merge": "#77AADD", "move": "#EEDD88", "dedicate": "#AAAA00", "staff": "#FFAABB",
}  # fmt: skip
_GRID: Style = {"color": "#ffffff", "weight": 1.1, "opacity": 1, "fillColor": "#c4cac9", "fillOpacity": 0.55}
_CHANGE: Style = {"color": "#4b5563", "weight": 1.4, "opacity": 1, "fillOpacity": 0.7}
_NEW: Style = {"color": "#111827", "weight": 3, "opacity": 0.95}
_GONE: Style = {"color": "#b91c1c", "weight": 2.2, "opacity": 0.95, "dashArray": "4 5"}
_STATE: Style = {"color": "#ffffff", "weight": 1.1, "opacity": 1, "fillOpacity": 0.8}
_STATE_COLOURS = {
    "under": "#67a9cf", "within": "#d5dbd0", "over": "#ef8a62", "other": "#af8dc3", "exempt": "#f3f4f0",
}  # fmt: skip
_CONTEXT_ROOM = 120_000


@dataclass(frozen=True, eq=False, slots=True)
class Advised:
    """What the page shows.

    Attributes
    ----------
    before, after
        The grids now, and with all that is recommended taken in turn: `spatialgov.allocation.review`.
    recommendations
        In their order.
    ground
        Aligned with them: what gets another grid, or the grid that gets posts; EPSG:4326.
    borders
        `spatialgov.allocation.proposed_borders`.
    limits
        What grids should keep.
    posts
        Code → posts of the grids now; None where staffing is not in question.
    basis
        Sentences on what it stands on.
    """

    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    recommendations: Sequence[Recommendation]
    ground: gpd.GeoSeries
    borders: gpd.GeoDataFrame
    limits: Limits
    posts: Mapping[str, int] | None = None
    basis: Sequence[str] = ()


def recommend_map(advised: Advised, *, context: Context | None = None, subtitle: str = "") -> Map:
    """Draw what to change where, the grids before and after, and list it, numbered in its order.

    Parameters
    ----------
    advised
        What to change, and what comes of it.
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
    found, before, after = advised.recommendations, advised.before, advised.after
    moved = sum(item.households_moved for item in found)
    facts = [
        (f"{_out(before)} → {_out(after)}", t("grids out of their limits", "超限网格")),
        (formats.count(len(found)), t("recommendations", "条建议")),
        (formats.count(moved), t("households change grid", "涉及户数")),
    ]
    title = t("Recommendations", "调整建议")
    m = Map(before.total_bounds, title, subtitle=subtitle, facts=facts, source=context.source)
    changes = _change_layer(advised, context)
    layers: list[LegendLayer] = [
        *([] if changes is None else [changes]),
        _state_layer(before, advised, t("Before", "调整前"), context, show=changes is None),
        *([] if changes is None else [_state_layer(after, advised, t("After", "调整后"), context, show=False)]),
        *light_context_layers(context, _CONTEXT_ROOM),
        *_border_layers(advised.borders),
    ]
    m.add_layers(layers)
    _ranking(m, changes, advised, context)
    return m


def kind_name(kind: Kind) -> str:
    """Give what a kind of recommendation is called."""
    return {
        "split": t("Split", "拆分"),
        "merge": t("Merge", "合并"),
        "move": t("Move units", "调整单元"),
        "dedicate": t("Make dedicated", "划为专属"),
        "staff": t("Add posts", "增加岗位"),
    }[kind]


def limits_text(limits: Limits) -> list[str]:
    """Say what grids should keep, a text a limit."""
    least, most = limits.households
    said = [
        t(
            "{least} to {most} households a grid",
            "每格 {least} 至 {most} 户",
            least=formats.count(least),
            most=formats.count(most),
        )
    ]
    if limits.area_m2 is not None:
        least, most = (value / 1e6 for value in limits.area_m2)
        said.append(t("{least:.3g} to {most:.3g} km²", "{least:.3g} 至 {most:.3g} 平方千米", least=least, most=most))
    if limits.workload is not None:
        least, most = limits.workload
        said.append(
            t(
                "{least:.0f} to {most:.0f} minutes of work a day and post",
                "每岗每日工作量 {least:.0f} 至 {most:.0f} 分钟",
                least=least,
                most=most,
            )
        )
    return said


def _out(grids: gpd.GeoDataFrame) -> int:
    return int((grids["broken"] != "").sum())


def _change_layer(advised: Advised, context: Context) -> FeatureLayer | None:
    """Give the grids, and over them the ground of each recommendation with its number."""
    grids, found = advised.before, advised.recommendations
    if not found:
        return None
    n, none = len(grids), [""] * len(grids)
    headings = grid_headings(grids, context.jurisdictions)
    counts = [formats.count(v) for v in grids["households"]]
    tips = Tooltips(
        [*headings, *(f"{number}. {kind_name(item.kind)}" for number, item in enumerate(found, start=1))],
        {
            t("Households", "户数"): [*counts, *([""] * len(found))],
            t("Households before", "调整前户数"): [*none, *(_households(item.before) for item in found)],
            t("Households after", "调整后户数"): [*none, *(_households(item.after) for item in found)],
            t("Households that change grid", "涉及户数"): [
                *none, *(formats.count(item.households_moved) for item in found),
            ],
        },
        [*none, *(item.reason for item in found)],
    )  # fmt: skip
    styles: list[Style] = [*({**_CHANGE, "fillColor": KIND_COLOURS[kind]} for kind in KINDS), _GRID]
    drawn_as = [KINDS.index(item.kind) for item in found]
    items = [LegendItem(kind_name(kind), styles[i]) for i, kind in enumerate(KINDS) if i in drawn_as]
    items.append(LegendItem(t("Grid", "网格"), _GRID))
    name = t("What to change", "调整内容")
    note = t(
        "Ground that gets another grid, or more posts. Numbers give the order.",
        "更换网格或增加岗位的地块，数字为次序。",
    )
    return FeatureLayer(
        gpd.GeoSeries([*grids.geometry, *advised.ground], crs=grids.crs),
        styles,
        [len(KINDS)] * n + drawn_as,
        name=name,
        base=True,
        tooltips=tips,
        labels=[*none, *map(str, range(1, len(found) + 1))],
        legend=Legend(name, items, note),
    )


def _state_layer(grids: gpd.GeoDataFrame, advised: Advised, name: str, context: Context, *, show: bool) -> FeatureLayer:
    """Give the grids by whether they keep their limits."""
    other = (grids["broken"] != "") & (grids["households_beyond"] == 0)
    state = np.where(other, "other", grids["state"])
    names = {
        "under": t("too few households", "户数偏少"),
        "within": t("inside the limits", "符合标准"),
        "over": t("too many households", "户数偏多"),
        "other": t("area or work outside the limits", "面积或工作量超限"),
        "exempt": t("exempt", "不限（专属等）"),
    }
    styles: list[Style] = [{**_STATE, "fillColor": colour} for colour in _STATE_COLOURS.values()]
    kinds = list(_STATE_COLOURS)
    items = [LegendItem(names[kind], styles[i]) for i, kind in enumerate(kinds) if (state == kind).any()]
    rows = {
        t("Code", "编码"): grids["code"].tolist(),
        t("Households", "户数"): [formats.count(v) for v in grids["households"]],
    }
    if advised.limits.area_m2 is not None:
        rows[t("Area", "面积")] = [formats.area(v) for v in grids["area_m2"]]
    if advised.limits.workload is not None:
        rows[t("Work, minutes a day", "工作量（分钟/日）")] = [formats.count(v) for v in grids["workload"]]
    rows[t("State", "状态")] = [names[kind] for kind in state]
    return FeatureLayer(
        grids.geometry,
        styles,
        [kinds.index(kind) for kind in state],
        name=name,
        base=True,
        show=show,
        tooltips=Tooltips(grid_headings(grids, context.jurisdictions), rows),
        labels=[_short(code) for code in grids["code"]],
        legend=Legend(name, items, t("; ", "；").join(limits_text(advised.limits))),
    )


def _border_layers(borders: gpd.GeoDataFrame) -> list[FeatureLayer]:
    layers = []
    for change, style, name in (
        ("gone", _GONE, t("Border that goes", "取消的边界")),
        ("new", _NEW, t("New border", "新边界")),
    ):
        lines = borders[borders["change"] == change].geometry
        if len(lines):
            legend = Legend("", [LegendItem(name, style, "line")])
            layers.append(FeatureLayer(lines, [style], name=name, pane="lines", legend=legend))
    return layers


def _ranking(m: Map, changes: FeatureLayer | None, advised: Advised, context: Context) -> None:
    """Put the list beside the map, with what comes of all of it above and what it stands on below."""
    found, before, after = advised.recommendations, advised.before, advised.after
    head = ["", t("now", "现状"), t("all taken", "全部采纳后")]
    rows = [
        [t("grids", "网格"), *(formats.count(len(grids)) for grids in (before, after))],
        [t("out of their limits", "超限网格"), *(formats.count(_out(grids)) for grids in (before, after))],
        [
            t("households in them", "其中户数"),
            *(formats.count(grids["households"][grids["broken"] != ""].sum()) for grids in (before, after)),
        ],
    ]
    names = _places(before, context)
    items = [_ranked(number, item, names, advised.posts or {}) for number, item in enumerate(found, start=1)]
    paragraphs = [
        t(
            "The cheapest for each grid that it brings inside comes first; each helps by itself, and leaves no grid "
            "further out. A household that changes its grid counts half an hour of work, a further post a year of it: "
            "assumptions, only to compare.",
            "按每使一个网格达标的代价排序；每条均独立见效，且不使任何网格更差。"
            "一户变更网格计半小时，增加一个岗位计一年：仅为比较而设的假定。",
        )
    ]
    if not found:
        paragraphs = [
            t("Nothing to change: every grid keeps its limits.", "无需调整：各网格均符合标准。")
            if _out(before) == 0
            else t("No change brings a grid inside its limits.", "没有可使网格达标的调整。")
        ]
    title = t("In this order", "建议次序") if found else t("Nothing is recommended", "没有建议")
    Ranking(m, changes, title, head, rows, items, [*paragraphs, *advised.basis])


def _ranked(number: int, item: Recommendation, names: Mapping[str, str], posts: Mapping[str, int]) -> Ranked:
    known = set(names)
    where = list(dict.fromkeys(names[_drawn(code, known)] for code in item.grids if _drawn(code, known) in known))
    figures = [(t("Households", "户数"), _change(item.before, item.after, _households))]
    figures += [
        (name, _change(item.further[key]["before"], item.further[key]["after"], write))
        for key, name, write in (
            ("area_m2", t("Area", "面积"), _areas),
            ("workload", t("Work, minutes a day", "工作量（分钟/日）"), _households),
        )
        if key in item.further
    ]
    figures += [(t("Posts", "岗位"), f"{posts.get(code, 1)} → {n}") for code, n in item.posts.items()]
    if item.households_moved:
        figures.append((t("Households that change grid", "涉及户数"), formats.count(item.households_moved)))
    if item.cost_minutes:
        hours = t("{n} h", "{n} 小时", n=formats.number(item.cost_minutes / 60))
        figures.append((t("Cost, assumed", "代价（假定）"), hours))
    needs = t(", ", "、").join(map(str, item.needs))
    return Ranked(
        number,
        kind_name(item.kind),
        KIND_COLOURS[item.kind],
        t("; ", "；").join(where),
        figures,
        item.reason,
        t("After {needs}.", "须先采纳 {needs}。", needs=needs) if needs else "",
    )


def _places(grids: gpd.GeoDataFrame, context: Context) -> dict[str, str]:
    """Give code → community and number, as the labels of the map have it; the code where there is no community."""
    frame = context.jurisdictions
    names = {} if frame is None else dict(zip(frame["code"], names_of(frame), strict=True))
    return {
        code: t("{community}, {n}", "{community} {n}", community=names[parent], n=_short(code))
        if parent in names
        else code
        for code, parent in zip(grids["code"], grids["parent_code"], strict=True)
    }


def _drawn(code: str, known: Set[str]) -> str:
    """Give the grid that is drawn for a code: of a placeholder the grid that it is made of."""
    while code not in known and "-" in code:
        code = code.rpartition("-")[0]
    return code


def _short(code: str) -> str:
    """Give the sequence in a code (a placeholder ends in -2, -3 …)."""
    base, dash, part = code.rpartition("-") if "-" in code else (code, "", "")
    return f"{base[-3:]}{dash}{part}"


def _change(before: Mapping[str, Any], after: Mapping[str, Any], write: Any) -> str:
    return write(before) if before == after else f"{write(before)} → {write(after)}"


def _households(held: Mapping[str, float]) -> str:
    """Give the figures of grids by the sequence in their codes."""
    return ", ".join(f"{_short(code)}: {formats.count(n)}" for code, n in held.items())


def _areas(held: Mapping[str, float]) -> str:
    return ", ".join(f"{_short(code)}: {formats.area(n)}" for code, n in held.items())
