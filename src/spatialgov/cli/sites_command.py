"""``spatialgov sites``."""

from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._coverage import (
    layers_output,
    note_basis,
    question_of,
    question_options,
    top_option,
    weight_option,
    write_layers,
)
from spatialgov.cli._incidents import places
from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    note,
    open_workspace,
    print_json,
    print_table,
    table_rows,
)
from spatialgov.language import t

if TYPE_CHECKING:
    import geopandas as gpd

    from spatialgov.coverage import RemedyPlan
    from spatialgov.workspace import RemedyWish

F = TypeVar("F", bound=Callable[..., Any])


def _device_options(command: F) -> F:
    """Add what is installed; see `spatialgov.coverage.Device`."""
    for option in (
        click.option(
            "--width-px", type=click.FloatRange(1), default=1920.0, show_default=True,
            help=t("Pixels across its picture.", "新设备画面的水平像素数。"),
        ),
        click.option(
            "--range", "range_m", type=click.FloatRange(0.1, 10_000), default=50.0, show_default=True,
            help=t("Its range, metres, whatever the class.", "新设备的最大有效距离（米）。"),
        ),
        click.option(
            "--fov", "fov_deg", type=click.FloatRange(0.1, 360), default=70.0, show_default=True,
            help=t("Its horizontal field of view, degrees.", "新设备的水平视场角（度）。"),
        ),
        click.option(
            "--kind", type=click.Choice(["fixed", "dome", "ptz", "panoramic"]), default="fixed", show_default=True,
            help=t("What is installed.", "新设备类型。"),
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(
    "sites",
    help=t(
        "Plan what to do about gaps, the cheapest first: repair, survey what nobody has written down, turn what hangs "
        "there, and only then new cameras, on posts, facades, poles and junctions outside the exclusion zones. Every "
        "step has its gain, checked on points that the search did not see; the number, a budget or a target is met "
        "with a proven bound.",
        "规划盲区处置，按代价由低到高：维修、补录参数、调整朝向，最后才新增摄像机（利用现有立杆、墙面、路灯杆、路口，"
        "避开禁设区）。每一步均给出增益，并用搜索未见过的样本检验；数量、预算或目标覆盖率均附可证明的上界。",
    ),
    epilog=examples(
        "spatialgov sites --new 20",
        "spatialgov sites --budget 15 --weight road=2 --weight incident=3 -o sites.gpkg",
        "spatialgov sites --share 0.3 --kind dome --fov 360 --range 30",
        "spatialgov sites --new 10 --changes plan.csv",
    ),
)
@click.option(
    "--new",
    "p",
    type=click.IntRange(0, 1000),
    help=t("How many new cameras at most; 10 by default.", "新增摄像机的最多数量；默认 10。"),
)
@click.option(
    "--budget", type=click.FloatRange(0),
    help=t(
        "What all may cost, in parts of a new pole: repair 0.2, survey 0.02, turn 0, a device on a post 0.4, on a "
        "facade 0.6, with a pole 1.",
        "总费用上限，以新立一杆为 1：维修 0.2、补录 0.02、调向 0、借杆 0.4、墙面 0.6、立杆 1。",
    ),
)  # fmt: skip
@click.option(
    "--share", type=click.FloatRange(0, 1, min_open=True),
    help=t("The share that should be covered in the end, as cheaply as possible.", "以最低费用达到的目标覆盖率。"),
)  # fmt: skip
@click.option(
    "--only", "remedies", multiple=True, type=click.Choice(["repair", "survey", "turn", "build"]),
    help=t("Only this remedy; may be repeated.", "只用此类措施，可重复。"),
)  # fmt: skip
@click.option(
    "--posts-per-place", type=click.IntRange(1, 10), default=1, show_default=True,
    help=t("From how many different posts a key place should be seen.", "每处重点部位应由几个不同点位覆盖。"),
)  # fmt: skip
@click.option(
    "--spacing", "spacing_m", type=click.FloatRange(0), default=20.0, show_default=True, metavar="METRES",
    help=t("New posts stand at least so far from others.", "新点位与其他点位的最小间距（米）。"),
)  # fmt: skip
@click.option(
    "--turns", type=click.IntRange(0),
    help=t("The most cameras to turn; all that are worth it by default.", "最多调整朝向的台数；默认不限。"),
)  # fmt: skip
@_device_options
@weight_option
@top_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help=t("Of the search.", "随机种子。"))
@click.option(
    "--time", "time_limit_s", type=click.FloatRange(0.1, 3600), default=2.0, show_default=True, metavar="SECONDS",
    help=t("Of the search for new sites.", "新点位搜索的时限（秒）。"),
)  # fmt: skip
@click.option(
    "--changes", "changes_file", type=OutputFile(".csv"),
    help=t(
        "Write the plan as changes too, for spatialgov what-if (.csv).",
        "同时输出调整表（.csv），供 spatialgov what-if 使用。",
    ),
)  # fmt: skip
@layers_output
@question_options
@data_dir_option
@json_option
def command(
    output: Path | None, changes_file: Path | None, top: int, data_dir: Path, as_json: bool, **options: Any
) -> None:
    """Plan, list, write."""
    from spatialgov.workspace.coverage_results import plan_about
    from spatialgov.workspace.plain import plain, rows

    question = question_of(options)
    wish = _wish(options)
    announce_compilation("coverage/sight", "coverage/siting")
    with open_workspace(data_dir) as workspace:
        coverage = workspace.coverage_analysis
        plan = coverage.remedies(question, wish)
        about = coverage.about(question)
    write_layers({"steps": plan.steps, "curve": plan.curve}, output)
    if changes_file is not None:
        _write_changes(plan, changes_file)
    if as_json:
        steps = plan.steps.assign(lon=plan.steps.geometry.x, lat=plan.steps.geometry.y)
        print_json({**plain(about), **plan_about(plan), "steps": rows(steps)})
        return
    _print_remedies(plan)
    click.echo()
    _print_steps(plan, top)
    note_basis(about)
    _note_plan(plan)


def _wish(options: dict[str, Any]) -> "RemedyWish":
    """Take what is wished for out of a command's options; refuse what does not go together."""
    from spatialgov.coverage import Device
    from spatialgov.workspace import RemedyWish

    if sum(options[name] is not None for name in ("p", "budget", "share")) > 1:
        raise click.UsageError(t("Give one of --new, --budget and --share.", "--new、--budget、--share 只能选一。"))
    if all(options[name] is None for name in ("p", "budget", "share")):
        options["p"] = 10
    device = Device(*(options.pop(name) for name in ("kind", "fov_deg", "range_m", "width_px")))
    remedies = options.pop("remedies")
    return RemedyWish(**options, device=device, **({"remedies": remedies} if remedies else {}))


def _write_changes(plan: "RemedyPlan", file: Path) -> None:
    import pandas as pd

    from spatialgov.vector_io import write_vector

    write_vector(pd.DataFrame([change.as_dict() for change in plan.changes]), file)
    note(
        t(
            "Written: {file}. Try it: spatialgov what-if {file} --datum wgs84",
            "已写出：{file}。试算：spatialgov what-if {file} --datum wgs84",
            file=file,
        )
    )


def _print_remedies(plan: "RemedyPlan") -> None:
    """Print what is done how often, in its order."""
    from spatialgov.workspace.coverage_results import remedy_name

    columns = ["gain", "settles", "cost"]
    sums = plan.steps.groupby("remedy", sort=False)[columns].sum()
    numbers = plan.steps["remedy"].value_counts()
    print_table(
        (
            t("what to do", "措施"),
            t("number", "数量"),
            t("gain ‰", "增益‰"),
            t("settles ‰", "可消除‰"),
            t("cost", "费用"),
        ),
        [
            (remedy_name(str(remedy)), numbers[remedy], f"{gain:.2f}", f"{settles:.2f}", f"{cost:.3g}")
            for remedy, (gain, settles, cost) in zip(sums.index, sums.to_numpy().tolist(), strict=True)
        ],
    )


def _print_steps(plan: "RemedyPlan", top: int) -> None:
    """Print the steps of each remedy, those first that gain most."""
    from spatialgov.workspace.coverage_results import attributes_text, remedy_name, support_name

    steps = cast("gpd.GeoDataFrame", plan.steps.groupby("remedy", sort=False).head(top))
    print_table(
        (
            t("step", "步骤"),
            t("what to do", "措施"),
            t("camera", "摄像机"),
            t("on, what", "安装、内容"),
            t("direction", "朝向"),
            t("gain ‰", "增益‰"),
            t("verified (95 %)", "检验（95%）"),
            t("cost", "费用"),
            t("place (lon, lat)", "位置（经度, 纬度）"),
        ),
        [
            (
                row.step,
                remedy_name(row.remedy),
                row.camera_id,
                support_name(row.what) if row.remedy == "build" else attributes_text(row.what),
                "" if isnan(row.azimuth_deg) else f"{row.azimuth_deg:.0f}°",
                f"{row.gain:.2f}",
                f"{row.verified_low:.2f} – {row.verified_high:.2f}",
                f"{row.cost:g}",
                place,
            )
            for row, place in zip(table_rows(steps), places(steps), strict=True)
        ],
    )


def _note_plan(plan: "RemedyPlan") -> None:
    note(
        t(
            "Covered for certain, of all that should be seen: {before:.1f} ‰ before, {after:.1f} ‰ after. "
            "Gain {gain:.2f} ‰; on points that the search did not see {verified:.2f} ‰ ({low:.2f} to {high:.2f}). "
            "Cost {cost:g}.",
            "确定覆盖（占应覆盖总量）：处置前 {before:.1f} ‰，处置后 {after:.1f} ‰。增益 {gain:.2f} ‰；"
            "在搜索未见过的样本上为 {verified:.2f} ‰（{low:.2f} 至 {high:.2f}）。费用 {cost:g}。",
            before=plan.covered_before,
            after=plan.covered_after,
            gain=plan.gain,
            verified=plan.verified,
            low=plan.verified_low,
            high=plan.verified_high,
            cost=plan.cost,
        )
    )
    if plan.siting is not None:
        note(
            t("The new sites are proved to be the best.", "新点位已证明为最优。")
            if plan.siting.proved
            else t(
                "The new sites may miss at most {gap:.1%} of what is possible: that is proven.",
                "已证明：新点位与可能的最优相差不超过 {gap:.1%}。",
                gap=plan.siting.gap,
            )
        )
    note(
        t(
            "Next: spatialgov map sites, spatialgov sites --changes plan.csv",
            "下一步：spatialgov map sites、spatialgov sites --changes plan.csv",
        )
    )
