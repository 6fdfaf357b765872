"""``spatialgov service-points``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._incidents import number
from spatialgov.cli._outputs import InputFile
from spatialgov.cli._planning import progress_bar
from spatialgov.cli._service import (
    goal_options,
    kind_option,
    result_options,
    search_options,
    speeds_option,
    tell_faults,
    write_layers,
)
from spatialgov.cli._shared import (
    data_dir_option,
    datum_option,
    examples,
    fault_table,
    json_option,
    note,
    open_workspace,
    print_json,
    print_table,
    table_rows,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.workspace import ServicePlan


@click.command(
    "service-points",
    help=t(
        "Say which service centre or police box serves which grid in force, by travel time along the roads, within "
        "what each can serve; and where new ones should stand, with a proven bound: for the least mean time "
        "(--goal median), the least longest time (centre), or the most demand in time (cover).",
        "按道路行程时间计算各便民服务中心或警务室服务哪些现行网格，可设容量；并给出新增中心的选址及可证明的上下界："
        "平均时间最短（--goal median）、最远时间最短（centre）或时限内覆盖最多（cover）。",
    ),
    epilog=examples(
        "spatialgov service-points",
        "spatialgov service-points --kind police_station --speeds driving --within 5",
        "spatialgov service-points --capacity 16000 -o served.gpkg",
        "spatialgov service-points --new 2 --goal cover --within 15",
        "spatialgov service-points --anew --new 4 --at community_centre --json",
        "spatialgov service-points --centres boxes.csv --datum gcj02 --demand workload",
    ),
)
@kind_option
@click.option(
    "--centres", "centres_file", type=InputFile(),
    help=t(
        "File of the existing centres instead: place_id, a place, and if known name and capacity.",
        "改用文件给出现有中心：place_id、位置，以及（可选）名称和 capacity。",
    ),
)  # fmt: skip
@datum_option
@click.option("--anew", is_flag=True, help=t("As if there were no centre yet.", "不考虑现有中心。"))
@click.option(
    "--demand", type=click.Choice(["households", "population", "workload"]), default="households", show_default=True,
    help=t("What of a grid is served.", "网格的服务需求。"),
)  # fmt: skip
@click.option(
    "--capacity", type=click.FloatRange(0),
    help=t("Demand that each centre can serve, where the file says nothing.", "每个中心的容量（文件未给出时）。"),
)  # fmt: skip
@click.option("--divide", is_flag=True, help=t("Several centres may share a grid.", "允许多个中心共同服务一个网格。"))
@click.option("--new", type=click.IntRange(0, 1000), default=0, show_default=True, help=t("New centres.", "新增数量。"))
@goal_options
@click.option(
    "--at", "at", multiple=True, metavar="KIND",
    help=t(
        "Kind of places where new ones could stand; may be repeated; a point inside each grid by default.",
        "可新增中心的场所类别，可重复；默认为各网格内一点。",
    ),
)  # fmt: skip
@speeds_option
@search_options
@result_options
@data_dir_option
@json_option
def command(
    kinds: tuple[str, ...], centres_file: Path | None, datum: str | None, anew: bool, output: Path | None,
    faults_file: Path | None, data_dir: Path, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Serve, place, list, write."""
    from spatialgov.allocation import read_service_points
    from spatialgov.workspace import ServiceQuestion
    from spatialgov.workspace.plain import rows
    from spatialgov.workspace.service_results import service_about

    if sum((anew, bool(kinds), centres_file is not None)) > 1:
        raise click.UsageError(t("Give one of --kind, --centres and --anew.", "--kind、--centres、--anew 只能选一。"))
    if anew and not options["new"]:
        raise click.UsageError(t("--anew goes with --new.", "--anew 须与 --new 同用。"))
    if not anew:
        options["kinds"] = kinds or ("service_centre",)
    question = ServiceQuestion(**{"kinds": (), **options})
    centres = None if centres_file is None else read_service_points(centres_file, datum=datum)
    announce_compilation("allocation", *(["coverage/siting"] if question.goal == "cover" else []))
    with (
        fault_table(faults_file) as faults,
        open_workspace(data_dir) as workspace,
        progress_bar(t("Travelling", "正在计算行程")) as progress,
    ):
        plan = workspace.service_analysis.service_points(question, centres=centres, progress=progress)
        faults.extend(plan.faults)
    write_layers({"centres": plan.centres, "grids": plan.grids}, output)
    if as_json:
        places = plan.centres.assign(lon=plan.centres.geometry.x, lat=plan.centres.geometry.y)
        print_json({**service_about(plan), "centres": rows(places), "grids": rows(plan.grids)})
        return
    _print_centres(plan)
    _note_plan(plan, question.within_min)
    tell_faults(plan.faults, faults_file)


def _print_centres(plan: "ServicePlan") -> None:
    from spatialgov.workspace.service_results import demand_name, named, place_kind_name

    limited = plan.centres["capacity"].notna().any()
    head = [
        t("centre", "中心"), t("kind", "类别"), t("name", "名称"), "",
        demand_name(plan.basis["demand"]["column"]), *([t("capacity", "容量")] if limited else []),
        t("grids", "网格数"), t("mean min", "平均分钟"), t("longest min", "最远分钟"),
        t("place (lon, lat)", "位置（经度, 纬度）"),
    ]  # fmt: skip
    print_table(
        head,
        [
            (
                row.place_id,
                place_kind_name(row.kind),
                named(row.name, row.name_en),
                t("new", "新增") if row.new else "",
                f"{row.demand:,.0f}",
                *([number(row.capacity, ",.0f")] if limited else []),
                row.n_grids,
                number(row.mean_s / 60, ".1f"),
                number(row.worst_s / 60, ".1f"),
                f"{row.geometry.x:.5f}, {row.geometry.y:.5f}",
            )
            for row in table_rows(plan.centres)
        ],
    )


def _note_plan(plan: "ServicePlan", within_min: float) -> None:
    from spatialgov.workspace.service_results import gap_text, goal_name, goal_text, speeds_name

    speeds = plan.basis["speeds"]
    note(
        t(
            "{by} (speeds “{name}” {version}, assumed): {mean:.1f} min in the mean, {share:.1%} of the demand within "
            "{m:g} min; who serves whom: {gap}.",
            "{by}（速度表 {name} {version}，假设值）：平均 {mean:.1f} 分钟，{m:g} 分钟内占需求的 {share:.1%}；"
            "服务归属：{gap}。",
            by=speeds_name(speeds["name"]).capitalize(),
            name=speeds["name"],
            version=speeds["version"],
            mean=plan.service.mean_s / 60,
            share=plan.share_within,
            m=within_min,
            gap=gap_text(plan.service.gap),
        )
    )
    if plan.placed is not None:
        goal = goal_name(plan.placed.goal)
        note(t("New centres for the {goal}. {text}", "新增中心目标：{goal}。{text}", goal=goal, text=goal_text(plan)))
    note(t("Next: spatialgov map service-points", "下一步：spatialgov map service-points"))
