"""What is said about assessments and standards: names of things in words for people, figures with their units."""

import math

from spatialgov.language import t

__all__ = ["centre_state_name", "figure", "peers_name", "verdict_name"]


def peers_name(peers: str) -> str:
    """Give the name of a kind of grids that are compared with each other."""
    names = {
        "dedicated": t("dedicated", "专属"),
        "general": t("general", "一般"),
        "unit": t("unit", "单元"),
        "urban": t("urban", "城区"),
        "rural": t("rural", "乡村"),
    }
    return t(", ", "·").join(names.get(part, part) for part in peers.split("-"))


def verdict_name(verdict: str, better: str) -> str:
    """Give what is said of a grid, and where there is a good way whether it is that."""
    names = {
        "above": t("above its peers", "高于同类"),
        "below": t("below its peers", "低于同类"),
        "as_peers": t("as its peers", "与同类相当"),
        "no_peers": t("too few peers", "同类过少"),
        "no_data": t("no data", "无数据"),
    }
    said = names[verdict]
    if verdict in ("above", "below") and better:
        good = (verdict == "above") == (better == "more")
        said += t(" (better)", "（较好）") if good else t(" (worse)", "（较差）")
    return said


def figure(value: float, unit: str) -> str:
    """Give the value of an indicator with its unit; a dash where there is none."""
    if math.isnan(value):
        return "–"
    form = {"share": ".1%", "1/day": ",.2f", "min/day": ",.1f", "min": ",.0f"}[unit]
    named = {"1/day": t("/day", "/日"), "min/day": t(" min/day", " 分/日"), "min": t(" min", " 分")}
    return format(value, form) + named.get(unit, "")


def centre_state_name(state: str) -> str:
    """Give the name of what can be said of a jurisdiction's centre."""
    names = {
        "short": t("short", "不达标"),
        "missing": t("none listed", "未列出"),
        "refused": t("row refused", "该行有误"),
        "unknown": t("people unknown", "人口未知"),
        "no_standard": t("no standard", "无标准"),
        "meets": t("meets it", "达标"),
    }
    return names[state]
