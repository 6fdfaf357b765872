"""What a scenario says to people: the rows of its table before and after, and its question in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd

from spatialgov.allocation import Scenario
from spatialgov.language import current_language, t
from spatialgov.measures import MEASURES
from spatialgov.store import PlanRecord, ScenarioRecord
from spatialgov.workspace.plain import plain

__all__ = [
    "Row",
    "ScenarioComparison",
    "default_name",
    "every_row",
    "figure",
    "headlines",
    "jurisdiction_names",
    "measure_rows",
    "sentences",
]

_PUBLIC = ("mean_deviation_pct", "max_deviation_pct", "mean_polsby_popper", "barrier_crossings", "split_places")
"""Measures of the registry that stand among the headlines."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure before and after; None where it has no meaning there.

    `key` is that of the outcome's JSON, or of the registry of measures; `unit` is ``%``, ``m`` or "".
    """

    key: str
    title: str
    unit: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class ScenarioComparison:
    """Scenarios side by side with the plan in force (None before the first publication)."""

    in_force: PlanRecord | None
    edition_id: int | None
    scenarios: Sequence[ScenarioRecord]

    def table(self) -> list[tuple[Row, list[float | None]]]:
        """Give every figure: its row of the plan in force (`before`), and what it is after each scenario."""
        measures = {} if self.in_force is None else self.in_force.metrics
        found = [{row.key: row for row in every_row(one.outcome)} for one in self.scenarios]
        keys = list(dict.fromkeys(key for rows in found for key in rows))
        table = []
        for key in keys:
            some = next(rows[key] for rows in found if key in rows)
            row = Row(key, some.title, some.unit, measures.get(key, self._agreed(key, found)), None)
            table.append((row, [rows[key].after if key in rows else None for rows in found]))
        return table

    def _agreed(self, key: str, found: Sequence[Mapping[str, Row]]) -> float | None:
        """Give a figure of the plan in force that the scenarios which start from it agree on."""
        start = None if self.in_force is None else self.in_force.id
        said = {
            rows[key].before
            for one, rows in zip(self.scenarios, found, strict=True)
            if one.base_id == start and key in rows
        }
        return said.pop() if len(said) == 1 else None

    def as_dict(self) -> dict[str, Any]:
        """Give the comparison as plain values, for JSON."""
        ahead = self.in_force
        rows = [
            {"key": row.key, "title": row.title, "unit": row.unit, "in_force": row.before, "scenarios": values}
            for row, values in self.table()
        ]
        return {
            "in_force": None if ahead is None else {"plan": ahead.id, "name": ahead.name, "edition": self.edition_id},
            "scenarios": [one.id for one in self.scenarios],
            "rows": plain(rows),
        }

    def other_starts(self) -> list[ScenarioRecord]:
        """Give the scenarios that don't start from the plan in force."""
        return [one for one in self.scenarios if self.in_force is None or one.base_id != self.in_force.id]


def every_row(outcome: Mapping[str, Any]) -> list[Row]:
    """Give the headlines, then the other measures of the registry."""
    first = headlines(outcome)
    known = {row.key for row in first}
    return [*first, *(row for row in measure_rows(outcome) if row.key not in known)]


def headlines(outcome: Mapping[str, Any]) -> list[Row]:
    """Give the figures that a public meeting asks for first."""
    states, grids, moved = outcome["states"], outcome["grids"], outcome["moved"]
    measured = {row.key: row for row in measure_rows(outcome)}

    def both(key: str, title: str, values: Mapping[str, float]) -> Row:
        return Row(key, title, "", values["before"], values["after"])

    def state(name: str, title: str) -> Row:
        return Row(f"grids_{name}", title, "", states["before"][name], states["after"][name])

    def after(key: str, title: str, value: float, unit: str = "") -> Row:
        return Row(key, title, unit, None, value)

    return [
        measured["grids"],
        both("mean_households", t("households a grid, on average", "平均每格户数"), outcome["mean_households"]),
        state("within", t("grids within the band", "户数在区间内的网格")),
        state("under", t("grids with too few households", "户数不足的网格")),
        state("over", t("grids with too many households", "户数过多的网格")),
        after("moved_households", t("households that change their grid", "更换网格的户数"), moved["households_moved"]),
        after("moved_share_pct", t("of all households", "占全部户数"), 100 * moved["share_moved"], "%"),
        after("grids_unchanged", t("grids that stay as they are", "保持不变的网格"), grids["unchanged"]),
        after("grids_changed", t("grids that change", "有变动的网格"), grids["changed"]),
        after("grids_new", t("new grids", "新增网格"), grids["new"]),
        after("grids_gone", t("grids that are dissolved", "撤销网格"), grids["gone"]),
        after(
            "grids_other_code", t("grids that go on under another code", "沿用但更换编码的网格"), grids["other_code"]
        ),
        *(measured[key] for key in _PUBLIC if key in measured),
        *_post_rows(outcome["posts"]),
    ]


def _post_rows(posts: Mapping[str, Any] | None) -> list[Row]:
    if posts is None:
        return []
    titles = {
        "posts": t("posts", "岗位"),
        "without_post": t("grids without a post", "无岗位的网格"),
        "over": t("grids with more work than their posts should carry", "工作量超出岗位限度的网格"),
        "most_minutes": t("most minutes of work a day for a post", "单岗位最大日工作量（分钟）"),
        "needed": t("posts that would be needed", "所需岗位"),
    }
    return [Row(key, title, "", posts["before"][key], posts["after"][key]) for key, title in titles.items()]


def measure_rows(outcome: Mapping[str, Any]) -> list[Row]:
    """Give every measure of the registry that the outcome has, in the registry's order."""
    found = outcome["measures"]
    return [
        Row(key, measure.title, measure.unit, found[key]["before"], found[key]["after"])
        for key, measure in MEASURES.items()
        if key in found
    ]


def figure(value: float | None, unit: str = "") -> str:
    """Give a figure for people: whole numbers whole, others to three digits; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.3g}"
    return f"{text} {unit}".rstrip()


def jurisdiction_names(jurisdictions: gpd.GeoDataFrame) -> dict[str, str]:
    """Give code → name in the current language; the English name where there is one."""
    chinese = current_language() == "zh"
    return {
        str(code): str(name if chinese else english or name)
        for code, name, english in zip(
            jurisdictions["code"], jurisdictions["name"], jurisdictions["name_en"], strict=True
        )
    }


def default_name(scenario: Scenario) -> str:
    """Give a short name for a scenario that was given none."""
    said = []
    if scenario.method != "keep":
        goal, (least, most) = scenario.goal, scenario.band
        said.append(
            t("{n:g} households a grid", "每格 {n:g} 户", n=goal)
            if scenario.households is None
            else t("{a} to {b} households a grid", "每格 {a} 至 {b} 户", a=least, b=most)
        )
    if scenario.level is not None:
        said.append(t("a level less", "减少一级"))
    if scenario.merge:
        n = sum(len(group) for group in scenario.merge)
        said.append(t("{n} communities joined", "合并 {n} 个社区", n=n))
    change = scenario.post_change + sum(scenario.post_changes.values())
    if change:
        said.append(
            t("{n} posts fewer", "减少 {n} 个岗位", n=-change)
            if change < 0
            else t("{n} posts more", "增加 {n} 个岗位", n=change)
        )
    return t(", ", "，").join(said) or t("Posts shared out", "岗位分配")


def sentences(scenario: Scenario, names: Mapping[str, str]) -> list[str]:
    """Say what is asked, a sentence each.

    Parameters
    ----------
    names
        Code → name of jurisdictions; a code without one stands for itself.
    """
    least, most = scenario.band
    said = [_way(scenario)]
    if scenario.method != "keep":
        band = t("Grids hold {a} to {b} households", "每格 {a} 至 {b} 户", a=least, b=most)
        if scenario.method == "partition" or scenario.target is not None:
            band += t(", {n:g} at best", "，以 {n:g} 户为宜", n=scenario.goal)
        said.insert(0, band + t(".", "。"))
    if scenario.level is not None:
        level = _LEVELS.get(scenario.level)
        said.append(
            t(
                "Grids belong to {level} directly: the level below is taken out.",
                "网格直接隶属于{level}，撤销其下一级。",
                level=t(*level) if level else scenario.level,
            )
        )
    for first, *others in scenario.merge:
        called = [names.get(code, code) for code in (*others, first)]
        said.append(
            t("{gone} joined with {into}.", "{gone}并入{into}。", gone=t(", ", "、").join(called[:-1]), into=called[-1])
        )
    if scenario.post_change:
        said.append(_posts(scenario.post_change))
    for code, n in scenario.post_changes.items():
        said.append(t("Grid {code}: {n:+d} posts.", "网格 {code}：岗位 {n:+d}。", code=code, n=n))
    return said


_LEVELS = {
    "subdistrict_code": ("subdistricts", "街道"),
    "district_code": ("the district", "区"),
    "community_code": ("communities", "社区"),
}


def _way(scenario: Scenario) -> str:
    return {
        "keep": t("Borders of grids stay as they are.", "网格边界不变。"),
        "rebalance": t(
            "Today's grids are changed so that as few households as possible change their grid.",
            "在现有网格上调整，使更换网格的户数尽可能少。",
        ),
        "recommend": t("All recommendations are taken, one after the other.", "依次采纳全部调整建议。"),
        "partition": t("The ground is divided afresh; dedicated grids stay.", "重新划分，专属网格不变。"),
    }[scenario.method]


def _posts(change: int) -> str:
    if change < 0:
        return t("{n} posts go.", "减少 {n} 个岗位。", n=-change)
    return t("{n} posts come.", "增加 {n} 个岗位。", n=change)
