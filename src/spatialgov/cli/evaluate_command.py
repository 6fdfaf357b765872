"""``spatialgov evaluate UNITS PLAN``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._shared import (
    by_option,
    column_pairs,
    examples,
    fault_table,
    faults_option,
    json_option,
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
    from spatialgov.plan import Plan


@click.command(
    "evaluate",
    help=t(
        "Check and measure grids that exist: PLAN is a plan's GeoPackage, or a table of unit_id and grid_code.",
        "检查并度量已有的网格：PLAN 为方案 GeoPackage，或含 unit_id、grid_code 的表格。",
    ),
    epilog=examples(
        "spatialgov evaluate units.gpkg plan.gpkg --within community_code",
        "spatialgov evaluate units.geojson today.csv --target 400 --json",
        "spatialgov evaluate units.gpkg plan.gpkg --within subdistrict_code,community_code --by subdistrict_code",
        "spatialgov evaluate units.gpkg plan.gpkg --reference today.csv",
    ),
)
@click.argument("units_file", metavar="UNITS", type=click.Path(path_type=Path))
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@within_option
@by_option
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
@click.option(
    "--reference", "reference_file", type=click.Path(path_type=Path), metavar="PLAN",
    help=t(
        "Plan of the same units to count the households moved against, whatever the codes of its grids.",
        "用于统计改划户数的参照方案（同一批单元），不论其网格编码。",
    ),
)  # fmt: skip
@units_options
@faults_option
@json_option
def command(
    units_file: Path, plan_file: Path, within: tuple[str, ...], by: tuple[str, ...], balance: str, target: float,
    tolerance: float, reference_file: Path | None,
    datum: str | None, crs: str | None, layer: str | None, columns: tuple[str, ...], keep_sound: bool,
    faults_file: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Read, check, measure."""
    from spatialgov.partition import misses
    from spatialgov.plan import PlanSettings
    from spatialgov.plan_files import read_plan
    from spatialgov.units import read_units

    mapping = column_pairs(columns)
    settings = PlanSettings(balance, target, tolerance, within)  # type: ignore[arg-type]
    keep = [*within, *by]
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
        reference = read_plan(reference_file, units, PlanSettings()) if reference_file is not None else None
    moved = _moved(reference, plan) if reference is not None else {}
    metrics = plan.metrics()
    if as_json:
        print_json({**metrics, **({"against_reference": moved} if moved else {}), **summaries(plan, by)})
    else:
        print_measures(metrics)
        print_summaries(plan, by)
    if moved:
        note(
            t(
                "Against {file}: {households:,} households ({share:.1%}) and {units:,} units are in another grid.",
                "与 {file} 相比：{households:,} 户（{share:.1%}）、{units:,} 个单元改划到其他网格。",
                file=reference_file,
                households=moved["households_moved"],
                share=moved["share_moved"],
                units=moved["units_moved"],
            )
        )
    if forbids:
        note(t("The plan can't be published as it is.", "该方案目前无法发布。"))
        raise SystemExit(1)
    note(t("The plan can be published.", "该方案可以发布。"))


def _moved(reference: "Plan", plan: "Plan") -> dict[str, float]:
    """Give what moves from one plan to the other, their grids matched as well as can be."""
    from spatialgov.partition.compare import compare

    comparison = compare(reference, plan)
    return {name: getattr(comparison, name) for name in ("households_moved", "units_moved", "share_moved")}
