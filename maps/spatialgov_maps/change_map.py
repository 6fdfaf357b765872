"""The map of before and after: where the rate of incidents changed by more than chance explains."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from spatialgov.incidents import Comparison
from spatialgov.language import t
from spatialgov_maps import formats
from spatialgov_maps.base import Legend, LegendItem, LegendLayer, Map, Style, Tooltips
from spatialgov_maps.colours import DIVERGING, SEQUENTIAL, classes_of
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.controls import Panel
from spatialgov_maps.heat_map import CELL, class_texts, density_limits
from spatialgov_maps.raster_layer import cells_layer

__all__ = ["change_layers", "change_map"]

_NONE: Style = {**CELL, "fillColor": "#f7f7f7", "fillOpacity": 0.5}
_UNSURE: Style = {**CELL, "fillColor": "#c9ced3", "fillOpacity": 0.6}
_RATIOS = (0.5, 0.67, 1.0, 1.5, 2.0)
_LAYERS = 4
"""Each cell is drawn as often."""

Floats = npt.NDArray[np.float64]


def change_layers(found: Comparison, names: tuple[str, str]) -> list[LegendLayer] | None:
    """Give the layers to choose from: the ratio, the difference, the period before and the one after.

    Parameters
    ----------
    found
        From `spatialgov.incidents.compare_periods`.
    names
        The two periods.

    Returns
    -------
    list of LegendLayer or None
        None when there are so many cells that the page would be too large; a coarser resolution is needed.
    """
    cells = found.cells
    if cells.empty:
        return []
    area = cells["area_km2"].to_numpy()
    per_km2 = [cells["before"].to_numpy() / area / found.weeks[0], cells["after"].to_numpy() / area / found.weeks[1]]
    unit = t("Incidents per km² a week", "每平方公里每周事件")
    limits = density_limits(np.concatenate([values[values > 0] for values in per_km2]))
    made = [_ratio_layer(found), _difference_layer(found)]
    made += [
        _period_layer(found, values, limits, f"{word}: {unit}", f"{word} ({name})")
        for values, word, name in zip(per_km2, (t("Before", "之前"), t("After", "之后")), names, strict=True)
    ]
    kept = [layer for layer in made if layer is not None]
    return kept if len(kept) == len(made) else None


def _ratio_layer(found: Comparison) -> LegendLayer | None:
    texts = [f"< {_RATIOS[0]:g} ×", *[f"{a:g} – {b:g} ×" for a, b in pairwise(_RATIOS)], f"≥ {_RATIOS[-1]:g} ×"]
    name = t("Change: ratio", "变化：倍数")
    heading = t("Rate after over rate before", "之后与之前的发生率之比")
    # without incidents in either there is no ratio; such cells are not in the table
    return _change_layer(found, found.cells["ratio"].to_numpy(), list(_RATIOS), texts, name, heading, show=True)


def _difference_layer(found: Comparison) -> LegendLayer | None:
    difference = found.cells["difference"].to_numpy()
    sure = np.abs(difference[found.cells["changed"].to_numpy()])
    steps = density_limits(sure, 3) if len(sure) else []
    limits = [*[-step for step in reversed(steps)], 0.0, *steps]
    edges = [f"{limit:+,.3g}".replace("-", "\u2212") if limit else "0" for limit in limits]
    texts = [f"< {edges[0]}", *[f"{a} – {b}" for a, b in pairwise(edges)], f"≥ {edges[-1]}"]
    name = t("Change: difference", "变化：差值")
    heading = t("Incidents per km² a week more", "每平方公里每周增加的事件")
    return _change_layer(found, difference, limits, texts, name, heading, show=False)


def _change_layer(
    found: Comparison,
    values: Floats,
    limits: list[float],
    texts: list[str],
    name: str,
    heading: str,
    *,
    show: bool,
) -> LegendLayer | None:
    """Give the cells by class of change, grey where chance explains it."""
    half = len(texts) // 2
    colours = [*DIVERGING[:half], *DIVERGING[-half:]]
    classed = [LegendItem(text, {**CELL, "fillColor": colour}) for text, colour in zip(texts, colours, strict=True)]
    items = [LegendItem(t("chance explains it", "属随机波动"), _UNSURE), *classed]
    classes = np.where(found.cells["changed"], classes_of(values, limits) + 1, 0)
    note = t(
        "Exact test of each cell, false discovery rate {a:g} %.",
        "逐单元精确检验，错误发现率 {a:g}%。",
        a=found.alpha * 100,
    )
    legend = Legend(heading, [*classed[::-1], items[0]], t(" ", "").join([note, *_notes(found)]))
    return cells_layer(
        found.cells, classes, items, heading, lambda: _tooltips(found), _points(found),
        layers=_LAYERS, name=name, base=True, show=show, legend=legend,
    )  # fmt: skip


def _period_layer(
    found: Comparison, per_km2: Floats, limits: list[float], heading: str, name: str
) -> LegendLayer | None:
    styles = [_NONE, *[{**CELL, "fillColor": colour} for colour in SEQUENTIAL[: len(limits) + 1]]]
    texts = [t("none", "无"), *class_texts(limits)]
    items = [LegendItem(text, style) for text, style in zip(texts, styles, strict=True)]
    classes = np.where(per_km2 > 0, classes_of(per_km2, limits) + 1, 0)
    same = t("The classes are the same before and after.", "前后分级相同。")
    legend = Legend(heading, items[::-1], t(" ", "").join([same, *_notes(found)]))
    return cells_layer(
        found.cells, classes, items, heading, lambda: _tooltips(found), _points(found),
        layers=_LAYERS, name=name, base=True, show=False, legend=legend,
    )  # fmt: skip


def _points(found: Comparison) -> int:
    return int(found.cells["before"].sum() + found.cells["after"].sum())


def _notes(found: Comparison) -> list[str]:
    notes = [t("H3 cells of resolution {r}.", "H3 第 {r} 级单元格。", r=found.resolution)]
    if found.minimum > 1:
        notes.append(
            t(
                "Cells with fewer than {m} incidents in a period are not shown ({n}).",
                "任一时段少于 {m} 起事件的单元格不显示（{n} 个）。",
                m=found.minimum,
                n=f"{found.suppressed:,}",
            )
        )
    return notes


def _tooltips(found: Comparison) -> Tooltips:
    cells = found.cells
    heading = {
        (True, True): t("More incidents", "事件增多"),
        (True, False): t("Fewer incidents", "事件减少"),
        (False, True): t("No change beyond chance", "变化属随机波动"),
        (False, False): t("No change beyond chance", "变化属随机波动"),
    }
    intervals = [formats.ratios(low, high) for low, high in zip(cells["low"], cells["high"], strict=True)]
    return Tooltips(
        [heading[bool(sure), more > 0] for sure, more in zip(cells["changed"], cells["difference"], strict=True)],
        {
            t("Before", "之前"): [formats.count(v) for v in cells["before"]],
            t("After", "之后"): [formats.count(v) for v in cells["after"]],
            t("Ratio of the rates", "发生率之比"): [formats.ratio(v) for v in cells["ratio"]],
            t("95 % interval", "95% 区间"): intervals,
            t("More per km² a week", "每平方公里每周增加"): [formats.signed(v) for v in cells["difference"]],
            "p": [formats.p_value(v) for v in cells["p"]],
        },
    )


def change_map(
    found: Comparison,
    layers: Sequence[LegendLayer],
    names: tuple[str, str],
    *,
    context: Context | None = None,
    subtitle: str = "",
) -> Map:
    """Draw two periods and what changed between them; the layer switch turns from one to the other.

    Parameters
    ----------
    found
        From `spatialgov.incidents.compare_periods`.
    layers
        Of the same, by `change_layers`.
    names
        The two periods.
    context
        What surrounds the cells.
    subtitle
        The header's text under the title.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    around = context.jurisdictions
    changed = found.cells["changed"]
    more = int((changed & (found.cells["difference"] > 0)).sum())
    m = Map(
        (found.cells if around is None or around.empty else around).total_bounds,
        t("Before and after", "前后对比"),
        subtitle=subtitle,
        facts=[
            (formats.count(more), t("cells with more", "增多的单元格")),
            (formats.count(int(changed.sum()) - more), t("cells with fewer", "减少的单元格")),
        ],
        source=context.source,
    )
    m.add_layers([*layers, *light_context_layers(context)])
    _panel(found, names).add_to(m)
    return m


def _panel(found: Comparison, names: tuple[str, str]) -> Panel:
    """Give both periods as a whole."""
    counts = (found.before, found.after)
    rows = [
        [word, name, t("not shown", "不公开") if n < 0 else f"{n:,}", "" if n < 0 else formats.number(n / weeks)]
        for word, name, n, weeks in zip(
            (t("Before", "之前"), t("After", "之后")), names, counts, found.weeks, strict=True
        )
    ]
    total = found.total
    paragraphs = []
    if min(counts) >= 0 and max(counts) > 0:
        low, high = float(total.low[0]), float(total.high[0])
        chance = t("which chance explains", "属随机波动")
        judged = chance if low <= 1 <= high else t("more than chance explains", "超出随机波动")
        paragraphs.append(
            t(
                "All together: {r} (95 % interval {interval}), {judged}.",
                "总体：{r}（95% 区间 {interval}），{judged}。",
                r=formats.ratio(float(total.ratio[0])),
                interval=formats.ratios(low, high),
                judged=judged,
            )
        )
    paragraphs.append(
        t(
            "Seasons and holidays differ too: compare with the same weeks of another year where there are any.",
            "季节、节假日亦有影响：如有往年数据，宜与上年同期比较。",
        )
    )
    head = ["", t("Period", "时段"), t("Incidents", "事件"), t("a week", "每周")]
    return Panel(t("Both periods", "两个时段"), paragraphs, head, rows)
