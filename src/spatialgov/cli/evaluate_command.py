"""``spatialgov evaluate UNITS PLAN``."""

from pathlib import Path

import click

from spatialgov.cli._gaps import gaps_as_json, gaps_option, measure_gaps, print_gaps
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
@click.option("--within", help=t("Column that grids must nest in.", "网格不得跨越的上级列。"))
@click.option(
    "--balance", type=click.Choice(["households", "population", "area_m2"]), default="households", show_default=True,
    help=t("What grids are measured by.", "度量所依据的数量。"),
)  # fmt: skip
@click.option(
    "--target", type=float, default=400.0, show_default=True, help=t("What a grid should hold.", "每格应有的数量。")
)
@click.option(
    "--tolerance",
    type=float,
    default=0.05,
    show_default=True,
    help=t("Deviation that is on target.", "视为达标的偏差。"),
)
@gaps_option
@units_options
@faults_option
@json_option
def command(
    units_file: Path, plan_file: Path, within: str | None, balance: str, target: float, tolerance: float,
    datum: str | None, crs: str | None, layer: str | None, columns: tuple[str, ...], keep_sound: bool,
    faults_file: Path | None, with_gaps: bool, as_json: bool,
) -> None:  # fmt: skip
    """Read, check, measure."""
    from spatialgov.partition import misses
    from spatialgov.plan import PlanSettings
    from spatialgov.plan_files import read_plan
    from spatialgov.units import read_units

    mapping = column_pairs(columns)
    settings = PlanSettings(balance, target, tolerance, within)  # type: ignore[arg-type]
    keep = [within] if within else []
    with fault_table(faults_file) as faults:
        units = read_units(
            units_file, datum=datum, crs=crs, layer=layer, columns=mapping, keep=keep, keep_sound=keep_sound
        )
        plan = read_plan(plan_file, units, settings)
        forbids, missed = plan.faults(), misses(plan)
        faults.extend([*units.faults, *forbids, *missed])
        show_faults(units.faults, t("About the units:", "关于基本单元："))
        show_faults(forbids, t("Faults of the plan:", "方案的问题："))
        show_faults(missed, t("Grids that miss their target:", "未达标的网格："))
    metrics = plan.metrics()
    found = measure_gaps(plan, wanted=with_gaps)
    if as_json:
        print_json({**metrics, **gaps_as_json(found)})
    else:
        print_measures(metrics)
        print_gaps(found)
    if forbids:
        note(t("The plan can't be published as it is.", "该方案目前无法发布。"))
        raise SystemExit(1)
    note(t("The plan can be published.", "该方案可以发布。"))
