"""``spatialgov partition UNITS -o OUT.gpkg``."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._cluster import Apart, cluster_options
from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._gaps import gaps_as_json, gaps_option, measure_gaps, print_gaps
from spatialgov.cli._outputs import InputFile, OutputFile
from spatialgov.cli._planning import (
    also_option,
    also_tolerances,
    barriers_option,
    by_option,
    columns_to_keep,
    plan_faults,
    print_summaries,
    progress_bar,
    read_units_file,
    say_unit_grids,
    summaries,
    within_option,
    write_plan_map,
)
from spatialgov.cli._shared import (
    examples,
    fault_table,
    faults_option,
    json_option,
    named_pairs,
    note,
    print_json,
    print_measures,
    print_table,
    units_options,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.plan import Plan


@click.command(
    "partition",
    help=t(
        "Divide the units of a file into contiguous grids, balanced by households, population, area or workload, or "
        "by several of them. The plan is written even when grids miss their target; each of them is listed with the "
        "reason.",
        "将文件中的基本单元划分为连通的网格，按户数、人口、面积或工作量均衡，也可同时按多个量均衡。有网格未达标时仍会写出方案，并逐一列出原因。",
    ),
    epilog=examples(
        "spatialgov partition units.gpkg -o plan.gpkg --within community_code",
        "spatialgov partition units.gpkg --within community_code --minimum 300 --maximum 500 --barriers rivers.gpkg",
        "spatialgov partition units.gpkg --within community_code --alternatives 5",
        "spatialgov partition units.gpkg --within community_code --also population=0.1 --also area_m2=0.5",
        "spatialgov partition units.gpkg --within community_code --objective moment_of_inertia --gaps",
        "spatialgov partition units.csv --datum gcj02 -o plan.gpkg --grids 40 --map plan.html",
        "spatialgov partition units.gpkg --within subdistrict_code,community_code --by subdistrict_code",
        "spatialgov partition units.gpkg --within community_code --locked-from today.gpkg --lock 990101001001003",
        "spatialgov partition units.gpkg --within community_code --unit-grids 10000",
        "spatialgov partition units.gpkg --within community_code --cluster tcp://10.0.0.5:8786",
        "spatialgov partition units.shp -o plan.gpkg --column unit_id=ID --column households=HH --faults faults.csv",
    ),
)
@click.argument("units_file", metavar="UNITS", type=InputFile())
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
    "--workload-per-grid", type=float,
    help=t("Workload of a grid, in minutes a day (column workload).", "每格工作量（workload 列，分钟/日）。"),
)  # fmt: skip
@within_option
@by_option
@click.option(
    "--tolerance",
    type=float,
    default=0.05,
    show_default=True,
    help=t("Deviation that is on target.", "视为达标的偏差。"),
)
@also_option
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
    "--dedicated", multiple=True, metavar="KIND",
    help=t(
        "Kind of units that become grids of their own, e.g. campus; may be repeated.",
        "单独成格的单元类型，如 campus，可重复。",
    ),
)  # fmt: skip
@click.option(
    "--locked-from", "today_file", type=InputFile(), metavar="PLAN",
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
@click.option(
    "--alternatives", "wanted", type=click.IntRange(1), default=1, metavar="N",
    help=t(
        "Write up to N good plans that differ: OUT.gpkg, OUT-2.gpkg, …, and say how far they are apart.",
        "写出至多 N 个彼此不同的优良方案：OUT.gpkg、OUT-2.gpkg……，并说明其差异。",
    ),
)  # fmt: skip
@click.option("--strict", is_flag=True, help=t("A grid that misses its target is an error.", "有网格未达标即报错。"))
@click.option("--map", "map_file", type=OutputFile(".html"), help=t("Write a map as HTML too.", "同时输出 HTML 地图。"))
@gaps_option
@barriers_option
@units_options
@cluster_options()
@faults_option
@json_option
def command(
    units_file: Path, output: Path, within: tuple[str, ...], by: tuple[str, ...], strict: bool, map_file: Path | None,
    faults_file: Path | None, as_json: bool, today_file: Path | None, locked: tuple[str, ...],
    locked_units: tuple[str, ...], unit_area_m2: float | None, wanted: int, with_gaps: bool, also: tuple[str, ...],
    datum: str | None, crs: str | None, layer: str | None, columns: tuple[str, ...], keep_sound: bool,
    barriers_file: Path | None, apart: Apart, **options: Any,
) -> None:  # fmt: skip
    """Read, divide, check, write."""
    from spatialgov.partition import alternatives, partition, unit_grids
    from spatialgov.plan import PlanSettings
    from spatialgov.plan_files import read_plan

    pins = named_pairs(locked_units, "UNIT=CODE", "--lock-unit")
    allowed = also_tolerances(also)
    with fault_table(faults_file) as faults:
        keep = [*columns_to_keep(within, allowed), *by]
        units = read_units_file(
            units_file, faults, keep, datum=datum, crs=crs, layer=layer, columns=columns, keep_sound=keep_sound,
            barriers_file=barriers_file,
        )  # fmt: skip
        today = read_plan(today_file, units, PlanSettings()) if today_file is not None else None
        options |= {"within": within, "also": allowed, "today": today, "locked": locked, "locked_units": pins}
        announce_compilation("partition/start", "partition/refine")
        start = time.perf_counter()
        with _dividing(apart, output, as_json=as_json) as how:
            if wanted == 1:
                plans = [partition(units, **how, **options)]
            else:
                plans = alternatives(units, wanted, **how, **options)
        seconds = time.perf_counter() - start
        faults.extend(plan_faults(plans[0], strict=strict, locked=locked))
        cuts: list[Plan | None] = [None] * len(plans)
        if unit_area_m2 is not None:
            with progress_bar(t("Cutting unit grids", "正在划分单元网格")) as progress:
                cuts = [unit_grids(plan, unit_area_m2, progress=progress) for plan in plans]
        if cuts[0] is not None:
            faults.extend(plan_faults(cuts[0], strict=strict))
        if map_file is not None:
            write_plan_map(plans[0], map_file)
        written = _write_plans(plans, cuts, output)
    found = measure_gaps(plans[0], wanted=with_gaps)
    figures = {"seconds": round(seconds, 3), **summaries(plans[0], by), **gaps_as_json(found)}
    if cuts[0] is not None:
        figures["unit_grids"] = cuts[0].metrics()
    _show_figures(plans, written, figures, as_json=as_json, alternatives=wanted > 1)
    if not as_json:
        print_summaries(plans[0], by)
        print_gaps(found)
    note(
        t(
            "{units} units divided into {grids} grids in {seconds:.1f} s.",
            "{units} 个单元划分为 {grids} 个网格，用时 {seconds:.1f} 秒。",
            units=len(units),
            grids=len(plans[0].codes),
            seconds=seconds,
        )
    )
    if cuts[0] is not None:
        say_unit_grids(cuts[0])
    if len(plans) < wanted:
        note(t("Good plans that differ: only {n} were found.", "仅找到 {n} 个彼此不同的优良方案。", n=len(plans)))
    files = [*written, map_file] if map_file else written
    note(t("Written: {files}", "已写出：{files}", files=", ".join(map(str, files))))
    _say_next(units_file, output, within, datum)


@contextmanager
def _dividing(apart: Apart, output: Path, *, as_json: bool) -> Iterator[dict[str, Any]]:
    """Give what `partition` is told about who does the work, and show how far it is."""
    label = t("Dividing", "正在划分")
    if apart.asked:
        with apart.hands(output, label, as_json=as_json) as hands:
            yield {"hands": hands}
    else:
        with progress_bar(label) as progress:
            yield {"progress": progress}


def _write_plans(plans: "list[Plan]", cuts: "list[Plan | None]", output: Path) -> list[Path]:
    """Write the best plan to `output`, and its alternatives beside it, numbered from 2."""
    files = [output, *(output.with_stem(f"{output.stem}-{i}") for i in range(2, len(plans) + 1))]
    for plan, cut, file in zip(plans, cuts, files, strict=True):
        plan.write(file, cut)
    return files


def _show_figures(
    plans: "list[Plan]", files: list[Path], figures: dict[str, Any], *, as_json: bool, alternatives: bool
) -> None:
    """Print the measures: of one plan a list, of several a column each, with their distances."""
    from spatialgov.measures import MEASURES
    from spatialgov.partition import distances

    metrics = [plan.metrics() for plan in plans]
    apart = distances(plans).to_numpy()
    if as_json:
        figures = {**metrics[0], **figures}
        if alternatives:
            figures["alternatives"] = [
                {"file": str(file), "distance_to_best": float(apart[i, 0]), "metrics": metrics[i]}
                for i, file in enumerate(files)
            ]
        print_json(figures)
    elif len(plans) == 1:
        print_measures(metrics[0])
    else:
        rows = [
            [MEASURES[key].title, *(f"{one[key]:,.6g}" for one in metrics), MEASURES[key].unit] for key in metrics[0]
        ]
        rows += [
            [t("households that differ from {file}", "与 {file} 不同的户数", file=file.name)]
            + [f"{100 * share:.1f}" for share in apart[i]]
            + ["%"]
            for i, file in enumerate(files)
        ]
        print_table([t("measure", "指标"), *(file.name for file in files), ""], rows)


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
