"""What is said about the answers of coverage: names of things in words for people, and plain values."""

import re
from typing import Any

from spatialgov.coverage import RemedyPlan
from spatialgov.coverage.cameras.column_names import attributes_text, column_name
from spatialgov.language import t
from spatialgov.workspace.plain import plain, rows

__all__ = [
    "assumption_text",
    "attributes_text",
    "class_name",
    "column_name",
    "kind_name",
    "level_name",
    "plan_about",
    "reason_name",
    "reason_remedy",
    "remedy_name",
    "should_name",
    "state_name",
    "status_name",
    "support_name",
]


_ASSUMED = re.compile(r"(?P<column>\w+) (?P<how>[=×]) (?P<value>[^(]*[^( ])(?: \((?P<of>\w+)\))?")
"""Keys of `Views.assumptions` that tell a value, and of which cameras."""


def assumption_text(what: str) -> str:
    """Say what was taken for want of a figure: a key of `spatialgov.coverage.Views.assumptions`."""
    column, _, reason = what.partition(": ")
    reasons = {
        "tilt_deg": t("the picture's upper edge at the end of the range", "画面上沿取在有效距离末端"),
        "azimuth_deg": t("unknown, nothing is certain", "未知，无确定可见范围"),
    }
    if reason.startswith("a compass point"):
        reasons["azimuth_deg"] = t(
            "a compass point, of which the directions in common are certain",
            "仅知八方位之一，该方位各方向的共同可见处为确定",
        )
    if reason:
        return t("{column}: {reason}", "{column}：{reason}", column=column_name(column), reason=reasons[column])
    found = _ASSUMED.fullmatch(what)
    assert found is not None, what
    column, how, value, of = found.group("column", "how", "value", "of")
    value = {"kind": kind_name, "status": status_name}.get(column, str)(value)
    if how == "=":
        value += {"fov_deg": "°", "height_m": " m", "range_m": " m"}.get(column, "")
    if not of:
        return f"{column_name(column)} {how} {value}"
    of = class_name(of) if how == "×" else kind_name(of)
    return t(
        "{column} {how} {value} ({of})",
        "{column} {how} {value}（{of}）",
        column=column_name(column),
        how=how,
        value=value,
        of=of,
    )


def class_name(needed: str) -> str:
    """Give the name of a class of picture (EN 62676-4)."""
    names = {
        "monitor": t("monitor", "监视"),
        "detect": t("detect", "探测"),
        "observe": t("observe", "观察"),
        "recognise": t("recognise", "辨认"),
        "identify": t("identify", "识别"),
    }
    return names[needed]


def kind_name(kind: str) -> str:
    """Give the name of a kind of camera."""
    names = {
        "fixed": t("fixed", "枪机"),
        "dome": t("dome", "半球"),
        "ptz": t("PTZ", "云台"),
        "panoramic": t("panoramic", "全景"),
    }
    return names.get(kind, kind)


def status_name(status: str) -> str:
    """Give the name of what a camera's state is."""
    names = {
        "in_service": t("in service", "在用"),
        "broken": t("broken", "故障"),
        "planned": t("planned", "规划"),
        "": t("not stated, taken as in service", "未注明，按在用计"),
    }
    return names.get(status, status)


def should_name(kind: str) -> str:
    """Give the name of what should be seen."""
    names = {
        "ground": t("public ground", "公共地面"),
        "road": t("roads", "道路"),
        "place": t("key places", "重点部位"),
        "population": t("population", "人口"),
        "incident": t("incidents", "事件"),
    }
    return names.get(kind, kind)


def state_name(state: str) -> str:
    """Give the name of what is known about a piece of ground."""
    names = {
        "covered": t("covered", "已覆盖"),
        "uncertain": t("uncertain", "不确定"),
        "gap": t("gap", "盲区"),
    }
    return names.get(state, state)


def reason_name(reason: str) -> str:
    """Give the name of why something is not seen."""
    names = {
        "no_camera": t("no camera near", "附近无摄像机"),
        "hidden": t("hidden by a building", "被建筑物遮挡"),
        "class_too_low": t("picture too coarse", "清晰度不足"),
        "below_camera": t("below the camera", "位于摄像机正下方"),
        "out_of_service": t("camera out of service", "摄像机停用"),
        "turned_away": t("camera turned away", "摄像机未朝向"),
        "data_missing": t("data missing", "缺少参数"),
    }
    return names.get(reason, reason)


def reason_remedy(reason: str) -> str:
    """Say what could be done about a gap, by its reason."""
    remedies = {
        "no_camera": t("A new camera would cover it.", "需新增摄像机。"),
        "hidden": t("Another place or a new camera would cover it.", "需移位或新增摄像机。"),
        "class_too_low": t("A longer lens or more pixels would cover it.", "需更长焦距或更高分辨率。"),
        "below_camera": t(
            "It is below the picture: tilt, or another camera.", "位于画面下方：调整俯角或由其他摄像机覆盖。"
        ),
        "out_of_service": t("Repair the camera.", "请维修该摄像机。"),
        "turned_away": t("Turn the camera.", "请调整该摄像机朝向。"),
        "data_missing": t("Find out what is missing: it may be covered.", "请补录缺失参数：可能已覆盖。"),
    }
    return remedies.get(reason, "")


def remedy_name(remedy: str) -> str:
    """Give the name of what can be done."""
    names = {
        "repair": t("repair", "维修"),
        "survey": t("survey", "补录参数"),
        "turn": t("turn", "调整朝向"),
        "build": t("new camera", "新增摄像机"),
    }
    return names.get(remedy, remedy)


def support_name(support: str) -> str:
    """Give the name of what a new device hangs on."""
    names = {
        "post": t("existing post", "现有立杆"),
        "facade": t("facade", "墙面"),
        "pole": t("pole by the road", "路侧立杆"),
        "junction": t("pole at a junction", "路口立杆"),
    }
    return names.get(support, support)


def plan_about(plan: RemedyPlan) -> dict[str, Any]:
    """Give what is to be said about a plan of remedies besides its steps, as plain values."""
    names = (
        "covered_before", "covered_after", "gain", "verified", "verified_low", "verified_high", "cost", "left_out",
    )  # fmt: skip
    told: dict[str, Any] = {name: getattr(plan, name) for name in names}
    if plan.siting is not None:
        told |= {name: getattr(plan.siting, name) for name in ("bound", "gap", "proved", "cut_short")}
    found: dict[str, Any] = plain({**told, "changes": [change.as_dict() for change in plan.changes]})
    found["curve"] = rows(plan.curve)
    return found


def level_name(level: str) -> str:
    """Give the name of what coverage is summed up by."""
    names = {
        "grid": t("grid", "网格"),
        "community": t("community", "社区"),
        "subdistrict": t("subdistrict", "街道"),
        "district": t("district", "区县"),
        "study_area": t("study area", "研究范围"),
        "all": t("all", "全部"),
    }
    return names.get(level, level)
