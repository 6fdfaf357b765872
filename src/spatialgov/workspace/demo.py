"""The main job from end to end on the sample city, step by step."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from spatialgov import sample
from spatialgov.language import t
from spatialgov.plan import PlanSettings
from spatialgov.responsible_posts import POST_COLUMNS
from spatialgov.workspace.advice import Question
from spatialgov.workspace.analysis import Period
from spatialgov.workspace.coverage_scenes import CoverageQuestion

if TYPE_CHECKING:
    from spatialgov.workspace import Workspace

__all__ = ["run_demo"]


def run_demo(workspace: "Workspace") -> Iterator[str]:
    """Do what is not done yet: load, publish today's grids, partition and publish, analyse. Gives a line a step.

    Raises
    ------
    ConflictError
        When the store holds other data than the sample city.
    """
    yield t("Loading the sample city …", "正在载入样例城市 ……")
    for report in workspace.imports.sample_city():
        yield f"  {report.what}: {report.accepted}"
    editions = workspace.store.editions()
    if not editions:
        yield t("Publishing today's grids …", "正在发布现有网格 ……")
        today = workspace.plans.adopt(
            sample.boundaries_dir() / "sample" / "grids_today_units.csv",
            name=t("Today's grids", "现有网格"),
            settings=PlanSettings(within="community_code"),
        )
        workspace.plans.publish(today.id)
        yield _measured(today.metrics)
    if len(editions) < 2:
        yield t("Partitioning for 400 households a grid …", "正在按每格 400 户划分 ……")
        plan = workspace.plans.make(
            name=t("400 households a grid", "每格 400 户"), households_per_grid=400, within="community_code"
        )
        workspace.plans.publish(plan.id)
        yield _measured(plan.metrics)
        assigned = workspace.locations.assign_incidents()
        yield t("Incidents assigned: {n}.", "已归入网格的事件：{n}。", n=assigned["located"])
    if workspace.store.responsible_posts().empty:
        posts = _made_up_posts(workspace)
        yield t("Responsible posts: {n}.", "责任岗位：{n} 个。", n=workspace.store.replace_responsible_posts(posts))
    yield t("Finding hot spots …", "正在查找热点 ……")
    yield t("  {n} hot spots.", "  {n} 处热点。", n=len(workspace.analysis.hot_spots(10, Period()).spots))
    yield t("Computing what the cameras see …", "正在计算摄像机可见范围 ……")
    (ground,) = (
        workspace.coverage_analysis.measure(CoverageQuestion(), level="all").query("kind == 'ground'").itertuples()
    )
    yield t(
        "  {lower:.1%} of the ground is seen for certain, up to {upper:.1%} perhaps.",
        "  确定可见的地面占 {lower:.1%}，至多 {upper:.1%}。",
        lower=ground.lower_share,
        upper=ground.upper_share,
    )
    yield t("  {n} recommendations.", "  {n} 条建议。", n=len(workspace.advice.recommend(Question()).recommendations))


def _made_up_posts(workspace: "Workspace") -> pd.DataFrame:
    """Give a post for each grid in force, community and subdistrict."""
    grids = workspace.store.edition_grids(workspace.store.edition().id)
    rows = [
        (code, f"{name}网格员岗", f"Grid {int(code[-3:])} patrol post", "日常巡查、上报", "Patrols and reports")
        for code, name in zip(grids["code"], grids["name"], strict=True)
    ]
    duties = {
        "community": ("居民委员会值班岗", "duty desk", "纠纷调解、转办", "Settles disputes, passes on"),
        "subdistrict": ("综合治理中心", "governance centre", "派单、会商", "Dispatches, decides"),
    }
    areas = workspace.store.jurisdictions()
    for code, level, name, name_en in zip(*(areas[c] for c in ("code", "level", "name", "name_en")), strict=True):
        if level in duties:
            post, post_en, *duty = duties[level]
            rows.append((code, f"{name}{post}", f"{name_en} {post_en}", *duty))
    return pd.DataFrame(rows, columns=list(POST_COLUMNS))


def _measured(metrics: object) -> str:
    assert isinstance(metrics, dict)
    return t(
        "  {grids:.0f} grids, deviation {mean:.1f} % in the mean, {most:.1f} % at most.",
        "  {grids:.0f} 个网格，平均偏差 {mean:.1f}%，最大偏差 {most:.1f}%。",
        grids=metrics["grids"],
        mean=metrics["mean_deviation_pct"],
        most=metrics["max_deviation_pct"],
    )
