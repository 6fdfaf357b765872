"""The map of hot spots by several methods, each with the question that it answers."""

from collections.abc import Sequence

from spatialgov.incidents import HotSpots, Method
from spatialgov.language import t
from spatialgov_maps import formats
from spatialgov_maps.base import LegendLayer, Map
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.controls import Panel
from spatialgov_maps.spot_layers import method_name, spot_layers

__all__ = ["hot_spot_map", "spots_table"]

_IN_TABLE = 8
_COLUMNS = ["rank", "n_incidents", "relative_risk", "risk_low", "risk_high"]


def hot_spot_map(
    found: Sequence[HotSpots],
    *,
    left_out: Sequence[Method] = (),
    layer: LegendLayer | None = None,
    context: Context | None = None,
    subtitle: str = "",
) -> Map:
    """Draw the hot spots of the same incidents by one or more methods.

    Parameters
    ----------
    found
        From `spatialgov.incidents.hot_spots`, the method that matters most first; at least one.
    left_out
        Methods that would have taken too long.
    layer
        What lies under them: `heat_layer` of the same incidents.
    context
        What surrounds them.
    subtitle
        The header's text under the title (period, categories).

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    first = found[0]
    bounds = (first.cells if len(first.cells) or context.jurisdictions is None else context.jurisdictions).total_bounds
    m = Map(
        bounds,
        t("Hot spots", "热点"),
        subtitle=subtitle,
        facts=[(formats.count(len(one.spots)), method_name(one.method)) for one in found],
        source=context.source,
    )
    m.add_layers([*([layer] if layer else []), *light_context_layers(context), *spot_layers(found)])
    _table(first, left_out).add_to(m)
    return m


def spots_table(found: HotSpots, most: int = _IN_TABLE) -> tuple[list[str], list[list[str]]]:
    """Give head and rows of a table of hot spots by rank."""
    spots = found.spots.head(most)
    head = [t("No.", "名次"), t("Incidents", "事件"), t("Times as many", "倍数"), t("95 % interval", "95% 区间")]
    rows = [
        [str(rank), formats.count(n), f"{risk:.1f}", f"{low:.1f} – {high:.1f}"]
        for rank, n, risk, low, high in spots[_COLUMNS].itertuples(index=False)
    ]
    return head, rows


def _table(found: HotSpots, left_out: Sequence[Method]) -> Panel:
    """Give the first method's spots by rank, and how to read them."""
    head, rows = spots_table(found)
    nothing = t("No place has more incidents than chance explains.", "没有任何地点的事件多于随机所能解释。")
    paragraphs = [] if rows else [nothing]
    if len(found.spots) > len(rows):
        paragraphs.append(t("And {n} more on the map.", "另有 {n} 处见地图。", n=len(found.spots) - len(rows)))
    if rows:
        paragraphs.append(
            t(
                "Picked as the highest, these look a little worse than they are: the next period shows.",
                "因是从中挑选的最高者，其倍数略有高估，宜以下一时段检验。",
            )
        )
    for method in left_out:
        paragraphs.append(
            t(
                "{name}: too many cells for a page. Choose a coarser resolution, or ask for spatialgov hotspots.",
                "{name}：单元过多，页面无法计算。请选择较粗的分辨率，或使用 spatialgov hotspots 命令。",
                name=method_name(method),
            )
        )
    return Panel(method_name(found.method), paragraphs, head if rows else (), rows)
