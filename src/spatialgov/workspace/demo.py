"""The main job from end to end on the sample city, step by step."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spatialgov import sample
from spatialgov.language import t
from spatialgov.plan import PlanSettings
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


def _measured(metrics: object) -> str:
    assert isinstance(metrics, dict)
    return t(
        "  {grids:.0f} grids, deviation {mean:.1f} % in the mean, {most:.1f} % at most.",
        "  {grids:.0f} 个网格，平均偏差 {mean:.1f}%，最大偏差 {most:.1f}%。",
        grids=metrics["grids"],
        mean=metrics["mean_deviation_pct"],
        most=metrics["max_deviation_pct"],
    )
