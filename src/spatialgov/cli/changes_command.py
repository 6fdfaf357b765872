"""``spatialgov changes A B``."""

from pathlib import Path

import click

from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import data_dir_option, examples, json_option, note, open_workspace, print_json, print_table
from spatialgov.language import t

_SHOWN = 40


@click.command(
    "changes",
    help=t(
        "Tell what changed from edition A to edition B: grids by their codes, and the units that are in another grid.",
        "列出从版本 A 到版本 B 的变化：按编码列出网格，以及更换了网格的单元。",
    ),
    epilog=examples("spatialgov changes 1 2", "spatialgov changes 1 2 -o changes.csv", "spatialgov changes 2 3 --json"),
)
@click.argument("first", metavar="A", type=click.IntRange(min=1))
@click.argument("second", metavar="B", type=click.IntRange(min=1))
@click.option(
    "-o", "--output", type=OutputFile(".csv", ".parquet", ".gpkg"),
    help=t(
        "Table of the grids to write; a GeoPackage has the moved units, too.",
        "写出网格变化表；GeoPackage 还包含更换网格的单元。",
    ),
)  # fmt: skip
@data_dir_option
@json_option
def command(first: int, second: int, output: Path | None, data_dir: Path, as_json: bool) -> None:
    """Compare the two editions."""
    from spatialgov.vector_io import write_vector

    with open_workspace(data_dir) as workspace:
        found = workspace.editions.changes(first, second)
    if output is not None:
        layers = {"grids": found.grids, "moved": found.moved}
        write_vector(layers if output.suffix.lower() == ".gpkg" else found.grids, output)
    if as_json:
        print_json({"a": first, "b": second, **found.as_dict()})
    else:
        words = {
            "kept": t("kept", "未变"),
            "changed": t("changed", "调整"),
            "split": t("split", "拆分"),
            "merged": t("merged", "合并"),
            "new": t("new", "新增"),
            "retired": t("retired", "作废"),
        }
        different = found.grids[found.grids["change"] != "kept"]
        print_table(
            (t("grid", "网格"), t("change", "变化"), t("from", "来自"), t("to", "去向"), t("households", "户数")),
            [
                (row.code, words[str(row.change)], row.from_codes or "–", row.to_codes or "–",
                 f"{row.households_before:,} → {row.households_after:,}")
                for row in different.head(_SHOWN).itertuples()
            ],
        )  # fmt: skip
        if (more := len(different) - _SHOWN) > 0:
            note(t("  … and {n} more; -o FILE.csv writes all.", "  …… 另有 {n} 行；-o FILE.csv 可写出全部。", n=more))
    figures = found.figures()
    note(
        t(
            "{kept:,} grids kept, {changed:,} changed, {split:,} split, {merged:,} merged, {new:,} new, "
            "{retired:,} retired; {units_moved:,} units and {households_moved:,} households ({area:.2f} km²) moved.",
            "网格：未变 {kept:,}，调整 {changed:,}，拆分 {split:,}，合并 {merged:,}，新增 {new:,}，"
            "作废 {retired:,}；{units_moved:,} 个单元、{households_moved:,} 户（{area:.2f} 平方千米）更换网格。",
            area=figures["area_moved_m2"] / 1e6,
            **figures,
        )
    )
    if output is not None:
        note(t("Written: {files}", "已写出：{files}", files=output))
