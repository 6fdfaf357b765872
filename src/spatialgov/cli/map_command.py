"""``spatialgov map``: the pictures of a store, one HTML file each."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._coverage import class_option, weight_option
from spatialgov.cli._incidents import announce_loops, cell_option, timezone_option
from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._service import goal_options, jurisdiction_option, kind_option, speeds_option, walk_options
from spatialgov.cli._shared import data_dir_option, examples, note, open_workspace, period, period_options
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.workspace import CoverageQuestion, Period, Workspace
    from spatialgov_maps.base import WebPage

_KINDS = (
    "plan", "heatmap", "times", "hotspots", "clock", "change", "forecast", "coverage", "gaps", "sites",
    "recommendations", "assessment", "service-points", "checkpoints", "beats", "report",
)  # fmt: skip
_OF_CAMERAS = {"coverage", "gaps", "sites"}
_OF_INCIDENTS = {"heatmap", "times", "hotspots", "clock", "change", "forecast"}
_OF_SERVICE = {"service-points", "checkpoints", "beats"}


@click.command(
    "map",
    help=t(
        "Write a map of the store as one HTML file that needs no network. WHAT is plan, heatmap, times (a heat map "
        "with a time slider), hotspots, clock (hours of the week), change (before and after), forecast, coverage (what "
        "cameras see), gaps, sites (what to do about them), recommendations, assessment (grids beside their peers), "
        "service-points (who serves which grid), checkpoints, beats (of patrols) or report (incidents and coverage in "
        "one, with tables, for a meeting).",
        "将数据库内容输出为无需联网的单个 HTML 地图文件。WHAT 为 plan、heatmap、times（带时间轴的热力图）、hotspots、"
        "clock（一周时钟图）、change（前后对比）、forecast、coverage（监控覆盖）、gaps（盲区）、sites（处置方案）、"
        "recommendations、assessment（网格考核）、service-points（服务归属）、checkpoints（卡点）、beats（巡逻段）"
        "或 report（含表格的事件与覆盖综合报告，供会议使用）。",
    ),
    epilog=examples(
        "spatialgov map plan -o plan.html",
        "spatialgov --lang zh map heatmap --category 0101",
        "spatialgov map times --by month --minimum 1",
        "spatialgov map change --compared-with year",
        "spatialgov map sites --new 20 --weight road=2 --weight incident=3",
        "spatialgov map service-points --new 2 --goal cover",
        "spatialgov map beats --area 990101001001",
        "spatialgov map report --since 2026-09-01T00:00+08:00 -o report.html",
    ),
)
@click.argument("what", type=click.Choice(_KINDS), metavar="WHAT")
@click.option(
    "-o", "--output", type=OutputFile(".html"),
    help=t("File to write (.html); named after the map by default.", "输出文件（.html）；默认以地图名称命名。"),
)  # fmt: skip
@click.option(
    "--plan", "plan_id", type=int, help=t("A stored plan; the one in force by default.", "方案编号；默认为现行方案。")
)
@click.option(
    "--resolution", type=click.IntRange(0, 15),
    help=t(
        "H3 resolution; 10 for heatmap and hotspots, 9 for times and change by default.",
        "H3 分辨率；heatmap 和 hotspots 默认为 10，times 和 change 默认为 9。",
    ),
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["hour", "weekday", "week", "month"]), default="hour", show_default=True,
    help=t("What a frame of the time slider is.", "时间轴每帧的含义。"),
)  # fmt: skip
@click.option(
    "--against", type=click.Choice(["even", "households", "roads", "incidents"]), default="even", show_default=True,
    help=t("What hot spots are expected in proportion to.", "热点期望数所依据的暴露量。"),
)  # fmt: skip
@click.option(
    "--compared-with", type=click.Choice(["before", "year"]), default="before", show_default=True,
    help=t(
        "What a change is from: as long a time just before, or the same weeks a year earlier.",
        "对比的时段：紧邻之前的等长时段，或上一年同期。",
    ),
)  # fmt: skip
@click.option(
    "--days", type=click.Choice(["7", "14", "28"]), default="7", show_default=True,
    help=t("Days of the forecast.", "预测天数。"),
)  # fmt: skip
@click.option(
    "--minimum", type=click.IntRange(1), default=5, show_default=True,
    help=t(
        "Fewest incidents that are shown (but of a forecast); 1 for a map that is not public.",
        "显示的最少事件数（预测除外）；非公开地图可用 1。",
    ),
)  # fmt: skip
@click.option(
    "--new", type=click.IntRange(0, 1000),
    help=t(
        "New cameras at most, of sites and report (10 by default); new centres, of service-points (0 by default).",
        "新增摄像机的最多数量（用于 sites 和 report，默认 10）；新增中心数（用于 service-points，默认 0）。",
    ),
)  # fmt: skip
@kind_option
@goal_options
@jurisdiction_option
@walk_options
@speeds_option
@click.option(
    "--every", type=click.Choice(["week", "month", "quarter", "year"]), default="month", show_default=True,
    help=t("Period of an assessment, the last that has ended.", "考核周期，取最近一个已结束的周期。"),
)  # fmt: skip
@weight_option
@class_option
@cell_option
@timezone_option
@period_options
@data_dir_option
def command(
    what: str, output: Path | None, since: str | None, until: str | None, categories: tuple[str, ...], data_dir: Path,
    **options: Any,
) -> None:  # fmt: skip
    """Draw and write."""
    from spatialgov.workspace import CoverageQuestion
    from spatialgov_maps.base import save_html

    file = output or Path(f"{what}.html")
    with open_workspace(data_dir) as workspace:
        if what in _OF_INCIDENTS:
            announce_loops()
            page = _of_incidents(what, workspace, period(since, until, categories), options)
        elif what in _OF_CAMERAS:
            announce_compilation("coverage/sight", *(["coverage/siting"] if what == "sites" else []))
            chosen = period(since, until, categories)
            question = CoverageQuestion(options["needed"], chosen, options["zone"])
            page = _of_cameras(what, workspace, question, options["new"], options["weights"])
        elif what == "report":
            announce_loops()
            announce_compilation("coverage/sight", "coverage/siting")
            page = _report(workspace, period(since, until, categories), options)
        elif what in _OF_SERVICE:
            announce_compilation("allocation", "partition/refine", "coverage/siting")
            page = _of_service(what, workspace, options)
        else:
            page = _of_ground(what, workspace, options)
        save_html(page, file)
    note(t("Written: {files}. Open it in any browser.", "已写出：{files}。可用任意浏览器打开。", files=file))


def _of_ground(what: str, workspace: "Workspace", options: dict[str, Any]) -> "WebPage":
    from spatialgov.workspace import AssessmentQuestion, Question
    from spatialgov_maps.assessment_map import map_of_assessment
    from spatialgov_maps.workspace_maps import map_of_plan, map_of_recommendations

    if what == "assessment":
        return map_of_assessment(workspace, AssessmentQuestion(options["every"], zone=options["zone"]))
    if what == "plan":
        return map_of_plan(workspace, options["plan_id"])
    return map_of_recommendations(workspace, Question(options["plan_id"]))


def _of_cameras(
    what: str, workspace: "Workspace", question: "CoverageQuestion", new: int, weights: dict[str, float] | None
) -> "WebPage":
    from spatialgov.workspace import RemedyWish
    from spatialgov_maps.coverage_maps import map_of_coverage, map_of_gaps, map_of_sites

    if what == "sites":
        return map_of_sites(workspace, question, RemedyWish(p=10 if new is None else new, weights=weights))
    return map_of_gaps(workspace, question, weights=weights) if what == "gaps" else map_of_coverage(workspace, question)


def _report(workspace: "Workspace", chosen: "Period", options: dict[str, Any]) -> "WebPage":
    from spatialgov.workspace import RemedyWish
    from spatialgov_maps.analyst_report import report_of_analysis

    wish = RemedyWish(p=10 if options["new"] is None else options["new"], weights=options["weights"])
    shown = {"zone": options["zone"], "minimum": options["minimum"], "needed": options["needed"]}
    return report_of_analysis(workspace, chosen, wish=wish, **shown)


def _of_service(what: str, workspace: "Workspace", options: dict[str, Any]) -> "WebPage":
    from spatialgov.workspace import BeatQuestion, CheckpointQuestion, ServiceQuestion
    from spatialgov_maps.service_maps import map_of_beats, map_of_checkpoints, map_of_service_points

    if what == "checkpoints":
        return map_of_checkpoints(workspace, CheckpointQuestion(options["code"]))
    if what == "beats":
        chosen = {name: options[name] for name in ("code", "beats", "shift_h", "speeds")}
        return map_of_beats(workspace, BeatQuestion(**chosen))
    chosen = {name: options[name] for name in ("goal", "within_min", "speeds")}
    kinds = options["kinds"] or ("service_centre",)
    return map_of_service_points(workspace, ServiceQuestion(kinds, new=options["new"] or 0, **chosen))


def _of_incidents(what: str, workspace: "Workspace", chosen: "Period", options: dict[str, Any]) -> "WebPage":
    from spatialgov_maps.incident_maps import clock_of, map_of_change, map_of_forecast, map_of_hot_spots, map_of_times
    from spatialgov_maps.workspace_maps import map_of_incidents

    zone, resolution = options["zone"], options["resolution"]
    common = {"zone": zone, "minimum": options["minimum"]}
    coarse, fine = (n if resolution is None else resolution for n in (9, 10))
    draw: dict[str, Callable[[], WebPage]] = {
        "heatmap": lambda: map_of_incidents(workspace, chosen, fine, **common),
        "times": lambda: map_of_times(workspace, chosen, options["by"], resolution=coarse, **common),
        "hotspots": lambda: map_of_hot_spots(workspace, chosen, against=options["against"], resolution=fine, **common),
        "clock": lambda: clock_of(workspace, chosen, **common),
        "change": lambda: map_of_change(workspace, chosen, options["compared_with"], resolution=coarse, **common),
        "forecast": lambda: map_of_forecast(
            workspace, chosen, horizon_days=int(options["days"]), cell_m=options["cell_m"], zone=zone
        ),
    }
    return draw[what]()
