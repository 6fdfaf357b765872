"""``spatialgov rebalance UNITS PLAN -o OUT.gpkg``."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._outputs import InputFile, OutputFile
from spatialgov.cli._planning import barriers_option, measured_by_options, progress_bar, read_plans, write_plan_map
from spatialgov.cli._shared import (
    examples,
    fault_table,
    faults_option,
    json_option,
    note,
    print_json,
    print_table,
    show_faults,
    units_options,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.partition.rebalancing import Frontier, FrontierStep

_SHOWN = 8


@click.command(
    "rebalance",
    help=t(
        "Bring today's grids into their band of households with as few households as possible in another grid. PLAN "
        "is a plan's GeoPackage, or a table of unit_id and grid_code. The table shows what each step of balance "
        "costs; the step that is written is the most balanced one, or the one that --most-moved or --out-of-band "
        "asks for.",
        "以尽量少的户数变动，使现有网格达到户数区间。PLAN 为方案 GeoPackage，或含 unit_id、grid_code 的表格。"
        "表中列出每一步均衡的代价；写出的是最均衡的一步，或由 --most-moved、--out-of-band 指定的一步。",
    ),
    epilog=examples(
        "spatialgov rebalance units.geojson today.csv --within community_code -o better.gpkg",
        "spatialgov rebalance units.gpkg plan.gpkg --households 300 500 --most-moved 2000 --lock 990101001001003",
        "spatialgov rebalance units.gpkg plan.gpkg --within community_code --frontier steps.csv --map better.html",
    ),
)
@click.argument("units_file", metavar="UNITS", type=InputFile())
@click.argument("plan_file", metavar="PLAN", type=InputFile())
@click.option(
    "-o", "--output", type=OutputFile(".gpkg"), default="rebalanced.gpkg", show_default=True,
    help=t("GeoPackage to write: layers grids and units.", "输出的 GeoPackage：图层 grids 和 units。"),
)  # fmt: skip
@click.option(
    "--households", type=(int, int), default=None, metavar="LEAST MOST",
    help=t(
        "Fewest and most households of a grid (300 500 by default; with --balance population or area_m2 the target "
        "and its tolerance).",
        "每格户数的下限与上限（默认 300 500；按人口或面积均衡时为目标及其容差）。",
    ),
)  # fmt: skip
@click.option(
    "--most-moved", type=click.IntRange(0), metavar="HOUSEHOLDS",
    help=t("Write the best balance that moves no more households.", "写出变动户数不超过此数的最均衡方案。"),
)  # fmt: skip
@click.option(
    "--out-of-band", type=click.IntRange(0), metavar="GRIDS",
    help=t(
        "Write the plan that moves least with no more grids outside the band.",
        "写出区间外网格不超过此数且变动最少的方案。",
    ),
)  # fmt: skip
@click.option(
    "--lock", "locked", multiple=True, metavar="CODE",
    help=t("Grid that stays as it is; may be repeated.", "保持不变的网格，可重复。"),
)  # fmt: skip
@click.option(
    "--seed", type=int, default=0, show_default=True,
    help=t("The same seed gives the same plans.", "相同种子得到相同方案。"),
)  # fmt: skip
@click.option(
    "--frontier", "frontier_file", type=OutputFile(".csv", ".parquet"),
    help=t("Table of every step to write.", "写出全部步骤的表格。"),
)  # fmt: skip
@click.option("--map", "map_file", type=OutputFile(".html"), help=t("Write a map as HTML too.", "同时输出 HTML 地图。"))
@barriers_option
@measured_by_options
@units_options
@faults_option
@json_option
def command(
    units_file: Path, plan_file: Path, output: Path, households: tuple[int, int] | None, most_moved: int | None,
    out_of_band: int | None, locked: tuple[str, ...], seed: int, frontier_file: Path | None, map_file: Path | None,
    faults_file: Path | None, as_json: bool, **reading: Any,
) -> None:  # fmt: skip
    """Read, search, choose, write."""
    from spatialgov.partition.rebalancing import rebalance

    if most_moved is not None and out_of_band is not None:
        raise click.UsageError(t("Give --most-moved or --out-of-band, not both.", "二者只能给出一个。"))
    with fault_table(faults_file) as faults:
        (plan,) = read_plans(units_file, [plan_file], faults, **reading)
        announce_compilation("partition/rebalancing")
        start = time.perf_counter()
        with progress_bar(t("Searching", "正在搜索")) as progress:
            frontier = rebalance(plan, households=households, locked=locked, seed=seed, progress=progress)
        seconds = time.perf_counter() - start
        step = frontier.chosen(most_moved=most_moved, out_of_band=out_of_band)
        found = step.plan.faults()
        faults.extend(found)
        show_faults(found, t("Faults of the plan:", "方案的问题："))
        if map_file is not None:
            write_plan_map(step.plan, map_file)
        if frontier_file is not None:
            _write_frontier(frontier, frontier_file)
        step.plan.write(output)
    if as_json:
        steps = [one.as_dict() for one in frontier.steps]
        print_json({"chosen": step.as_dict(), "steps": steps, "seconds": round(seconds, 3)})
    else:
        _print_steps(frontier, step)
    _say_result(frontier, step, [file for file in (output, map_file, frontier_file) if file])


def _print_steps(frontier: "Frontier", chosen: "FrontierStep") -> None:
    """Print some of the steps, the one that is written marked."""
    head = (
        "",
        t("households moved", "变动户数"),
        t("units moved", "变动单元"),
        t("grids out of band", "区间外网格"),
        t("beyond the band", "超出区间"),
        t("largest deviation, %", "最大偏差（%）"),
    )
    steps = sorted({*frontier.shortlist(_SHOWN), chosen}, key=lambda one: one.households_moved)
    print_table(
        head,
        [
            (
                "→" if one is chosen else "",
                f"{one.households_moved:,}",
                f"{one.units_moved:,}",
                one.out_of_band,
                f"{one.breach:,.0f}",
                f"{one.max_deviation_pct:.1f}",
            )
            for one in steps
        ],
    )


def _write_frontier(frontier: "Frontier", file: Path) -> None:
    import pandas as pd

    from spatialgov.vector_io import write_vector

    write_vector(pd.DataFrame([step.as_dict() for step in frontier.steps]), file)


def _say_result(frontier: "Frontier", step: "FrontierStep", written: list[Path]) -> None:
    note(
        t(
            "Band {lower:,.0f} to {upper:,.0f}: {before} grids outside before, {after} afterwards; "
            "{moved:,} households change their grid.",
            "区间 {lower:,.0f} 至 {upper:,.0f}：区间外网格由 {before} 个变为 {after} 个；{moved:,} 户更换网格。",
            lower=frontier.lower,
            upper=frontier.upper,
            before=frontier.steps[0].out_of_band,
            after=step.out_of_band,
            moved=step.households_moved,
        )
    )
    note(t("Written: {files}", "已写出：{files}", files=", ".join(map(str, written))))
    note(
        t(
            "Next: spatialgov compare UNITS TODAY {plan} lists what moves where.",
            "下一步：spatialgov compare UNITS TODAY {plan} 可列出变动明细。",
            plan=written[0],
        )
    )
