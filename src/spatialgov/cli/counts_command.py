"""``spatialgov counts``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 20
_AREAS = ("unit", "community", "subdistrict", "district")


@click.command(
    "counts",
    help=t(
        "Count incidents: by the grids of today, by those that were in force when they occurred, by basic units, "
        "communities, subdistricts or districts.",
        "统计事件：按现行网格、事件发生时生效的网格、基本单元、社区、街道或区县。",
    ),
    epilog=examples(
        "spatialgov counts",
        "spatialgov counts --by community",
        "spatialgov counts --by day -o counts.csv --since 2026-01-01T00:00:00+08:00",
    ),
)
@click.option(
    "--by", type=click.Choice(["day", "today", *_AREAS]), default="today", show_default=True,
    help=t("Grids of the incidents' day, or of today; or areas.", "事件当日的网格、现行网格，或其他区域。"),
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
        chosen = period(since, until, categories)
        if by in _AREAS:
            table, outside = workspace.analysis.area_counts(by, chosen)
            about: dict[str, Any] = {"by": by, "outside": outside}
        else:
            found = workspace.editions.incident_counts(by, chosen)
            table, about = found.grids, {"by": found.by, "outside": found.outside, "before": found.before}
    if output is not None:
        write_vector(table, output)
    if as_json:
        print_json({**about, "areas" if by in _AREAS else "grids": table.to_dict("records")})
    else:
        _print_most(table)
    note(_said(table, about))
    if output is not None:
        note(t("Written: {files}", "已写出：{files}", files=output))


def _print_most(table: "pd.DataFrame") -> None:
    most = table.sort_values("incidents", ascending=False, kind="stable").head(_SHOWN)
    heads = {
        "edition": t("edition", "版本"), "code": t("code", "编码"), "name": t("name", "名称"),
        "incidents": t("incidents", "事件"),
    }  # fmt: skip
    shown = {head: most[name] for name, head in heads.items() if name in most}
    print_table(tuple(shown), [tuple(f"{v:,}" if i == len(row) - 1 else v for i, v in enumerate(row))
                               for row in zip(*shown.values(), strict=True)])  # fmt: skip


def _said(table: "pd.DataFrame", about: dict[str, Any]) -> str:
    n, outside = int(table["incidents"].sum()), about["outside"]
    if "before" not in about:
        return t(
            "{n:,} incidents in {areas:,} areas; {outside:,} outside all of them.",
            "{areas:,} 个区域共 {n:,} 条事件；{outside:,} 条在区域之外。",
            n=n,
            areas=len(table),
            outside=outside,
        )
    return t(
        "{n:,} incidents in {grids:,} grids; {outside:,} outside all grids, {before:,} before the first edition.",
        "{grids:,} 个网格共 {n:,} 条事件；{outside:,} 条在网格之外，{before:,} 条早于首个版本。",
        n=n,
        grids=len(table),
        outside=outside,
        before=about["before"],
    )
