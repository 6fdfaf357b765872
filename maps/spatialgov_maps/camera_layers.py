"""What maps of coverage share: cameras, the sectors that they are meant to see, and the ground that they do see."""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage import Sight, sectors
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.workspace.coverage_results import class_name, column_name, kind_name, status_name
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, LegendLayer, Style, Tooltips
from spatialgov_maps.class_picture import ROOM, class_picture
from spatialgov_maps.outlines import simplified

__all__ = ["KIND_COLOURS", "building_layer", "camera_layer", "sector_layer", "seen_layer"]

KIND_COLOURS = {"fixed": "#1d4ed8", "dome": "#7c3aed", "ptz": "#be185d", "panoramic": "#0e7490"}
_CAMERA: Style = {"color": "#ffffff", "weight": 1, "fillOpacity": 1, "radius": 3}
_STATUS: dict[str, Style] = {
    "broken": {"color": "#b91c1c", "weight": 1.6, "fillColor": "#ffffff", "fillOpacity": 1, "radius": 2.8},
    "planned": {"color": "#4b5563", "weight": 1.4, "fillColor": "#e5e7eb", "fillOpacity": 1, "radius": 2.8},
}
_SECTOR: Style = {"weight": 0.9, "opacity": 0.8, "fillOpacity": 0.08}
_UNKNOWN_DIRECTION: Style = {"dashArray": "4 4", "fillOpacity": 0.0}
_SEEN: Style = {"stroke": False, "fillColor": "#0d9488", "fillOpacity": 0.55}
_PERHAPS: Style = {**_SEEN, "fillColor": "#e0a526"}
_BUILDING: Style = {"stroke": False, "fillColor": "#6b7280", "fillOpacity": 0.45}
_COARSE: Style = {**_SEEN, "fillColor": "#9aa5b1"}
MOST_EXPLAINED = 1_500
"""Of so many cameras a page has room for the figures."""

Mask = npt.NDArray[np.bool_]


def camera_layer(table: pd.DataFrame, *, show: bool = True, explained: bool = True) -> FeatureLayer:
    """Draw cameras by kind, or by status where they don't work (yet), with what is known of them and what is not.

    Parameters
    ----------
    table
        Rows of `Views.table`.
    show
        Whether they are on when the map opens.
    explained
        Whether each tells its figures; of more than `MOST_EXPLAINED` none does, for want of room.
    """
    named: dict[str, tuple[str, Style]] = {
        kind: (kind_name(kind), {**_CAMERA, "fillColor": colour}) for kind, colour in KIND_COLOURS.items()
    }
    named |= {status: (status_name(status), style) for status, style in _STATUS.items()}
    keys = list(named)
    drawn_as = [
        status if status in _STATUS else kind for kind, status in zip(table["kind"], table["status"], strict=True)
    ]
    items = [LegendItem(text, style, "point") for key, (text, style) in named.items() if key in drawn_as]
    name = t("Cameras", "摄像机")
    return FeatureLayer(
        gpd.GeoSeries(gpd.points_from_xy(table["lon"], table["lat"]), crs=WGS84),
        [style for _, style in named.values()],
        [keys.index(key) for key in drawn_as],
        name=name,
        show=show,
        pane="points",
        tooltips=_tooltips(table) if explained and len(table) <= MOST_EXPLAINED else None,
        legend=Legend(name, items),
    )


def _tooltips(table: pd.DataFrame) -> Tooltips:
    unknown = t("unknown", "未知")
    ranges = zip(table["range_least_m"], table["range_m"], table["range_most_m"], strict=True)
    fields = zip(table["fov_least_deg"], table["fov_deg"], table["fov_most_deg"], strict=True)
    return Tooltips(
        table["camera_id"].astype(str).tolist(),
        {
            t("Kind", "类型"): [kind_name(kind) for kind in table["kind"]],
            t("Status", "状态"): [status_name(status) for status in table["status"]],
            t("Direction", "方位角"): [unknown if pd.isna(v) else f"{v:.0f}°" for v in table["azimuth_deg"]],
            t("Field of view", "视场角"): [_bounded(*bounds, "°") for bounds in fields],
            t("Range", "有效距离"): [_bounded(*bounds, " m") for bounds in ranges],
            t("Height", "安装高度"): [f"{v:.1f} m" for v in table["height_m"]],
            t("Not known", "缺少"): [
                t(", ", "、").join(column_name(column) for column in missing) for missing in table["missing"]
            ],
        },
    )


def _bounded(least: float, usual: float, most: float, unit: str) -> str:
    if not np.isfinite([least, usual, most]).all():
        return t("unknown", "未知")
    if round(least) == round(most):
        return f"{usual:.0f}{unit}"
    return f"{usual:.0f}{unit} ({least:.0f} – {most:.0f})"


def sector_layer(sight: Sight, chosen: Mask, *, name: str = "", show: bool = False) -> FeatureLayer:
    """Draw the sectors that cameras are meant to see, the whole disc and dashed where the direction is not known."""
    frame = sectors(sight)[chosen]
    unknown = ~frame["direction_known"].to_numpy(dtype=bool)
    shapes = simplified(frame.geometry, sight.crs)
    # all of a style as one feature: they tell nothing under the pointer
    drawn: list[tuple[Style, npt.NDArray[np.object_]]] = []
    for kind, colour in KIND_COLOURS.items():
        for dashed in (False, True):
            style: Style = {**_SECTOR, "color": colour, "fillColor": colour, **(_UNKNOWN_DIRECTION if dashed else {})}
            drawn.append((style, shapes[(frame["kind"] == kind).to_numpy() & (unknown == dashed)].to_numpy()))
    merged: list[Any] = [shapely.multipolygons(shapely.get_parts(group)) for _, group in drawn]
    whole = gpd.GeoSeries(merged, crs=WGS84)
    styles = [style for style, _ in drawn]
    items = [LegendItem(t("as if there were no buildings", "不计建筑物遮挡"), styles[0])]
    if unknown.any():
        items.append(LegendItem(t("direction not known", "方位角未知"), styles[1]))
    name = name or t("Sectors", "视场扇区")
    return FeatureLayer(
        whole, styles, range(len(styles)), name=name, show=show, pane="lines", legend=Legend(name, items)
    )


def building_layer(sight: Sight, bounds: npt.ArrayLike, *, room: int = ROOM) -> LegendLayer | None:
    """Draw the buildings that stand in the way, as a picture; None where there are none, or no room."""
    solids = sight.obstacles.solids
    if not len(solids):
        return None
    name = t("Buildings", "建筑物")
    items = [LegendItem(name, _BUILDING)]
    shapes = gpd.GeoSeries(solids, crs=sight.crs).to_crs(WGS84).to_numpy()
    return class_picture([shapes], items, bounds, name, room=room, name=name, pane="lines", legend=Legend("", items))


def seen_layer(
    sight: Sight,
    ground: gpd.GeoSeries,
    *,
    name: str = "",
    room: int = ROOM,
    base: bool = False,
    show: bool = True,
) -> LegendLayer | None:
    """Draw the ground that working cameras see, may see, or see too coarsely, as a picture.

    Parameters
    ----------
    sight
        What the cameras see.
    ground
        Polygons, EPSG:4326: nothing is drawn outside.
    name, base, show
        As for `FeatureLayer`; "Visible ground" where there is no name.
    room
        Bytes that the picture may take.

    Returns
    -------
    LegendLayer or None
        None where there is no room.
    """
    working = sight.views.table["working"].to_numpy(dtype=bool)
    classes = [
        gpd.GeoSeries(shapes[working], crs=sight.crs).to_crs(WGS84).to_numpy()
        for shapes in (sight.certain, sight.possible, sight.low_class)
    ]
    name = name or t("Visible ground", "可见地面")
    items = [
        LegendItem(t("seen for certain", "确定可见"), _SEEN),
        LegendItem(t("perhaps seen: data missing", "可能可见：缺少参数"), _PERHAPS),
        LegendItem(t("in sight, picture too coarse", "在视线内，但清晰度不足"), _COARSE),
    ]
    note = t("Class of picture: {name}.", "图像等级：{name}。", name=class_name(sight.views.needed))
    return class_picture(
        classes, items, ground.total_bounds, name,
        within=ground.to_numpy(), room=room, name=name, base=base, show=show, pane="areas" if base else "lines",
        legend=Legend(name, items, note),
    )  # fmt: skip
