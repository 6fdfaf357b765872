"""``spatialgov forecast``."""

from pathlib import Path
from typing import Any

import click

from spatialgov.cli._cluster import Apart, cluster_options
from spatialgov.cli._incidents import (
    announce_loops,
    cell_option,
    day_text,
    interval,
    number,
    places,
    places_output,
    timezone_option,
    write_result,
)
from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._planning import progress_bar
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
    "forecast",
    help=t(
        "Forecast incidents of the next days cell by cell, with intervals, by whatever did best in a rolling back-test "
        "on this very data, and say by how much that beats plain counts, also when it does not. It begins at --until, "
        "or the day after the last incident.",
        "逐单元预测未来若干天的事件并给出区间，所用方法为在本数据滚动回测中表现最好者；说明其比单纯计数好多少，"
        "不更好时也如实说明。预测始于 --until，或最后一条事件的次日。",
    ),
    epilog=examples(
        "spatialgov forecast --category 0502",
        "spatialgov forecast --days 28 --category 0502 -o forecast.gpkg --backtest backtest.csv",
        "spatialgov forecast --category 0502 --cell 50 --cluster tcp://10.0.0.5:8786",
    ),
)
@click.option(
    "--days", "horizon_days", type=click.Choice(["7", "14", "28"]), default="7", show_default=True,
    help=t("How many days.", "预测天数。"),
)  # fmt: skip
@cell_option
@click.option(
    "--backtest", "backtest_file", type=OutputFile(".csv", ".parquet"),
    help=t("Write the table of the back-test.", "写出回测表格。"),
)  # fmt: skip
@timezone_option
@cluster_options()
@places_output
@period_options
@data_dir_option
@json_option
def command(
    horizon_days: str, cell_m: float, backtest_file: Path | None, zone: str, output: Path | None, since: str | None,
    until: str | None, categories: tuple[str, ...], data_dir: Path, as_json: bool, apart: Apart,
) -> None:  # fmt: skip
    """Forecast, list, write."""
    from spatialgov.incidents import feedback_note
    from spatialgov.workspace.incident_time_results import method_name

    announce_loops()
    label = t("Back-test", "正在回测")
    asked: dict[str, Any] = {"horizon_days": int(horizon_days), "cell_m": cell_m, "zone": zone}
    with open_workspace(data_dir) as workspace:
        times, chosen = workspace.incident_times, period(since, until, categories)
        if apart.asked:
            with apart.hands(data_dir / "forecast", label, as_json=as_json) as hands:
                found = times.forecast(chosen, **asked, hands=hands)
        else:
            with progress_bar(label) as progress:
                found = times.forecast(chosen, **asked, progress=progress)
    if output is not None:
        write_result(found.cells(), output)
    write_result(found.methods(), backtest_file)
    top = found.cells(_SHOWN)
    if as_json:
        from spatialgov.workspace.plain import rows

        inside = top.geometry.representative_point()
        print_json({**found.about(), "cells": rows(top.assign(lon=inside.x, lat=inside.y))})
        return
    print_table(
        (
            t("rank", "序号"),
            t("expected", "期望数"),
            t("{share:.0%} interval", "{share:.0%} 区间", share=found.forecast.confidence),
            t("place (lon, lat)", "位置（经度, 纬度）"),
        ),
        [
            (row.rank, number(row.expected), f"{row.low:.0f} – {row.high:.0f}", place)
            for row, place in zip(top.itertuples(), places(top), strict=True)
        ],
    )
    share = found.forecast.backtest.area_shares[0]
    table = found.methods()
    click.echo()
    print_table(
        (
            t("method", "方法"),
            t("hits at {share:.0%} of the area", "{share:.0%} 面积命中", share=share),
            t("hit rate", "命中率"),
            "PAI",
            t("95 % interval", "95% 区间"),
            "PEI*",
        ),
        [
            (
                method_name(str(row.method)),
                f"{row.hits:,}",
                number(row.hit_rate, ".1%"),
                number(row.pai),
                interval(row.pai_low, row.pai_high),
                number(row.pei),
            )
            for row in table[table["area_share"] == share].itertuples()
        ],
    )
    whole = found.forecast
    note(
        t(
            "{a} to {b}: {n:.1f} incidents expected ({low:.0f} to {high:.0f}).",
            "{a} 至 {b}：预计 {n:.1f} 条事件（{low:.0f} 至 {high:.0f}）。",
            a=day_text(found.start),
            b=day_text(found.end),
            n=whole.total,
            low=whole.total_low,
            high=whole.total_high,
        )
    )
    note(found.verdict())
    note(feedback_note())
    note(t("Next: -o FILE writes all cells.", "下一步：用 -o 写出全部单元。"))
