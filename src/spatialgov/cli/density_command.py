"""``spatialgov density``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._cluster import Apart, cluster_options
from spatialgov.cli._incidents import (
    analysed,
    announce_loops,
    archive_options,
    cell_option,
    interval,
    number,
    places,
    places_output,
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
    from spatialgov.places import Place
    from spatialgov.workspace.incident_analysis import Exposure

_SHOWN = 20


@click.command(
    "density",
    help=t(
        "Compute incidents per km² on a metric raster (Gaussian kernel, corrected at the border), or their rate "
        "(--per), or how the density changed since another period (--before). The cells with the highest values are "
        "listed, all are written.",
        "在米制栅格上计算每平方公里事件数（高斯核，边界校正）、事件率（--per）或相对另一时段的密度变化（--before）。"
        "列出数值最高的单元，-o 写出全部。",
    ),
    epilog=examples(
        "spatialgov density --category 0101",
        "spatialgov density --barriers --bandwidth 250 -o density.gpkg",
        "spatialgov density --per households --since 2026-01-01T00:00+08:00",
        "spatialgov density --since 2026-09-01T00:00+08:00 --until 2026-10-01T00:00+08:00 "
        "--before 2026-08-01T00:00+08:00 2026-09-01T00:00+08:00",
        "spatialgov density --incidents archive.parquet --datum wgs84 --cell 50 --cluster tcp://10.0.0.5:8786",
    ),
)
@cell_option
@click.option(
    "--bandwidth", "bandwidth_m", type=float, metavar="METRES",
    help=t(
        "Of the kernel; by default the likeliest by cross-validation.", "核函数带宽（米）；默认由交叉验证选取。"
    ),
)  # fmt: skip
@click.option(
    "--barriers", is_flag=True,
    help=t("Rivers and railways stop an incident's influence.", "河流、铁路等硬阻隔阻断事件的影响。"),
)  # fmt: skip
@click.option(
    "--per", type=click.Choice(["households", "roads"]),
    help=t("A rate per 1,000 households or per km of road.", "每千户或每公里道路的事件率。"),
)  # fmt: skip
@click.option(
    "--before", nargs=2, metavar="SINCE UNTIL",
    help=t("The change from this period; needs --since and --until too.", "对照时段；同时须给出 --since 与 --until。"),
)  # fmt: skip
@archive_options
@cluster_options()
@places_output
@period_options
@data_dir_option
@json_option
def command(
    cell_m: float, bandwidth_m: float | None, barriers: bool, per: "Exposure | None", before: tuple[str, str] | None,
    output: Path | None, since: str | None, until: str | None, categories: tuple[str, ...], data_dir: Path,
    as_json: bool, archive: "tuple[Place, ...]", datum: str | None, zone: str, apart: Apart,
) -> None:  # fmt: skip
    """Compute, list, write."""
    if barriers or per is not None or before is not None:
        message = t(
            "A density with --barriers, --per or --before is not computed in parts.",
            "带 --barriers、--per 或 --before 的密度不能分块计算。",
        )
        if apart.dry_run:
            raise click.UsageError(message)
        if apart.asked and not archive:
            note(message)
            apart = Apart(None, None, None)
    announce_loops()
    with (
        open_workspace(data_dir) as workspace,
        analysed(workspace, archive, datum, zone, apart, "density", as_json=as_json) as (source, hands),
    ):
        found = source.incident_analysis.density(
            period(since, until, categories), cell_m=cell_m, bandwidth_m=bandwidth_m, barriers=barriers, per=per,
            before=None if before is None else period(*before, ()), hands=hands,
        )  # fmt: skip
    if output is not None:
        write_result(found.cells(), output)
    top = found.cells(_SHOWN)
    if as_json:
        from spatialgov.workspace.plain import rows

        inside = top.geometry.representative_point()
        print_json({**found.about(), "cells": rows(top.assign(lon=inside.x, lat=inside.y))})
        return
    heads = {
        "incidents_per_km2": t("per km²", "每平方公里"),
        "per_1000_households": t("per 1,000 households", "每千户"),
        "per_road_km": t("per km of road", "每公里道路"),
        "ratio": t("times as many", "倍数"),
    }
    with_interval = "low" in top
    print_table(
        (
            heads[found.main],
            *((t("95 % interval", "95% 区间"),) if with_interval else ()),
            t("place (lon, lat)", "位置（经度, 纬度）"),
        ),
        [
            (
                number(getattr(row, found.main)),
                *((interval(row.low, row.high),) if with_interval else ()),
                place,
            )
            for row, place in zip(top.itertuples(), places(top), strict=True)
        ],
    )
    note(
        t(
            "{n:,} incidents, {cells:,} cells of {side:g} m, bandwidth {width:.0f} m{how}; {outside:,} incidents off "
            "the ground. Next: spatialgov hotspots says which of it is more than chance.",
            "{n:,} 条事件，{cells:,} 个 {side:g} 米单元，带宽 {width:.0f} 米{how}；{outside:,} 条在范围之外。"
            "下一步：spatialgov hotspots 指出哪些超出偶然。",
            n=found.n_incidents,
            cells=found.n_cells,
            side=cell_m,
            width=found.bandwidth_m,
            how=t(" (chosen by cross-validation)", "（交叉验证选取）") if found.chosen else "",
            outside=found.outside,
        )
    )
