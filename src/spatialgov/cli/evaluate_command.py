"""``spatialgov evaluate UNITS PLAN``."""

from pathlib import Path
from typing import Any

import click

from spatialgov.cli._gaps import gaps_as_json, gaps_option, measure_gaps, print_gaps
from spatialgov.cli._outputs import InputFile
from spatialgov.cli._planning import (
    barriers_option,
    by_option,
    measured_by_options,
    print_summaries,
    read_plans,
    summaries,
)
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
        "spatialgov evaluate units.gpkg plan.gpkg --within subdistrict_code,community_code --by subdistrict_code",
        "spatialgov evaluate units.gpkg plan.gpkg --reference today.csv",
    ),
)
@click.argument("units_file", metavar="UNITS", type=InputFile())
@click.argument("plan_file", metavar="PLAN", type=InputFile())
@click.option(
    "--reference", "reference_file", type=InputFile(), metavar="PLAN",
    help=t(
        "Plan of the same units to count the households moved against, whatever the codes of its grids.",
        "用于统计改划户数的参照方案（同一批单元），不论其网格编码。",
    ),
)  # fmt: skip
@gaps_option
@by_option
@barriers_option
@measured_by_options
@units_options
@faults_option
@json_option
def command(
    units_file: Path, plan_file: Path, by: tuple[str, ...], reference_file: Path | None, faults_file: Path | None,
    with_gaps: bool, as_json: bool, **reading: Any,
) -> None:  # fmt: skip
    """Read, check, measure."""
    from spatialgov.partition import compare, misses

    with fault_table(faults_file) as faults:
        files = [plan_file] if reference_file is None else [plan_file, reference_file]
        plan, *reference = read_plans(units_file, files, faults, by, **reading)
        forbids, missed = plan.faults(), misses(plan)
        faults.extend([*forbids, *missed])
        show_faults(forbids, t("Faults of the plan:", "方案的问题："))
        show_faults(missed, t("Grids that miss their target:", "未达标的网格："))
    moved = compare(reference[0], plan).figures() if reference else {}
    metrics = plan.metrics()
    found = measure_gaps(plan, wanted=with_gaps)
    if as_json:
        print_json(
            {**metrics, **({"against_reference": moved} if moved else {}), **summaries(plan, by), **gaps_as_json(found)}
        )
    else:
        print_measures(metrics)
        print_summaries(plan, by)
        print_gaps(found)
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
