"""``spatialgov emerging``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._incidents import (
    alpha_option,
    announce_loops,
    day_text,
    places_output,
    resolution_option,
    timezone_option,
    write_result,
)
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
    from spatialgov.workspace.incident_results import TrendOf
    from spatialgov.workspace.time_steps import Every


@click.command(
    "emerging",
    help=t(
        "Class each H3 cell by how its hot and cold spots came and went by week, month or season: 17 classes from new "
        "to historical, and a trend test that takes no season for a trend. Only whole steps count.",
        "按周、月或季，依据冷热点的消长将每个 H3 单元归入 17 类（从新增到历史），并检验趋势（不会将季节误作趋势）。"
        "只统计完整的步长。",
    ),
    epilog=examples(
        "spatialgov emerging --category 0501",
        "spatialgov emerging --every week --since 2026-05-01T00:00+08:00 -o emerging.gpkg",
    ),
)
@click.option(
    "--every", type=click.Choice(["week", "month", "season"]), default="month", show_default=True,
    help=t("Length of a step.", "步长。"),
)  # fmt: skip
@click.option(
    "--trend", type=click.Choice(["share", "count"]), default="share", show_default=True,
    help=t(
        "Of a cell's share of all incidents counted, so that a season is none; or of its count.",
        "趋势针对单元占全部事件的份额（不受季节影响），或其计数。",
    ),
)  # fmt: skip
@resolution_option(10)
@alpha_option
@timezone_option
@places_output
@period_options
@data_dir_option
@json_option
def command(
    every: "Every", trend: "TrendOf", resolution: int, alpha: float, zone: str, output: Path | None, since: str | None,
    until: str | None, categories: tuple[str, ...], data_dir: Path, as_json: bool,
) -> None:  # fmt: skip
    """Class, count, write."""
    from spatialgov.workspace.incident_results import course_name

    announce_loops()
    with open_workspace(data_dir) as workspace:
        found = workspace.incident_analysis.emerging(
            period(since, until, categories), resolution=resolution, every=every, trend=trend, alpha=alpha, zone=zone
        )
    write_result(found.cells, output)
    if as_json:
        from spatialgov.workspace.plain import rows

        print_json({**found.about(), "cells": rows(found.cells)})
        return
    by_course = found.cells.groupby("course")["n_incidents"].sum()
    print_table(
        (t("class", "类别"), t("cells", "单元"), t("incidents", "事件")),
        [(course_name(course), n, f"{by_course[course]:,}") for course, n in found.classes().items()],
    )
    if found.n_steps < 2:
        note(t("Fewer than two whole steps lie in this time.", "该时段内不足两个完整步长。"))
    else:
        note(
            t(
                "{n} steps from {since} to {until}, {cells} cells; {up} rise, {down} fall. Next: -o FILE writes the "
                "cells.",
                "共 {n} 步，{since} 至 {until}，{cells} 个单元；{up} 个上升，{down} 个下降。下一步：用 -o 写出单元。",
                n=found.n_steps,
                since=day_text(found.steps[0]),
                until=day_text(found.steps[-1]),
                cells=found.n_cells,
                up=int(found.cells["rising"].sum()),
                down=int(found.cells["falling"].sum()),
            )
        )
