"""``spatialgov unit-grids UNITS PLAN -o OUT.gpkg``."""

from pathlib import Path
from typing import Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._outputs import InputFile, OutputFile
from spatialgov.cli._planning import barriers_option, plan_faults, progress_bar, read_units_file, say_unit_grids
from spatialgov.cli._shared import (
    examples,
    fault_table,
    faults_option,
    json_option,
    note,
    print_json,
    print_measures,
    units_options,
)
from spatialgov.language import t


@click.command(
    "unit-grids",
    help=t(
        "Cut the grids of a plan into unit grids of about the same area along the borders of the units. A unit that is "
        "larger stays alone. The output has both levels.",
        "沿基本单元边界，将方案的网格划分为面积相近的单元网格（万米单元网格）。面积更大的单元单独成格。输出含两级网格。",
    ),
    epilog=examples("spatialgov unit-grids units.gpkg plan.gpkg -o unit_grids.gpkg"),
)
@click.argument("units_file", metavar="UNITS", type=InputFile())
@click.argument("plan_file", metavar="PLAN", type=InputFile())
@click.option(
    "-o", "--output", type=OutputFile(".gpkg"), default="unit_grids.gpkg", show_default=True,
    help=t("GeoPackage to write: layers grids, unit_grids and units.", "输出的 GeoPackage：两级网格与单元。"),
)  # fmt: skip
@click.option(
    "--area", "area_m2", type=float, default=10_000.0, show_default=True,
    help=t("Area of a unit grid, m².", "单元网格面积（平方米）。"),
)  # fmt: skip
@click.option(
    "--tolerance", type=float, default=0.1, show_default=True,
    help=t("Deviation that is on target.", "视为达标的偏差。"),
)  # fmt: skip
@barriers_option
@units_options
@faults_option
@json_option
def command(
    units_file: Path, plan_file: Path, output: Path, area_m2: float, tolerance: float, faults_file: Path | None,
    as_json: bool, **reading: Any,
) -> None:  # fmt: skip
    """Read, cut, check, write."""
    from spatialgov.partition import unit_grids
    from spatialgov.plan import PlanSettings
    from spatialgov.plan_files import read_plan

    with fault_table(faults_file) as faults:
        units = read_units_file(units_file, faults, [], **reading)
        plan = read_plan(plan_file, units, PlanSettings())
        announce_compilation("partition/start", "partition/refine")
        with progress_bar(t("Cutting unit grids", "正在划分单元网格")) as progress:
            cut = unit_grids(plan, area_m2, tolerance, progress=progress)
        faults.extend(plan_faults(cut))
        plan.write(output, cut)
    metrics = cut.metrics()
    if as_json:
        print_json(metrics)
    else:
        print_measures(metrics)
    say_unit_grids(cut)
    note(t("Written: {files}", "已写出：{files}", files=output))
