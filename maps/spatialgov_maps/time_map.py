"""The heat map with a time slider: where incidents gather at each hour, weekday, week or month."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from folium.template import Template

from spatialgov.incidents import TimeFrames
from spatialgov.language import t
from spatialgov.workspace.incident_time_results import weekday_name
from spatialgov_maps import formats
from spatialgov_maps.base import Legend, LegendItem, LegendLayer, Map, Style, packed, script_json
from spatialgov_maps.colours import SEQUENTIAL, classes_of
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.controls import Frame, TimeSlider
from spatialgov_maps.heat_map import CELL, class_texts, density_limits
from spatialgov_maps.raster_layer import cells_as_picture, drawn_as_picture

__all__ = ["CellFramesLayer", "frame_labels", "time_layer", "time_map"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class CellFramesLayer(LegendLayer):
    """Cells whose colours change with the frame of a time slider, each with its numbers.

    Parameters
    ----------
    frames
        The counts.
    classes
        (n, frames): 0 for nothing, else the number of a style, the first being 1.
    styles
        Of the classes.
    heading
        What the classes are classes of, with the unit: incidents / (area · weeks).
    name, legend
        As for `FeatureLayer`.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = spatialgov.cellFrames({{ this.spec }});
        {% endmacro %}
        """
    )

    def __init__(
        self, frames: TimeFrames, classes: Ints, styles: list[Style], heading: str, *, name: str, legend: Legend
    ) -> None:
        super().__init__(name=name, overlay=True, control=True, show=True)
        self._name = "CellFramesLayer"
        self.legend = legend
        shapes = [packed(json.loads(text)["coordinates"])[0] for text in shapely.to_geojson(frames.cells.geometry)]
        self.spec = script_json(
            {
                "styles": [dict(style) for style in styles],
                "rings": shapes,
                "names": frames.cells["cell"].tolist(),
                "areas": [float(f"{area:.4g}") for area in frames.cells["area_km2"]],
                "weeks": [float(f"{weeks:.6g}") for weeks in frames.weeks],
                "texts": [t("Incidents", "事件"), heading, t("H3 cell", "H3 单元格")],
                "frames": [_sparse(frames.counts[:, k], classes[:, k]) for k in range(classes.shape[1])],
            }
        )


def _sparse(counts: Ints, classes: Ints) -> list[list[int]]:
    """Give what a frame holds: the cells (each as the distance from the one before), their counts and classes."""
    held = np.flatnonzero(classes)
    return [np.diff(held, prepend=0).tolist(), counts[held].tolist(), classes[held].tolist()]


def time_layer(frames: TimeFrames) -> LegendLayer | None:
    """Give the cells of all frames, with classes that mean the same in each.

    Many incidents or cells become pictures (`drawn_as_picture`). None when there are no cells, or so many that the
    page would be too large: then a coarser resolution is needed.
    """
    cells = frames.cells
    if cells.empty:
        return None
    rates = _a_week(frames.counts / cells["area_km2"].to_numpy()[:, None], frames)
    limits = density_limits(rates[rates > 0])
    styles: list[Style] = [{**CELL, "fillColor": colour} for colour in SEQUENTIAL[: len(limits) + 1]]
    classes = np.where(rates > 0, classes_of(rates, limits) + 1, 0)
    items = [LegendItem(text, style) for text, style in zip(class_texts(limits), styles, strict=True)]
    heading = t("Incidents per km² a week", "每平方公里每周事件")
    legend = Legend(heading, items[::-1], _note(frames))
    if drawn_as_picture(int(frames.counts.sum()), len(cells)):
        return cells_as_picture(cells, classes, items, heading, name=heading, legend=legend)
    return CellFramesLayer(frames, classes, styles, heading, name=heading, legend=legend)


def _a_week(numbers: npt.NDArray[Any], frames: TimeFrames) -> Floats:
    """Give numbers of each frame a week; 0 for a frame that never came."""
    came = np.broadcast_to(frames.weeks > 0, numbers.shape)
    a_week: Floats = np.divide(numbers, frames.weeks, out=np.zeros(numbers.shape), where=came)
    return a_week


def _note(frames: TimeFrames) -> str:
    notes = [
        t("H3 cells of resolution {r}.", "H3 第 {r} 级单元格。", r=frames.resolution),
        {
            "hour": t("Incidents of this hour of the day, all days of a week together.", "该时点一周七天合计。"),
            "weekday": t("Incidents of this day of the week.", "一周中当日的事件。"),
            "week": t("Weeks that the period cuts count by their days.", "不完整的周按实有天数折算。"),
            "month": t("Months are compared by their days.", "各月按实有天数折算。"),
        }[frames.kind],
        t("The classes are the same in all frames.", "各帧分级相同。"),
    ]
    if frames.rough > 0:
        notes.append(
            t("{what}, left out: {n}.", "{what}，未计入：{n} 起。", what=_rough(frames), n=f"{frames.rough:,}")
        )
    elif frames.rough:
        notes.append(t("{what} are left out.", "{what}未计入。", what=_rough(frames)))
    if frames.minimum > 1:
        notes.append(
            t(
                "Cells with fewer than {m} incidents in a frame are not shown in it, and some others, so that sums do "
                "not tell them.",
                "某帧中少于 {m} 起事件的单元格在该帧不显示；为防由合计推出，另有部分单元格一并隐藏。",
                m=frames.minimum,
            )
        )
    return t(" ", "").join(notes)


def _rough(frames: TimeFrames) -> str:
    if frames.kind == "hour":
        return t("Incidents not known to the hour", "未精确到小时的事件")
    return t("Incidents not known to the day", "未精确到日的事件")


def time_map(
    frames: TimeFrames, layer: LegendLayer | None, *, context: Context | None = None, subtitle: str = ""
) -> Map:
    """Draw incidents per km² a week in H3 cells, with a slider through the frames.

    Parameters
    ----------
    frames
        From `spatialgov.incidents.time_frames`.
    layer
        Of the same, by `time_layer`; None where there is nothing to show.
    context
        What surrounds the cells.
    subtitle
        The header's text under the title (period, categories).

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    title = {
        "hour": t("Incidents by hour of the day", "事件时段分布"),
        "weekday": t("Incidents by day of the week", "事件星期分布"),
        "week": t("Incidents week by week", "事件逐周分布"),
        "month": t("Incidents month by month", "事件逐月分布"),
    }[frames.kind]
    m = Map(
        _bounds(frames, context),
        title,
        subtitle=subtitle,
        facts=[
            (formats.count(frames.counts.sum()), t("incidents shown", "显示的事件")),
            (formats.count(len(frames.cells)), t("cells", "单元格")),
            *([(formats.count(frames.rough), _rough(frames))] if frames.rough > 0 else []),
        ],
        source=context.source,
    )
    m.add_layers([*([layer] if layer else []), *light_context_layers(context)])
    if layer is not None:
        TimeSlider(layer, _stops(frames), title).add_to(m)
    return m


def _bounds(frames: TimeFrames, context: Context) -> npt.ArrayLike:
    around = context.jurisdictions
    bounds: npt.ArrayLike = (frames.cells if around is None or around.empty else around).total_bounds
    return bounds


def _stops(frames: TimeFrames) -> list[Frame]:
    """Give the stops of the slider, each with its incidents; bars are as high as the incidents a week."""
    a_week = _a_week(np.maximum(frames.totals, 0), frames)
    heights = a_week / max(float(a_week.max(initial=0.0)), 1e-9)
    stops = []
    for label, total, hidden, height in zip(
        frame_labels(frames), frames.totals.tolist(), frames.suppressed.tolist(), heights.tolist(), strict=True
    ):
        known = t("{n} incidents", "{n} 起事件", n=f"{total:,}")
        notes = [t("number of incidents not shown", "事件数不公开") if total < 0 else known]
        if frames.minimum > 1:
            notes.append(t("{n} cells hidden", "隐藏 {n} 个单元格", n=f"{hidden:,}"))
        stops.append(Frame(label, " · ".join(notes), height))
    return stops


def frame_labels(frames: TimeFrames) -> list[str]:
    """Give what each frame is called."""
    if frames.kind == "hour":
        return [f"{hour:02d}:00 – {hour + 1:02d}:00" for hour in frames.keys.tolist()]
    if frames.kind == "weekday":
        return [weekday_name(day) for day in frames.keys.tolist()]
    days: list[Any] = frames.keys.tolist()
    if frames.kind == "month":
        return [t("{d:%Y-%m}", "{d.year}年{d.month}月", d=day) for day in days]
    ends = (frames.keys + np.timedelta64(6, "D")).tolist()
    return [f"{first:%Y-%m-%d} – {last:%m-%d}" for first, last in zip(days, ends, strict=True)]
