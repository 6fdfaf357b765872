"""``spatialgov partition UNITS -o OUT.gpkg``."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._gaps import gaps_as_json, gaps_option, measure_gaps, print_gaps
from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import (
    column_pairs,
    examples,
    fault_table,
    faults_option,
    json_option,
    note,
    print_json,
    print_measures,
    show_faults,
    units_options,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.faults import Fault
    from spatialgov.partition import Progress
    from spatialgov.plan import Plan
    from spatialgov.units import Units


@click.command(
    "partition",
    help=t(
        "Divide the units of a file into contiguous grids, balanced by households, population or area. The plan is "
        "written even when grids miss their target; each of them is listed with the reason.",
        "将文件中的基本单元划分为连通的网格，按户数、人口或面积均衡。有网格未达标时仍会写出方案，并逐一列出原因。",
    ),
    epilog=examples(
        "spatialgov partition units.gpkg -o plan.gpkg --within community_code",
        "spatialgov partition units.gpkg --within community_code --minimum 300 --maximum 500 --barriers rivers.gpkg",
        "spatialgov partition units.gpkg --within community_code --objective moment_of_inertia --gaps",
        "spatialgov partition units.csv --datum gcj02 -o plan.gpkg --grids 40 --map plan.html",
        "spatialgov partition units.shp -o plan.gpkg --column unit_id=ID --column households=HH --faults faults.csv",
    ),
)
@click.argument("units_file", metavar="UNITS", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=OutputFile(".gpkg"), default="plan.gpkg", show_default=True,
    help=t("GeoPackage to write: layers grids and units.", "输出的 GeoPackage：图层 grids 和 units。"),
)  # fmt: skip
@click.option("--grids", type=int, help=t("How many grids in all.", "网格总数。"))
@click.option(
    "--households-per-grid", type=float, help=t("Households of a grid (default 400).", "每格户数（默认 400）。")
)
@click.option("--population-per-grid", type=float, help=t("Population of a grid.", "每格人口。"))
@click.option("--area-per-grid", "area_per_grid_m2", type=float, help=t("Area of a grid, m².", "每格面积（平方米）。"))
@click.option(
    "--within",
    help=t("Column that grids must nest in, e.g. community_code.", "网格不得跨越的上级列，如 community_code。"),
)
@click.option(
    "--tolerance",
    type=float,
    default=0.05,
    show_default=True,
    help=t("Deviation that is on target.", "视为达标的偏差。"),
)
@click.option(
    "--minimum", type=float, help=t("Least that a grid may hold; comes before the tolerance.", "每格下限，优先于容差。")
)
@click.option(
    "--maximum", type=float, help=t("Most that a grid may hold; comes before the tolerance.", "每格上限，优先于容差。")
)
@click.option(
    "--max-area", "max_area_m2", type=float, help=t("Largest area of a grid, m².", "网格最大面积（平方米）。")
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help=t("The same seed gives the same plan.", "相同种子得到相同方案。"),
)
@click.option(
    "--barriers", "barriers_file", type=click.Path(path_type=Path),
    help=t(
        "Lines with a column effect: hard (never crossed) or penalty.", "带 effect 列的线：hard（不得跨越）或 penalty。"
    ),
)  # fmt: skip
@click.option(
    "--dedicated", multiple=True, metavar="KIND",
    help=t(
        "Kind of units that become grids of their own, e.g. campus; may be repeated.",
        "单独成格的单元类型，如 campus，可重复。",
    ),
)  # fmt: skip
@click.option(
    "--effort", type=click.Choice(["quick", "default", "best"]), default="default", show_default=True,
    help=t("How long to look for better grids.", "寻找更优网格的力度。"),
)  # fmt: skip
@click.option(
    "--objective", type=click.Choice(["compact", "moment_of_inertia"]), default="compact", show_default=True,
    help=t("What makes a grid good besides its balance.", "除均衡外，网格优劣的标准。"),
)  # fmt: skip
@click.option(
    "--time-limit", "time_limit_s", type=float, metavar="SECONDS",
    help=t("Look for better grids until then, for each part of the ground.", "每个连通区域的搜索时限（秒）。"),
)  # fmt: skip
@click.option("--strict", is_flag=True, help=t("A grid that misses its target is an error.", "有网格未达标即报错。"))
@click.option("--map", "map_file", type=OutputFile(".html"), help=t("Write a map as HTML too.", "同时输出 HTML 地图。"))
@gaps_option
@units_options
@faults_option
@json_option
def command(
    units_file: Path, output: Path, within: str | None, strict: bool, map_file: Path | None, faults_file: Path | None,
    with_gaps: bool, as_json: bool, datum: str | None, crs: str | None, layer: str | None,
    columns: tuple[str, ...], keep_sound: bool, barriers_file: Path | None, **options: Any,
) -> None:  # fmt: skip
    """Read, divide, check, write."""
    from spatialgov.barriers import with_barriers
    from spatialgov.partition.nested import partition
    from spatialgov.units import read_units
    from spatialgov.vector_io import read_vector

    mapping = column_pairs(columns)
    with fault_table(faults_file) as faults:
        note(t("Reading {file} …", "正在读取 {file} ……", file=units_file.name))
        keep = [within] if within else []
        units = read_units(
            units_file, datum=datum, crs=crs, layer=layer, columns=mapping, keep=keep, keep_sound=keep_sound
        )
        faults.extend(units.faults)
        _say_units(units)
        if barriers_file is not None:
            units = with_barriers(units, read_vector(barriers_file, datum=datum).frame)
        announce_compilation("partition/start", "partition/refine")
        start = time.perf_counter()
        with _progress_bar() as progress:
            plan = partition(units, within=within, progress=progress, **options)
        seconds = time.perf_counter() - start
        faults.extend(_plan_faults(plan, strict=strict))
        metrics = plan.metrics()
        if map_file is not None:
            _write_map(plan, map_file)
        plan.write(output)
    found = measure_gaps(plan, wanted=with_gaps)
    if as_json:
        print_json({**metrics, "seconds": round(seconds, 3), **gaps_as_json(found)})
    else:
        print_measures(metrics)
        print_gaps(found)
    note(
        t(
            "{units} units divided into {grids} grids in {seconds:.1f} s.",
            "{units} 个单元划分为 {grids} 个网格，用时 {seconds:.1f} 秒。",
            units=len(units),
            grids=len(plan.codes),
            seconds=seconds,
        )
    )
    written = [output, map_file] if map_file else [output]
    note(t("Written: {files}", "已写出：{files}", files=", ".join(map(str, written))))
    _say_next(units_file, output, within, datum)


@contextmanager
def _progress_bar() -> "Iterator[Progress]":
    """Show how far the work is: a bar on a terminal, one line elsewhere."""
    with click.progressbar(length=1, label=t("Dividing", "正在划分"), file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show


def _say_units(units: "Units") -> None:
    if units.dropped_columns:
        names = ", ".join(units.dropped_columns)
        note(t("Columns not asked for were dropped: {names}.", "未要求的列已舍弃：{names}。", names=names))
    show_faults(units.faults, t("About the units:", "关于基本单元："))


def _plan_faults(plan: "Plan", *, strict: bool) -> "list[Fault]":
    """Show what is wrong with a plan and give it; with `strict`, a grid that misses its target ends the work."""
    from spatialgov.errors import FaultyDataError
    from spatialgov.partition import misses

    found, missed = plan.faults(), misses(plan)
    if strict and missed:
        message = t(
            "{n} grids miss their target; nothing was written.", "{n} 个网格未达标，未写出任何文件。", n=len(missed)
        )
        raise FaultyDataError(message, [*found, *missed], remedy=missed[0].remedy)
    show_faults(found, t("Faults of the plan:", "方案的问题："))
    show_faults(missed, t("Grids that miss their target:", "未达标的网格："))
    return [*found, *missed]


def _write_map(plan: "Plan", file: Path) -> None:
    from spatialgov_maps.base import save_html
    from spatialgov_maps.plan_map import plan_map

    save_html(plan_map(plan.grids(), balance=plan.settings.balance, target=plan.settings.target), file)


def _say_next(units_file: Path, output: Path, within: str | None, datum: str | None) -> None:
    from spatialgov.units import UNIT_COLUMNS

    options = f" --datum {datum}" if datum else ""
    options += f" --keep {within}" if within and within not in UNIT_COLUMNS else ""
    nested = f" --within {within}" if within else ""
    note(
        t(
            "Next: spatialgov import units {units}{options}, then spatialgov publish {plan}{nested}",
            "下一步：spatialgov import units {units}{options}，然后 spatialgov publish {plan}{nested}",
            units=units_file, options=options, plan=output, nested=nested,
        )
    )  # fmt: skip
