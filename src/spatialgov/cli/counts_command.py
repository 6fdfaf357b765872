"""``spatialgov counts``."""

from pathlib import Path

import click

from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    note,
    open_workspace,
    period,
    period_options,
    print_json,
    print_table,
)
from spatialgov.language import t

_SHOWN = 20


@click.command(
    "counts",
    help=t(
        "Count incidents by grid: by the grids that were in force when they occurred, or by those of today.",
        "按网格统计事件：按事件发生时生效的网格，或按现行网格。",
    ),
    epilog=examples("spatialgov counts", "spatialgov counts --by day -o counts.csv --since 2026-01-01T00:00:00+08:00"),
)
@click.option(
    "--by", type=click.Choice(["day", "today"]), default="today", show_default=True,
    help=t("Grids of the incidents' day, or of today.", "事件当日的网格，或现行网格。"),
)  # fmt: skip
@period_options
@click.option("-o", "--output", type=OutputFile(".csv", ".parquet"), help=t("Table to write.", "输出表格。"))
@data_dir_option
@json_option
def command(
    by: str, since: str | None, until: str | None, categories: tuple[str, ...], output: Path | None, data_dir: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Count, show the most, write all."""
    from spatialgov.vector_io import write_vector

    with open_workspace(data_dir) as workspace:
        found = workspace.editions.incident_counts(by, period(since, until, categories))
    if output is not None:
        write_vector(found.grids, output)
    if as_json:
        grids = found.grids.to_dict("records")
        print_json({"by": found.by, "outside": found.outside, "before": found.before, "grids": grids})
    else:
        most = found.grids.sort_values("incidents", ascending=False, kind="stable").head(_SHOWN)
        print_table(
            (t("edition", "版本"), t("grid", "网格"), t("name", "名称"), t("incidents", "事件")),
            [(row.edition, row.code, row.name, f"{row.incidents:,}") for row in most.itertuples(index=False)],
        )
    note(
        t(
            "{n:,} incidents in {grids:,} grids; {outside:,} outside all grids, {before:,} before the first edition.",
            "{grids:,} 个网格共 {n:,} 条事件；{outside:,} 条在网格之外，{before:,} 条早于首个版本。",
            n=int(found.grids["incidents"].sum()),
            grids=len(found.grids),
            outside=found.outside,
            before=found.before,
        )
    )
    if output is not None:
        note(t("Written: {files}", "已写出：{files}", files=output))
