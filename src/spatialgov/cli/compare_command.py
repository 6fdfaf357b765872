"""``spatialgov compare UNITS PLAN_A PLAN_B``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._outputs import InputFile, OutputFile
from spatialgov.cli._planning import barriers_option, measured_by_options, read_plans
from spatialgov.cli._shared import (
    examples,
    json_option,
    note,
    print_json,
    print_table,
    units_options,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.partition.comparison import Comparison

_SHOWN = 20


@click.command(
    "compare",
    help=t(
        "Compare two plans of the same units: what moves where, and every measure of both. Their grids are matched so "
        "that most households stay where they are, whatever the codes. A plan is a GeoPackage, or a table of unit_id "
        "and grid_code.",
        "比较同一批基本单元的两个方案：哪些单元从何处移到何处，以及两者的全部指标。网格按留在原处的户数最多匹配，"
        "与编码无关。方案为 GeoPackage，或含 unit_id、grid_code 的表格。",
    ),
    epilog=examples(
        "spatialgov compare units.geojson today.csv plan.gpkg --within community_code",
        "spatialgov compare units.gpkg a.gpkg b.gpkg --moved moved.csv --transfers transfers.csv --json",
    ),
)
@click.argument("units_file", metavar="UNITS", type=InputFile())
@click.argument("first", metavar="PLAN_A", type=InputFile())
@click.argument("second", metavar="PLAN_B", type=InputFile())
@click.option(
    "--moved", "moved_file", type=OutputFile(".csv", ".parquet"),
    help=t("Table of the units that move.", "写出变动单元的表格。"),
)  # fmt: skip
@click.option(
    "--transfers", "transfers_file", type=OutputFile(".csv", ".parquet"),
    help=t("Table of what each pair of grids shares.", "写出每对网格共有户数的表格。"),
)  # fmt: skip
@barriers_option
@measured_by_options
@units_options
@json_option
def command(
    units_file: Path, first: Path, second: Path, moved_file: Path | None, transfers_file: Path | None, as_json: bool,
    **reading: Any,
) -> None:  # fmt: skip
    """Read, match, tell."""
    from spatialgov.partition.comparison import compare
    from spatialgov.vector_io import write_vector

    plan_a, plan_b = read_plans(units_file, [first, second], [], **reading)
    found = compare(plan_a, plan_b)
    written = {moved_file: found.moved, transfers_file: found.transfers}
    for file, table in written.items():
        if file is not None:
            write_vector(table, file)
    if as_json:
        print_json(found.as_dict())
    else:
        _print_measures(found)
        _print_moves(found)
    note(
        t(
            "{households:,} households ({share:.1%}) and {units:,} units are in another grid in {second}.",
            "{second} 中有 {households:,} 户（{share:.1%}）、{units:,} 个单元更换了网格。",
            households=found.households_moved,
            share=found.share_moved,
            units=found.units_moved,
            second=second.name,
        )
    )
    if names := [str(file) for file in written if file is not None]:
        note(t("Written: {files}", "已写出：{files}", files=", ".join(names)))


def _print_measures(found: "Comparison") -> None:
    from spatialgov.measures import MEASURES

    rows = [
        (MEASURES[str(key)].title, f"{row['a']:,.6g}", f"{row['b']:,.6g}", MEASURES[str(key)].unit)
        for key, row in found.metrics.iterrows()
    ]
    print_table((t("measure", "指标"), "A", "B", ""), rows)


def _print_moves(found: "Comparison") -> None:
    """Print the largest transfers between grids that are not each other's match."""
    transfers = found.transfers[~found.transfers["matched"]].sort_values("households", ascending=False, kind="stable")
    if transfers.empty:
        return
    click.echo()
    rows = [
        (row.code_a or "–", row.code_b or "–", f"{row.households:,}", row.units)
        for row in transfers.head(_SHOWN).itertuples()
    ]
    print_table(
        (
            t("from grid (A)", "原网格（A）"),
            t("to grid (B)", "新网格（B）"),
            t("households", "户数"),
            t("units", "单元"),
        ),
        rows,
    )
    if (more := len(transfers) - _SHOWN) > 0:
        note(
            t(
                "  … and {n} more; --transfers FILE.csv writes all.",
                "  …… 另有 {n} 行；--transfers FILE.csv 可写出全部。",
                n=more,
            )
        )
