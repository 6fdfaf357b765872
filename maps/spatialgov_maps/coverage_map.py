"""The map of what the cameras see: cameras, visible ground, and the uncovered part of each grid."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.language import t
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, Map, Style, Tooltips
from spatialgov_maps.colours import classes_of
from spatialgov_maps.context import Context, context_layers, grid_headings

__all__ = ["coverage_map"]

_SHARES = (0.05, 0.1, 0.2, 0.5)
_SHARE_COLOURS = ("#f1eef6", "#bdc9e1", "#74a9cf", "#2b8cbe", "#045a8d")
"""ColorBrewer PuBu: from little seen to much."""

_NO_GROUND = "#c9ced3"

_GRID: Style = {"color": "#ffffff", "weight": 1.1, "opacity": 1, "fillOpacity": 0.8}
_GAP: Style = {"color": "#ffffff", "weight": 0.8, "opacity": 1, "fillColor": "#d97706", "fillOpacity": 0.6}
_SEEN: Style = {"color": "#0f766e", "weight": 0.6, "opacity": 0.7, "fillColor": "#14b8a6", "fillOpacity": 0.4}
_KIND_COLOURS = {"fixed": "#1d4ed8", "dome": "#7c3aed", "ptz": "#be185d", "panoramic": "#0e7490"}
_CAMERA: Style = {"color": "#ffffff", "weight": 1, "fillOpacity": 1, "radius": 3}
_BROKEN: Style = {"color": "#b91c1c", "weight": 1.6, "fillColor": "#ffffff", "fillOpacity": 1, "radius": 2.8}
_PLANNED: Style = {"color": "#4b5563", "weight": 1.4, "fillColor": "#e5e7eb", "fillOpacity": 1, "radius": 2.8}
_SIMPLE_M = 0.5
_METRES_PER_DEGREE = 111_320


def coverage_map(
    coverage: gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame,
    *,
    visible: gpd.GeoDataFrame | None = None,
    cameras: gpd.GeoDataFrame | None = None,
    context: Context | None = None,
    title: str = "",
    subtitle: str = "",
) -> Map:
    """Draw which share of each grid the cameras see, and where they see nothing.

    Parameters
    ----------
    coverage
        From `spatialgov.coverage.coverage_by_grid`: ``code``, ``ground_m2``, ``seen_m2``,
        ``uncovered_m2``, ``seen_share`` (0 to 1, NaN without ground), and the uncovered ground as geometry, EPSG:4326.
    grids
        ``code``, ``name``, ``parent_code``, polygons: the whole grids.
    visible
        From `spatialgov.coverage.visible_ground`: the ground that is seen; drawn as one layer.
    cameras
        ``camera_id``, ``kind``, ``status``, ``height_m``, ``azimuth_deg``, ``azimuth_error_deg``, ``fov_deg``,
        ``range_m``, points; "" and NaN are unknown.
    context
        What surrounds the grids.
    title, subtitle
        The header's text; the title is "Camera coverage" by default.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    whole = grids.set_index("code").loc[coverage["code"]]
    tips = _tooltips(coverage, whole, context.jurisdictions)
    layers = [
        _share_layer(coverage, whole, tips),
        _gap_layer(coverage, tips),
        *_visible_layers(visible),
        *context_layers(context),
        *_camera_layers(cameras),
    ]
    facts = [
        (formats.percent(_seen_pct(coverage)), t("of the ground seen", "地面已覆盖")),
        (formats.area(coverage["uncovered_m2"].sum()), t("uncovered", "未覆盖")),
    ]
    if cameras is not None:
        in_service = int(cameras["status"].isin(["in_service", ""]).sum())
        facts.append((f"{in_service:,} / {len(cameras):,}", t("cameras in service", "在用监控点")))
    m = Map(
        grids.total_bounds,
        title or t("Camera coverage", "视频监控覆盖"),
        subtitle=subtitle,
        facts=facts,
        source=context.source,
    )
    m.add_layers(layers)
    return m


def _seen_pct(coverage: gpd.GeoDataFrame) -> float:
    whole_m2 = float(coverage["ground_m2"].sum())
    return 100 * float(coverage["seen_m2"].sum()) / whole_m2 if whole_m2 else np.nan


def _tooltips(coverage: gpd.GeoDataFrame, whole: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame | None) -> Tooltips:
    rows = {
        t("Code", "编码"): coverage["code"].astype(str).tolist(),
        t("Seen", "已覆盖"): [formats.percent(100 * v) for v in coverage["seen_share"]],
        t("Seen ground", "已覆盖面积"): [formats.area(v) for v in coverage["seen_m2"]],
        t("Uncovered ground", "未覆盖面积"): [formats.area(v) for v in coverage["uncovered_m2"]],
        t("Ground in all", "地面总面积"): [formats.area(v) for v in coverage["ground_m2"]],
    }
    return Tooltips(grid_headings(whole.reset_index(), jurisdictions), rows)


def _share_layer(coverage: gpd.GeoDataFrame, whole: gpd.GeoDataFrame, tips: Tooltips) -> FeatureLayer:
    """Give the grids by share of ground seen."""
    styles: list[Style] = [{**_GRID, "fillColor": colour} for colour in (*_SHARE_COLOURS, _NO_GROUND)]
    share = coverage["seen_share"].to_numpy(dtype=np.float64)
    none = np.isnan(share)
    edges = [0.0, *_SHARES, 1.0]
    texts = [f"{100 * low:.0f} – {100 * high:.0f} %" for low, high in pairwise(edges)]
    items = [LegendItem(text, style) for text, style in zip(texts, styles, strict=False)][::-1]
    if none.any():
        items.append(LegendItem(t("no open ground", "无室外地面"), styles[-1]))
    return FeatureLayer(
        whole.geometry,
        styles,
        np.where(none, len(_SHARE_COLOURS), classes_of(np.nan_to_num(share), _SHARES)),
        name=t("Share seen", "覆盖率"),
        base=True,
        tooltips=tips,
        labels=["" if empty else f"{100 * v:.0f} %" for v, empty in zip(share, none, strict=True)],
        legend=Legend(
            t("Share of the grid's ground seen", "网格地面覆盖率"),
            items,
            t("Ground: the grid without its buildings.", "地面：网格扣除建筑物。"),
        ),
    )


def _gap_layer(coverage: gpd.GeoDataFrame, tips: Tooltips) -> FeatureLayer:
    """Give the uncovered part of each grid."""
    legend = Legend(t("Coverage gap", "覆盖盲区"), [LegendItem(t("no camera sees it", "无监控覆盖"), _GAP)])
    name = t("Uncovered ground", "未覆盖地面")
    return FeatureLayer(
        _thinned(coverage.geometry), [_GAP], name=name, base=True, show=False, tooltips=tips, legend=legend
    )


def _visible_layers(visible: gpd.GeoDataFrame | None) -> list[FeatureLayer]:
    if visible is None or visible.empty:
        return []
    merged = gpd.GeoSeries([visible.geometry.union_all()], crs=visible.crs).explode(ignore_index=True)
    name = t("Visible ground", "可见地面")
    legend = Legend(name, [LegendItem(t("seen by a camera in service", "在用监控可见"), _SEEN)])
    return [FeatureLayer(_thinned(merged), [_SEEN], name=name, show=False, pane="lines", legend=legend)]


def _thinned(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Drop points of arcs that no eye can tell: the picture changes by less than half a metre, the file a lot."""
    return shapes.simplify(_SIMPLE_M / _METRES_PER_DEGREE)


def _camera_layers(cameras: gpd.GeoDataFrame | None) -> list[FeatureLayer]:
    """Give the cameras by kind, or by status where they don't work (yet)."""
    if cameras is None or cameras.empty:
        return []
    kinds = {
        "fixed": t("fixed", "枪机"),
        "dome": t("dome", "半球"),
        "ptz": t("PTZ", "云台"),
        "panoramic": t("panoramic", "全景"),
    }
    states = {"in_service": t("in service", "在用"), "broken": t("broken", "故障"), "planned": t("planned", "规划")}
    named: dict[str, tuple[str, Style]] = {
        kind: (text, {**_CAMERA, "fillColor": _KIND_COLOURS[kind]}) for kind, text in kinds.items()
    }
    named |= {"broken": (states["broken"], _BROKEN), "planned": (states["planned"], _PLANNED)}
    unknown = t("unknown", "未知")
    keys = list(named)
    drawn_as = [
        status if status in named else kind if kind in named else "fixed"
        for kind, status in zip(cameras["kind"], cameras["status"], strict=True)
    ]
    tips = Tooltips(
        cameras["camera_id"].astype(str).tolist(),
        {
            t("Kind", "类型"): [kinds.get(kind, unknown) for kind in cameras["kind"]],
            t("Status", "状态"): [states.get(status, unknown) for status in cameras["status"]],
            t("Height", "高度"): _measure(cameras, "height_m", "{:.1f} m"),
            t("Direction", "方位角"): _directions(cameras),
            t("Field of view", "视场角"): _measure(cameras, "fov_deg", "{:.0f}°"),
            t("Range", "可视距离"): _measure(cameras, "range_m", "{:.0f} m"),
        },
    )
    items = [LegendItem(text, style, "point") for key, (text, style) in named.items() if key in drawn_as]
    name = t("Cameras", "监控点")
    return [
        FeatureLayer(
            cameras.geometry,
            [style for _, style in named.values()],
            [keys.index(key) for key in drawn_as],
            name=name,
            pane="points",
            tooltips=tips,
            legend=Legend(name, items),
        )
    ]


def _directions(cameras: gpd.GeoDataFrame) -> list[str]:
    """Give the directions, each with how far off it may be where that was said."""
    errors = ["" if pd.isna(error) else f" ± {error:g}°" for error in cameras["azimuth_error_deg"]]
    return [azimuth + error for azimuth, error in zip(_measure(cameras, "azimuth_deg", "{:.0f}°"), errors, strict=True)]


def _measure(cameras: gpd.GeoDataFrame, column: str, form: str) -> list[str]:
    unknown = t("unknown", "未知")
    return [unknown if pd.isna(value) else form.format(value) for value in cameras[column]]
