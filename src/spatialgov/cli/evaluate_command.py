"""``spatialgov evaluate UNITS PLAN``."""

from pathlib import Path
from typing import Any

import click

from spatialgov.cli._planning import barriers_option, measured_by_options, read_plans
from spatialgov.cli._shared import (
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


@click.command(
    "evaluate",
    help=t(
        "Check and measure grids that exist: PLAN is a plan's GeoPackage, or a table of unit_id and grid_code.",
        "检查并度量已有的网格：PLAN 为方案 GeoPackage，或含 unit_id、grid_code 的表格。",
    ),
    epilog=examples(
        "spatialgov evaluate units.gpkg plan.gpkg --within community_code",
        "spatialgov evaluate units.geojson today.csv --target 400 --json",
    ),
)
@click.argument("units_file", metavar="UNITS", type=click.Path(path_type=Path))
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@barriers_option
@measured_by_options
@units_options
@faults_option
@json_option
def command(units_file: Path, plan_file: Path, faults_file: Path | None, as_json: bool, **reading: Any) -> None:
    """Read, check, measure."""
    from spatialgov.partition import misses

    with fault_table(faults_file) as faults:
        (plan,) = read_plans(units_file, [plan_file], **reading)
        forbids, missed = plan.faults(), misses(plan)
        faults.extend([*plan.units.faults, *forbids, *missed])
        show_faults(plan.units.faults, t("About the units:", "关于基本单元："))
        show_faults(forbids, t("Faults of the plan:", "方案的问题："))
        show_faults(missed, t("Grids that miss their target:", "未达标的网格："))
    metrics = plan.metrics()
    if as_json:
        print_json(metrics)
    else:
        print_measures(metrics)
    if forbids:
        note(t("The plan can't be published as it is.", "该方案目前无法发布。"))
        raise SystemExit(1)
    note(t("The plan can be published.", "该方案可以发布。"))
