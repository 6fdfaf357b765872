"""What a report says of incidents: where they gather, in which hours, of which categories."""

from spatialgov.errors import NotFoundError
from spatialgov.incidents import HotSpots
from spatialgov.language import current_language, t
from spatialgov.workspace import Area, Period, Workspace
from spatialgov.workspace.categories import categories_in_force
from spatialgov.workspace.incident_profile import profile_of
from spatialgov_maps import formats
from spatialgov_maps.base import InnerMap, LegendLayer
from spatialgov_maps.clock_page import clock_html
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.heat_map import heat_layer
from spatialgov_maps.hot_spot_map import spots_table
from spatialgov_maps.report_page import Figure, Section, Table
from spatialgov_maps.spot_layers import spot_layers
from spatialgov_maps.workspace_context import drawable

__all__ = ["incident_sections"]

_CONTEXT_BYTES = 60_000
_MOST_SPOTS = 15
_RESOLUTION = 10


def incident_sections(
    workspace: Workspace, period: Period, context: Context, *, zone: str, minimum: int, area: Area | None
) -> tuple[list[Section], list[tuple[str, str]]]:
    """Give the sections, and the facts for the head of the page.

    Parameters
    ----------
    period, zone, minimum, area
        As for `map_of_incidents`.
    context
        What surrounds the maps.
    """
    title = t("Incidents", "事件")
    profile = profile_of(workspace.analysis, period, zone=zone, minimum=minimum, area=area)
    facts = [(_count(profile.total, minimum), t("incidents", "事件"))]
    if profile.total == 0:
        return [Section(title, [t("There are no incidents in this view.", "所选范围内没有事件。")])], facts
    spots = _spots(workspace, period, minimum, area)
    figures = _figures(workspace, period, context, spots, minimum, area)
    tables = []
    if spots is not None and len(spots.spots):
        facts.append((formats.count(len(spots.spots)), t("hot spots", "热点")))
        head, rows = spots_table(spots, _MOST_SPOTS)
        tables.append(Table(t("Hot spots, the first {n}", "热点（前 {n} 处）", n=len(rows)), head, rows))
    tables.append(_categories(workspace, period, profile.categories, minimum))
    clock = workspace.incident_times.clock(period, zone=zone, minimum=minimum, area=area).clock
    when = Section(
        t("When", "时间分布"),
        charts=[clock_html(clock, minimum=minimum)],
        notes=[
            t(
                "Incidents in an hour, on average over the weeks, by the clock of {zone}.",
                "各周平均每小时事件数，按 {zone} 时间。",
                zone=zone,
            )
        ],
    )
    return [Section(title, figures=figures), Section(tables=tables), when], facts


def _count(value: int | None, minimum: int) -> str:
    return f"< {minimum}" if value is None else formats.count(value)


def _spots(workspace: Workspace, period: Period, minimum: int, area: Area | None) -> HotSpots | None:
    """Give the hot spots; None where no edition says what ground counts."""
    try:
        return workspace.analysis.hot_spots(_RESOLUTION, period, minimum=minimum, area=area)
    except NotFoundError:
        return None


def _figures(
    workspace: Workspace,
    period: Period,
    context: Context,
    spots: HotSpots | None,
    minimum: int,
    area: Area | None,
) -> list[Figure]:
    heat, density = drawable(
        lambda r: workspace.analysis.heat_map(r, period, minimum=minimum, area=area),
        lambda heat: heat_layer(heat, layers=2),
        _RESOLUTION,
    )
    frames = [context.jurisdictions, heat.cells]
    bounds = next((frame for frame in frames if frame is not None and len(frame)), heat.cells).total_bounds
    captions = [t("Incidents per km²", "每平方公里事件")]
    overlays: list[list[LegendLayer]] = [[]]
    if spots is not None:
        captions.append(t("Hot spots that chance does not explain, with their ranks", "随机无法解释的热点及其名次"))
        overlays.append([*spot_layers([spots])])
    figures: list[Figure] = []
    for caption, over in zip(captions, overlays, strict=True):
        # a layer belongs to one map
        below = density if not figures else heat_layer(heat, layers=2)
        m = InnerMap(bounds, source=context.source)
        layers = [*([below] if below else []), *light_context_layers(context, _CONTEXT_BYTES), *over]
        for layer in layers:
            m.add_child(layer)
        shown = over or ([below] if below else [])
        legends = [layer.legend for layer in shown if layer.legend]
        key = [item for legend in legends for item in legend.items]
        figures.append(Figure(m, caption, key, t(" ", "").join(legend.note for legend in legends)))
    return figures


def _categories(workspace: Workspace, period: Period, counts: dict[str, int | None], minimum: int) -> Table:
    """Give the incidents by category, the most first."""
    table = categories_in_force(workspace.store).table.set_index("code")
    names = table["name" if current_language() == "zh" else "name_en"].to_dict()
    chosen = [code for code in counts if counts[code] != 0 and (not period.categories or code in period.categories)]
    chosen.sort(key=lambda code: -(counts[code] or 0))
    rows = [[str(names.get(code) or code), code, _count(counts[code], minimum)] for code in chosen]
    return Table(
        t("By category", "按类别"), [t("Category", "类别"), t("Code", "编码"), t("Incidents", "事件")], rows, (1,)
    )
