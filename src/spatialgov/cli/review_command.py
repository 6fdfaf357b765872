"""``spatialgov review``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._incidents import (
    against_option,
    alpha_option,
    announce_loops,
    day_text,
    interval,
    number,
    places,
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
    from spatialgov.incidents import Against, CellMethod
    from spatialgov.incidents.review import Span


@click.command(
    "review",
    help=t(
        "Rolling review: which hot spots are new, gone or persistent since the last week, month or season, and "
        "whether their incidents changed by more than chance. The last window ends at --until, or at the midnight "
        "after the last incident.",
        "定期滚动排查：与上周、上月或上季相比，哪些热点是新增、消失或持续的，其事件变化是否超出偶然。"
        "最后一个时段止于 --until，或最后一条事件当日的午夜。",
    ),
    epilog=examples(
        "spatialgov review --every week",
        "spatialgov review --every month --windows 6 --category 0501 -o review.gpkg",
        "spatialgov review --every season --last-year --until 2026-09-01T00:00+08:00",
    ),
)
@click.option(
    "--every", type=click.Choice(["week", "month", "season", "year"]), default="month", show_default=True,
    help=t("Length of a window.", "时段长度。"),
)  # fmt: skip
@click.option(
    "--windows", type=click.IntRange(2, 120), default=2, show_default=True,
    help=t("How many windows to look back on.", "回看的时段个数。"),
)  # fmt: skip
@click.option(
    "--last-year", is_flag=True,
    help=t("Compare with the same windows of the years before.", "与往年同期比较。"),
)  # fmt: skip
@resolution_option(10)
@alpha_option
@click.option(
    "--method", type=click.Choice(["gi_star", "excess"]), default="gi_star", show_default=True,
    help=t("How they are found.", "查找方法。"),
)  # fmt: skip
@against_option
@timezone_option
@places_output
@period_options
@data_dir_option
@json_option
def command(
    every: "Span", windows: int, last_year: bool, resolution: int, alpha: float, method: "CellMethod",
    against: "Against", zone: str, output: Path | None, since: str | None,
    until: str | None, categories: tuple[str, ...], data_dir: Path, as_json: bool,
) -> None:  # fmt: skip
    """Compare, list, write."""
    from spatialgov.workspace.incident_results import change_name, state_name

    announce_loops()
    with open_workspace(data_dir) as workspace:
        found = workspace.incident_analysis.review(
            period(since, until, categories), every=every, windows=windows, last_year=last_year,
            resolution=resolution, alpha=alpha, method=method, against=against, zone=zone,
        )  # fmt: skip
    write_result(found.places, output)
    if as_json:
        from spatialgov.workspace.plain import rows

        print_json({**found.about(), "places": rows(found.places)})
        return
    print_table(
        (
            t("rank", "序号"),
            t("hot spot", "热点"),
            t("incidents", "事件"),
            t("before", "此前"),
            t("after", "现在"),
            t("rate ratio", "比率"),
            t("95 % interval", "95% 区间"),
            t("adjusted p", "校正 p 值"),
            t("place (lon, lat)", "位置（经度, 纬度）"),
        ),
        [
            (
                row.rank,
                state_name(str(row.state)),
                change_name(str(row.change)),
                row.n_before,
                row.n_after,
                number(row.rate_ratio),
                interval(row.ratio_low, row.ratio_high),
                f"{row.p_adjusted:.2g}",
                place,
            )
            for row, place in zip(found.places.itertuples(), places(found.places), strict=True)
        ],
    )
    whole = found.review.overall
    (before, middle), (after, end) = found.windows[-2:]
    note(
        t(
            "{a} to {b} against {c} to {d}. All incidents together: {ratio} times as many a day (95 % interval "
            "{interval}). Next: spatialgov emerging",
            "{a} 至 {b} 对比 {c} 至 {d}。全部事件的日均数为此前的 {ratio} 倍（95% 区间 {interval}）。"
            "下一步：spatialgov emerging",
            a=day_text(after),
            b=day_text(end),
            c=day_text(before),
            d=day_text(middle),
            ratio=number(float(whole.ratio)),
            interval=interval(float(whole.low), float(whole.high)),
        )
    )
