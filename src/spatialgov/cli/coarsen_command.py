"""``spatialgov coarsen -o FILE``."""

from pathlib import Path

import click

from spatialgov.cli._incidents import timezone_option, write_result
from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import data_dir_option, examples, note, open_workspace, period, period_options
from spatialgov.language import t


@click.command(
    "coarsen",
    help=t(
        "Write incidents for the public: by category, whole month and H3 cell, each row of so many incidents at least. "
        "A cell is the finest, from resolution 9 to 6, that holds enough; what no cell holds enough of is left out.",
        "输出可公开的事件：按类别、整月和 H3 单元汇总，每行不少于给定条数。单元取满足条数的最细级别（9 至 6 级），"
        "任何级别都不足的则不输出。",
    ),
    epilog=examples("spatialgov coarsen -o public.csv", "spatialgov coarsen --minimum 10 -o public.geojson"),
)
@click.option(
    "-o", "--output", type=OutputFile(".csv", ".geojson", ".gpkg", ".parquet"), required=True,
    help=t("File to write; points are the middles of cells.", "输出文件；点为单元中心。"),
)  # fmt: skip
@click.option(
    "--minimum", type=click.IntRange(2), default=5, show_default=True,
    help=t("Fewest incidents of a row.", "每行最少事件数。"),
)  # fmt: skip
@timezone_option
@period_options
@data_dir_option
def command(
    output: Path, minimum: int, zone: str, since: str | None, until: str | None, categories: tuple[str, ...],
    data_dir: Path,
) -> None:  # fmt: skip
    """Coarsen and write."""
    asked = period(since, until, categories)
    with open_workspace(data_dir) as workspace:
        found = workspace.incident_analysis.coarse(asked, minimum=minimum, zone=zone)
    write_result(found, output)
    note(
        t(
            "{n:,} incidents in {rows:,} rows of {minimum} or more.",
            "{rows:,} 行共 {n:,} 条事件，每行不少于 {minimum} 条。",
            n=int(found["incidents"].sum()),
            rows=len(found),
            minimum=minimum,
        )
    )
