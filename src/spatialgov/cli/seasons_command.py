"""``spatialgov seasons``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._incidents import interval, number, table_output, timezone_option, write_result
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
    from spatialgov.incidents.changes import Step
    from spatialgov.workspace.incident_time_results import SeasonsResult


@click.command(
    "seasons",
    help=t(
        "Show incidents over time: the rhythm of the week and (from two years on) of the year, and the days on which "
        "the level changed for good.",
        "显示事件的时间变化：一周的规律、（满两年时）一年的规律，以及水平发生持久变化的日期。",
    ),
    epilog=examples("spatialgov seasons --category 0103", "spatialgov seasons --step month -o months.csv"),
)
@click.option(
    "--step", type=click.Choice(["day", "week", "month"]), default="week", show_default=True,
    help=t("What the series is made of; weeks see most changes.", "序列的步长；以周最易发现变化。"),
)  # fmt: skip
@timezone_option
@table_output
@period_options
@data_dir_option
@json_option
def command(
    step: "Step", zone: str, output: Path | None, since: str | None, until: str | None, categories: tuple[str, ...],
    data_dir: Path, as_json: bool,
) -> None:  # fmt: skip
    """Count, show, write."""
    with open_workspace(data_dir) as workspace:
        found = workspace.incident_times.seasons(period(since, until, categories), step=step, zone=zone)
    write_result(found.series, output)
    if as_json:
        print_json(found.about())
        return
    _print_factors(found)
    _print_changes(found)
    note(
        t(
            "{n} steps, {k} changes. A slow rise shows as several steps. Next: spatialgov emerging says where.",
            "共 {n} 步，{k} 处变化。缓慢上升会显示为多级台阶。下一步：spatialgov emerging 指出发生在何处。",
            n=len(found.series),
            k=len(found.changes),
        )
    )


def _print_factors(found: "SeasonsResult") -> None:
    from spatialgov.workspace.incident_time_results import weekday_name

    head = (t("beside the mean day", "与平均日相比"), t("factor", "倍数"), t("95 % interval", "95% 区间"))
    if found.weekdays is not None:
        print_table(
            head,
            [
                (weekday_name(int(str(row.weekday))), number(row.factor), interval(row.low, row.high))
                for row in found.weekdays.itertuples()
            ],
        )
        note(t("Chance of weekdays as uneven: p = {p:.2g}", "工作日差异的偶然概率：p = {p:.2g}", p=found.weekdays_p))
    if found.months is not None:
        print_table(
            head,
            [
                (t("month {n}", "{n} 月", n=row.month), number(row.factor), interval(row.low, row.high))
                for row in found.months.itertuples()
            ],
        )
        note(t("Chance of months as uneven: p = {p:.2g}", "月份差异的偶然概率：p = {p:.2g}", p=found.months_p))


def _print_changes(found: "SeasonsResult") -> None:
    if not found.changes:
        return
    print_table(
        (
            t("change on", "变化日"),
            t("between", "区间"),
            t("a day before", "此前日均"),
            t("a day after", "此后日均"),
            t("times", "倍数"),
            t("95 % interval", "95% 区间"),
        ),
        [
            (
                change.first_day,
                f"{change.earliest} – {change.latest}",
                number(change.before),
                number(change.after),
                number(change.ratio),
                interval(change.ratio_low, change.ratio_high),
            )
            for change in found.changes
        ],
    )
