"""What is said about service points, checkpoints and beats: names of things in words, and plain values."""

from math import isfinite
from typing import Any

from spatialgov.language import current_language, t
from spatialgov.workspace.plain import plain
from spatialgov.workspace.service_questions import BeatPlan, CheckpointPlan, ServicePlan

__all__ = [
    "beats_about",
    "checkpoints_about",
    "demand_name",
    "gap_text",
    "goal_name",
    "goal_text",
    "named",
    "place_kind_name",
    "road_class_name",
    "service_about",
    "speeds_name",
]

_MOST_FAULTS = 100


def place_kind_name(kind: str) -> str:
    """Give the name of a kind of place; of one that is not known the kind itself."""
    names = {
        "grid": t("inside a grid", "网格内"),
        "service_centre": t("service centre", "便民服务中心"),
        "community_centre": t("community centre", "党群服务中心"),
        "police_station": t("police station", "派出所"),
        "police_box": t("police box", "警务室"),
        "fire_station": t("fire station", "消防救援站"),
        "health_station": t("health station", "卫生服务站"),
        "hospital": t("hospital", "医院"),
        "school": t("school", "学校"),
        "kindergarten": t("kindergarten", "幼儿园"),
        "market": t("market", "市场"),
        "station": t("station", "车站"),
        "park": t("park", "公园"),
        "government": t("government office", "行政机关"),
    }
    return names.get(kind, kind.replace("_", " "))


def road_class_name(road_class: str) -> str:
    """Give the name of a class of road."""
    names = {
        "trunk": t("trunk road", "干线道路"),
        "primary": t("primary road", "主干路"),
        "secondary": t("secondary road", "次干路"),
        "residential": t("residential street", "居住区道路"),
        "alley": t("alley", "街巷"),
        "track": t("track", "乡间土路"),
    }
    return names.get(road_class, road_class)


def demand_name(demand: str) -> str:
    """Give the name of what a grid is served with."""
    names = {
        "households": t("households", "户数"),
        "population": t("population", "人口"),
        "workload": t("minutes of work a day", "工作量（分钟/日）"),
    }
    return names.get(demand, demand)


def speeds_name(speeds: str) -> str:
    """Give the name of how one travels."""
    return {"walking": t("on foot", "步行"), "driving": t("by car", "驾车")}.get(speeds, speeds)


def goal_name(goal: str) -> str:
    """Give the name of what new centres are placed for."""
    names = {
        "median": t("least mean time (p-median)", "平均时间最短（p-中值）"),
        "centre": t("least longest time (p-centre)", "最远时间最短（p-中心）"),
        "cover": t("most demand in time (maximal cover)", "时限内覆盖最多（最大覆盖）"),
    }
    return names.get(goal, goal)


def named(name: str, name_en: str, otherwise: str = "") -> str:
    """Give a thing's name in the current language as far as it is known, else what to call it instead."""
    chosen = name if current_language() == "zh" else name_en or name
    return chosen or otherwise


def gap_text(gap: float) -> str:
    """Say how much better than what was found anything else could be."""
    if gap < 1e-6:
        return t("proved to be the best", "已证明最优")
    return t("others can be better by {gap:.1%} at most", "其他方案至多再优 {gap:.1%}", gap=gap)


def goal_text(plan: ServicePlan) -> str:
    """Say how good the new centres are, and how much better others could be at most; nothing without new ones."""
    placed = plan.placed
    if placed is None:
        return ""
    if placed.goal == "cover":
        before, after = f"{placed.before:,.0f}", f"{placed.value:,.0f}"
        text = t("Demand in time: {before} before, {after} after", "时限内的需求：原 {before}，现 {after}")
    else:
        before, after = (_minutes(seconds) for seconds in (placed.before, placed.value))
        text = (
            t("Mean time: {before} before, {after} after", "平均时间：原 {before}，现 {after}")
            if placed.goal == "median"
            else t("Longest time: {before} before, {after} after", "最远时间：原 {before}，现 {after}")
        )
    return text.format(before=before, after=after) + t("; ", "；") + gap_text(placed.gap) + t(".", "。")


def _minutes(seconds: float) -> str:
    return t("{m:.1f} min", "{m:.1f} 分钟", m=seconds / 60) if isfinite(seconds) else t("not all reached", "未全部可达")


def service_about(plan: ServicePlan) -> dict[str, Any]:
    """Give what is to be said about service points besides their rows, as plain values."""
    service, placed = plan.service, plan.placed
    told: dict[str, Any] = {
        "mean_s": service.mean_s,
        "bound_s": service.bound_s,
        "gap": service.gap,
        "share_within": plan.share_within,
        "placed": None
        if placed is None
        else {name: getattr(placed, name) for name in ("goal", "value", "bound", "before", "gap")},
        "faults": _faults(plan),
        "basis": plan.basis,
    }
    return _plain(told)


def checkpoints_about(plan: CheckpointPlan) -> dict[str, Any]:
    """Give what is to be said about checkpoints besides their rows; the cut is exact, so that its gap is none."""
    posts = plan.found.posts
    told = {"posts": posts, "bound": posts, "gap": 0.0, "posts_at_border": plan.found.posts_at_border}
    return _plain({**told, "faults": _faults(plan), "basis": plan.basis})


def beats_about(plan: BeatPlan) -> dict[str, Any]:
    """Give what is to be said about beats besides their rows."""
    found = plan.found
    told = {"length_m": found.length_m, "bound_m": found.bound_m, "gap": found.gap, "spread": found.spread}
    told |= {
        "balanced": plan.balanced,
        "over_shift": int(plan.beats["over_shift"].sum()),
        "left_out_m": plan.left_out_m,
    }
    return _plain({**told, "faults": _faults(plan), "basis": plan.basis})


def _faults(plan: ServicePlan | CheckpointPlan | BeatPlan) -> list[dict[str, Any]]:
    """Give the first of the faults; the basis tells how many roads have."""
    return [fault.as_dict() for fault in plan.faults[:_MOST_FAULTS]]


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = plain(told)
    return found
