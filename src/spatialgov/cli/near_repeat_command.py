"""``spatialgov near-repeat``."""

from pathlib import Path

import click

from spatialgov.cli._incidents import announce_loops, number, table_output, write_result
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


@click.command(
    "near-repeat",
    help=t(
        "Test whether incidents near each other in space are also near in time (Knox), in many bands at once. Of one "
        "category it takes seconds; of all of them the pairs are many.",
        "检验空间上相近的事件在时间上是否也相近（Knox 检验），同时计算多个区间。"
        "单一类别只需数秒，全部类别的事件对很多。",
    ),
    epilog=examples(
        "spatialgov near-repeat --category 0502",
        "spatialgov near-repeat --category 0502 --distance 0 --distance 50 --distance 200 --days 7 --days 14 "
        "-o knox.csv",
    ),
)
@click.option(
    "--distance", "distances_m", type=float, multiple=True, metavar="METRES",
    help=t(
        "Limit of a band of distance, repeated; 0 is the same place. By default 0, 100 … 500.",
        "距离区间上限，可重复；0 表示同一地点。默认 0、100 … 500。",
    ),
)  # fmt: skip
@click.option(
    "--days", type=float, multiple=True,
    help=t("Limit of a band of time, repeated. By default 3, 7 … 28.", "时间区间上限（天），可重复。默认 3、7 … 28。"),
)  # fmt: skip
@click.option(
    "--permutations", type=click.IntRange(9, 99_999), default=999, show_default=True,
    help=t("How often times are dealt out anew.", "置换次数。"),
)  # fmt: skip
@table_output
@period_options
@data_dir_option
@json_option
def command(
    distances_m: tuple[float, ...], days: tuple[float, ...], permutations: int, output: Path | None,
    since: str | None, until: str | None, categories: tuple[str, ...], data_dir: Path, as_json: bool,
) -> None:  # fmt: skip
    """Test, list, write."""
    from spatialgov.workspace.incident_times import DAYS, DISTANCES_M

    announce_loops()
    with (
        open_workspace(data_dir) as workspace,
        progress_bar(t("Dealing times out anew", "正在置换时间")) as progress,
    ):
        found = workspace.incident_times.near_repeat(
            period(since, until, categories), distances_m=distances_m or DISTANCES_M, days=days or DAYS,
            permutations=permutations, progress=progress,
        )  # fmt: skip
    bands = found.bands()
    write_result(bands, output)
    if as_json:
        print_json(found.about())
        return
    print_table(
        (
            t("distance, m", "距离（米）"),
            t("days", "天"),
            t("pairs", "事件对"),
            t("expected", "期望数"),
            t("ratio", "比值"),
            "p",
        ),
        [
            (
                t("same place", "同一地点") if row.distance_m == 0 else f"{row.distance_from_m:g} – {row.distance_m:g}",
                f"{row.days_from:g} – {row.days:g}",
                f"{row.observed:,}",
                f"{row.expected:,.1f}",
                number(row.ratio),
                f"{row.p:.3g}",
            )
            for row in bands.itertuples()
        ],
    )
    note(
        t(
            "{n:,} incidents, {p} permutations. A ratio above 1 with a small p: after an incident, another is likelier "
            "so near, so soon. Next: spatialgov forecast",
            "{n:,} 条事件，{p} 次置换。比值大于 1 且 p 很小：一次事件之后，近处短期内更可能再发。"
            "下一步：spatialgov forecast",
            n=found.n_incidents,
            p=permutations,
        )
    )
