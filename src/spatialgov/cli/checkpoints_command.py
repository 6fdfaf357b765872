"""``spatialgov checkpoints``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._service import (
    ROAD_CLASSES,
    jurisdiction_option,
    result_options,
    road_class_option,
    tell_faults,
    write_layers,
)
from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    fault_table,
    json_option,
    named_pairs,
    note,
    open_workspace,
    print_json,
    print_table,
    table_rows,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.workspace import CheckpointPlan


def _posts(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    pairs = named_pairs(texts, "CLASS=N", "--posts")
    if not all(name in ROAD_CLASSES and count.isdecimal() for name, count in pairs.items()):
        names = ", ".join(ROAD_CLASSES)
        raise click.BadParameter(
            t("write it as CLASS=N, the class one of {names}", "请写成 CLASS=N，CLASS 为 {names} 之一", names=names),
            param_hint="--posts",
        )
    return tuple((name, int(count)) for name, count in pairs.items())


@click.command(
    "checkpoints",
    help=t(
        "Say on which roads to stand so that nobody leaves a district, subdistrict or community unseen, with the "
        "fewest posts that any choice of roads needs (a minimum cut): every exit with its class of road. Where the "
        "layer of roads ends at the border, the roads that end there count as exits.",
        "计算在哪些道路设卡，可使离开区县、街道或社区的任何路线都经过卡点，且岗位数最少（最小割）；列出各出口及道路等级。"
        "若道路图层在边界处截断，则在边界处中断的道路计为出口。",
    ),
    epilog=examples(
        "spatialgov checkpoints",
        "spatialgov checkpoints --area 990101001000 --posts trunk=4 --posts primary=3",
        "spatialgov checkpoints --road-class trunk --road-class primary --road-class secondary",
        "spatialgov checkpoints --belt 500 -o exits.gpkg",
    ),
)
@jurisdiction_option
@click.option(
    "--belt", "belt_m", type=click.FloatRange(0, 1_000_000), default=2000.0, show_default=True, metavar="METRES",
    help=t(
        "Who is farther than this has left; checkpoints stand within it, as near as can be.",
        "超出此距离即视为离开；卡点设在此范围内，尽量靠近。",
    ),
)  # fmt: skip
@click.option(
    "--posts", multiple=True, metavar="CLASS=N", callback=_posts,
    help=t(
        "Posts that a checkpoint on a class of road takes; may be repeated; 1 by default.",
        "该等级道路上每个卡点所需岗位数，可重复；默认为 1。",
    ),
)  # fmt: skip
@road_class_option
@result_options
@data_dir_option
@json_option
def command(
    code: str | None, belt_m: float, posts: tuple[tuple[str, int], ...], road_classes: tuple[str, ...],
    output: Path | None, faults_file: Path | None, data_dir: Path, as_json: bool,
) -> None:  # fmt: skip
    """Cut, list, write."""
    from spatialgov.workspace import CheckpointQuestion
    from spatialgov.workspace.plain import rows
    from spatialgov.workspace.service_results import checkpoints_about

    with fault_table(faults_file) as faults, open_workspace(data_dir) as workspace:
        plan = workspace.service_analysis.checkpoints(CheckpointQuestion(code, belt_m, posts, road_classes))
        faults.extend(plan.faults)
    write_layers({"checkpoints": plan.exits, "area": plan.ground}, output)
    if as_json:
        exits = plan.exits.assign(lon=plan.exits.geometry.x, lat=plan.exits.geometry.y)
        print_json({**checkpoints_about(plan), "checkpoints": rows(exits)})
        return
    _print_exits(plan)
    _note_plan(plan)
    tell_faults(plan.faults, faults_file)


def _print_exits(plan: "CheckpointPlan") -> None:
    from spatialgov.workspace.service_results import named, road_class_name

    print_table(
        (
            "#", t("road", "道路"), t("name", "名称"), t("class", "等级"), t("posts", "岗位"),
            t("from the border, m", "距边界（米）"), t("place (lon, lat)", "位置（经度, 纬度）"),
        ),
        [
            (
                row.checkpoint,
                row.road_id,
                named(row.name, row.name_en),
                road_class_name(row.road_class),
                row.posts,
                f"{row.distance_m:,.0f}",
                f"{row.geometry.x:.5f}, {row.geometry.y:.5f}",
            )
            for row in table_rows(plan.exits)
        ],
    )  # fmt: skip


def _note_plan(plan: "CheckpointPlan") -> None:
    from spatialgov.workspace.service_results import road_class_name

    note(
        t(
            "{n} checkpoints with {posts} posts: no choice of roads needs fewer. A post on every road across the "
            "border would be {border}.",
            "共 {n} 个卡点、{posts} 个岗位：任何选法都不会更少。若在每条过境道路设卡，需 {border} 个岗位。",
            n=len(plan.exits),
            posts=plan.found.posts,
            border=plan.found.posts_at_border,
        )
    )
    counts = plan.exits["road_class"].value_counts()
    if len(counts):
        note(t(", ", "，").join(f"{road_class_name(str(kind))}: {n}" for kind, n in counts.items()))
    if plan.basis["roads_cut_at_border"]:
        note(
            t(
                "The roads in the store end at the border: where they do counts as an exit.",
                "库中道路在边界处截断：中断处计为出口。",
            )
        )
    note(t("Next: spatialgov map checkpoints", "下一步：spatialgov map checkpoints"))
