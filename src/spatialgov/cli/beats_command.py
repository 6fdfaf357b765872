"""``spatialgov beats``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._planning import progress_bar
from spatialgov.cli._service import (
    jurisdiction_option,
    result_options,
    road_class_option,
    search_options,
    speeds_option,
    tell_faults,
    walk_options,
    write_layers,
)
from spatialgov.cli._shared import (
    data_dir_option,
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
    from spatialgov.workspace import BeatPlan


@click.command(
    "beats",
    help=t(
        "Divide the streets of a district, subdistrict or community into patrol beats: each connected, walked in one "
        "closed walk that passes every street, with as little walked twice as can be, and about equally long. Beats "
        "that take longer than a shift has are flagged.",
        "将区县、街道或社区的道路划分为巡逻段：每段连通，以一条闭合路线走遍所有道路，重复最少，长度大致相等。"
        "超出班次时间的巡逻段会标出。",
    ),
    epilog=examples(
        "spatialgov beats --area 990101001001",
        "spatialgov beats --area 990101001000 --beats 6 --shift 3 -o beats.gpkg",
        "spatialgov beats --speeds driving --road-class secondary --road-class residential",
    ),
)
@jurisdiction_option
@walk_options
@road_class_option
@click.option(
    "--tolerance", type=click.FloatRange(0, 10, min_open=True), default=0.1, show_default=True,
    help=t("Share by which the longest may exceed the shortest.", "最长与最短之间允许的差距比例。"),
)  # fmt: skip
@speeds_option
@search_options
@result_options
@data_dir_option
@json_option
def command(output: Path | None, faults_file: Path | None, data_dir: Path, as_json: bool, **options: Any) -> None:
    """Divide, walk, list, write."""
    from spatialgov.workspace import BeatQuestion
    from spatialgov.workspace.plain import rows
    from spatialgov.workspace.service_results import beats_about

    announce_compilation("partition/refine")
    with (
        fault_table(faults_file) as faults,
        open_workspace(data_dir) as workspace,
        progress_bar(t("Dividing", "正在划分")) as progress,
    ):
        plan = workspace.service_analysis.beats(BeatQuestion(**options), progress=progress)
        faults.extend(plan.faults)
    write_layers({"beats": plan.beats, "streets": plan.streets}, output)
    if as_json:
        print_json({**beats_about(plan), "beats": rows(plan.beats)})
        return
    _print_beats(plan)
    _note_plan(plan)
    tell_faults(plan.faults, faults_file)


def _print_beats(plan: "BeatPlan") -> None:
    print_table(
        (
            t("beat", "巡逻段"), t("walk km", "路线（千米）"), t("streets km", "道路（千米）"),
            t("walked twice km", "重复（千米）"), t("hours", "小时"), "",
        ),
        [
            (
                row.beat,
                f"{row.length_m / 1000:.2f}",
                f"{row.streets_m / 1000:.2f}",
                f"{row.repeated_m / 1000:.2f}",
                f"{row.hours:.2f}",
                t("exceeds the shift", "超出班次") if row.over_shift else "",
            )
            for row in table_rows(plan.beats)
        ],
    )  # fmt: skip


def _note_plan(plan: "BeatPlan") -> None:
    from spatialgov.workspace.service_results import speeds_name

    found, speeds = plan.found, plan.basis["speeds"]
    note(
        t(
            "{n} beats, {km:.1f} km in all; no closed walks over these streets are shorter by more than {gap:.1%}. The "
            "longest is {spread:.0%} longer than the shortest.",
            "共 {n} 个巡逻段，{km:.1f} 千米；任何闭合路线至多再短 {gap:.1%}。最长比最短长 {spread:.0%}。",
            n=len(plan.beats),
            km=found.length_m / 1000,
            gap=found.gap,
            spread=found.spread,
        )
    )
    if not plan.balanced:
        note(
            t(
                "That is more than {tolerance:.0%}: more time (--time) or another number (--beats) may help.",
                "超过 {tolerance:.0%}：可延长时限（--time）或调整数量（--beats）。",
                tolerance=plan.basis["tolerance"],
            )
        )
    if over := int(plan.beats["over_shift"].sum()):
        note(
            t(
                "{n} of them take longer than the {h:g} hours of a shift: more beats (--beats), or fewer classes of "
                "road (--road-class).",
                "其中 {n} 个超出每班 {h:g} 小时：请增加数量（--beats）或减少道路等级（--road-class）。",
                n=over,
                h=plan.basis["shift_h"],
            )
        )
    if plan.left_out_m >= 1:
        note(
            t(
                "{km:.1f} km of street belong to no beat: nothing joins them to the others.",
                "{km:.1f} 千米道路不属于任何巡逻段：未与其他道路相连。",
                km=plan.left_out_m / 1000,
            )
        )
    note(
        t(
            "{by}, speeds “{name}” {version}, assumed. Next: spatialgov map beats",
            "{by}，速度表 {name} {version}（假设值）。下一步：spatialgov map beats",
            by=speeds_name(speeds["name"]).capitalize(),
            name=speeds["name"],
            version=speeds["version"],
        )
    )
