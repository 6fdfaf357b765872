"""``spatialgov partition UNITS -o OUT.gpkg``."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import (
    by_option,
    column_pairs,
    examples,
    fault_table,
    faults_option,
    json_option,
    named_pairs,
    note,
    print_json,
    print_measures,
    print_summaries,
    show_faults,
    summaries,
    units_options,
    within_option,
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
        "spatialgov partition units.csv --datum gcj02 -o plan.gpkg --grids 40 --map plan.html",
        "spatialgov partition units.gpkg --within subdistrict_code,community_code --by subdistrict_code",
        "spatialgov partition units.gpkg --within community_code --locked-from today.gpkg --lock 990101001001003",
        "spatialgov partition units.gpkg --within community_code --unit-grids 10000",
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
@within_option
@by_option
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
    "--locked-from", "today_file", type=click.Path(path_type=Path), metavar="PLAN",
    help=t("Today's plan, whose grids --lock names.", "现有方案，其网格可用 --lock 锁定。"),
)  # fmt: skip
@click.option(
    "--lock", "locked", multiple=True, metavar="CODE",
    help=t("Grid of that plan that stays exactly as it is; may be repeated.", "该方案中保持不变的网格，可重复。"),
)  # fmt: skip
@click.option(
    "--lock-unit", "locked_units", multiple=True, metavar="UNIT=CODE",
    help=t("Unit that must belong to the grid with this code; may be repeated.", "必须属于该编码网格的单元，可重复。"),
)  # fmt: skip
@click.option(
    "--unit-grids", "unit_area_m2", type=float, metavar="AREA",
    help=t(
        "Cut the grids into unit grids of this area too, m² ± 10 %; usually 10000.",
        "同时在网格内划分该面积（平方米，±10%）的单元网格，通常为 10000。",
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
@units_options
@faults_option
@json_option
def command(
    units_file: Path, output: Path, within: tuple[str, ...], by: tuple[str, ...], strict: bool,
    map_file: Path | None, faults_file: Path | None, as_json: bool, datum: str | None,
    crs: str | None, layer: str | None, columns: tuple[str, ...], keep_sound: bool,
    barriers_file: Path | None, today_file: Path | None, locked: tuple[str, ...], locked_units: tuple[str, ...],
    unit_area_m2: float | None, **options: Any,
) -> None:  # fmt: skip
    """Read, divide, check, write."""
    from spatialgov.barriers import with_barriers
    from spatialgov.partition import partition, unit_grids
    from spatialgov.plan import PlanSettings
    from spatialgov.plan_files import read_plan
    from spatialgov.units import read_units
    from spatialgov.vector_io import read_vector

    mapping = column_pairs(columns)
    pins = named_pairs(locked_units, "UNIT=CODE", "--lock-unit")
    with fault_table(faults_file) as faults:
        note(t("Reading {file} …", "正在读取 {file} ……", file=units_file.name))
        keep = [*within, *by]
        units = read_units(
            units_file, datum=datum, crs=crs, layer=layer, columns=mapping, keep=keep, keep_sound=keep_sound
        )
        faults.extend(units.faults)
        _say_units(units)
        if barriers_file is not None:
            units = with_barriers(units, read_vector(barriers_file, datum=datum).frame)
        today = read_plan(today_file, units, PlanSettings()) if today_file is not None else None
        announce_compilation("partition/start", "partition/refine")
        start = time.perf_counter()
        with progress_bar() as progress:
            plan = partition(
                units, within=within, today=today, locked=locked, locked_units=pins, progress=progress, **options
            )
        seconds = time.perf_counter() - start
        faults.extend(plan_faults(plan, strict=strict, locked=locked))
        cut = None
        if unit_area_m2 is not None:
            with progress_bar() as progress:
                cut = unit_grids(plan, unit_area_m2, progress=progress)
            faults.extend(plan_faults(cut, strict=strict))
        metrics = plan.metrics()
        if map_file is not None:
            _write_map(plan, map_file)
        plan.write(output, cut)
    if as_json:
        of_units = {"unit_grids": cut.metrics()} if cut is not None else {}
        print_json({**metrics, "seconds": round(seconds, 3), **summaries(plan, by), **of_units})
    else:
        print_measures(metrics)
        print_summaries(plan, by)
    note(
        t(
            "{units} units divided into {grids} grids in {seconds:.1f} s.",
            "{units} 个单元划分为 {grids} 个网格，用时 {seconds:.1f} 秒。",
            units=len(units),
            grids=len(plan.codes),
            seconds=seconds,
        )
    )
    if cut is not None:
        say_unit_grids(cut)
    written = [output, map_file] if map_file else [output]
    note(t("Written: {files}", "已写出：{files}", files=", ".join(map(str, written))))
    _say_next(units_file, output, within, datum)


@contextmanager
def progress_bar() -> "Iterator[Progress]":
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


def plan_faults(plan: "Plan", *, strict: bool = False, locked: tuple[str, ...] = ()) -> "list[Fault]":
    """Show what is wrong with a plan and give it; with `strict`, a grid that misses its target ends the work."""
    from spatialgov.errors import FaultyDataError
    from spatialgov.partition import misses

    found, missed = plan.faults(), misses(plan, locked)
    if strict and missed:
        message = t(
            "{n} grids miss their target; nothing was written.", "{n} 个网格未达标，未写出任何文件。", n=len(missed)
        )
        raise FaultyDataError(message, [*found, *missed], remedy=missed[0].remedy)
    show_faults(found, t("Faults of the plan:", "方案的问题："))
    show_faults(missed, t("Grids that miss their target:", "未达标的网格："))
    return [*found, *missed]


def say_unit_grids(cut: "Plan") -> None:
    """Say how many unit grids there are, how many are on target, and how many units are too large for any."""
    import numpy as np

    settings = cut.settings
    most_m2 = settings.target * (1 + settings.tolerance)
    note(
        t(
            "{n} unit grids, {on} of them of {area:,.0f} m² ± {tolerance:.0%}; {large} units above {most:,.0f} m² stay "
            "alone.",
            "共 {n} 个单元网格，其中 {on} 个为 {area:,.0f} 平方米 ±{tolerance:.0%}；{large} 个超过 {most:,.0f} 平方米的"
            "单元单独成格。",
            n=len(cut.codes),
            on=int((np.abs(cut.deviation_pct()) <= 100 * settings.tolerance).sum()),
            area=settings.target,
            tolerance=settings.tolerance,
            large=int((cut.units.graph.area_m2 > most_m2).sum()),
            most=most_m2,
        )
    )


def _write_map(plan: "Plan", file: Path) -> None:
    from spatialgov_maps.base import save_html
    from spatialgov_maps.plan_map import plan_map

    save_html(plan_map(plan.grids(), balance=plan.settings.balance, target=plan.settings.target), file)


def _say_next(units_file: Path, output: Path, within: tuple[str, ...], datum: str | None) -> None:
    from spatialgov.units import UNIT_COLUMNS

    options = f" --datum {datum}" if datum else ""
    options += "".join(f" --keep {column}" for column in within if column not in UNIT_COLUMNS)
    nested = f" --within {','.join(within)}" if within else ""
    note(
        t(
            "Next: spatialgov import units {units}{options}, then spatialgov publish {plan}{nested}",
            "下一步：spatialgov import units {units}{options}，然后 spatialgov publish {plan}{nested}",
            units=units_file, options=options, plan=output, nested=nested,
        )
    )  # fmt: skip
