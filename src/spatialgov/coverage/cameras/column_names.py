"""What the columns of a camera's record are called, for people."""

from spatialgov.language import t

__all__ = ["attributes_text", "column_name"]


def column_name(column: str) -> str:
    """Give the name of what a camera's record may lack."""
    names = {
        "kind": t("kind", "类型"),
        "azimuth_deg": t("direction", "方位角"),
        "fov_deg": t("field of view", "视场角"),
        "range_m": t("range", "有效距离"),
        "height_m": t("height", "安装高度"),
        "tilt_deg": t("tilt", "俯角"),
        "width_px": t("resolution", "分辨率"),
        "status": t("status", "状态"),
    }
    return names.get(column, column)


def attributes_text(columns: str) -> str:
    """Give the names of the columns in a text with commas."""
    return t(", ", "、").join(column_name(column) for column in columns.split(", ") if column)
