"""``spatialgov clock``."""

from pathlib import Path

import click

from spatialgov.cli._incidents import table_output, timezone_option, write_result
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
    "clock",
    help=t(
        "Count incidents by hour and weekday of local time, and mark the hours that stand out of the week: + more, - "
        "fewer than chance explains, ! more than its weekday and its hour of the day explain.",
        "按当地时间的小时和星期统计事件，并标出突出的时段：+ 多于偶然，- 少于偶然，! 超出该星期与该小时所能解释。",
    ),
    epilog=examples("spatialgov clock --category 0106", "spatialgov clock -o clock.csv"),
)
@timezone_option
@table_output
@period_options
@data_dir_option
@json_option
def command(
    zone: str, output: Path | None, since: str | None, until: str | None, categories: tuple[str, ...], data_dir: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Count, show, write."""
    from spatialgov.workspace.incident_time_results import weekday_name

    with open_workspace(data_dir) as workspace:
        found = workspace.incident_times.clock(period(since, until, categories), zone=zone)
    hours = found.hours
    write_result(hours, output)
    if as_json:
        print_json(found.about())
        return
    marks = hours["more"].map({True: "+", False: ""}) + hours["fewer"].map({True: "-", False: ""})
    marks += hours["unusual"].map({True: "!", False: ""})
    texts = (hours["incidents"].map(_number) + marks).to_numpy().reshape(7, 24).T
    print_table(
        (t("hour", "时"), *(weekday_name(day) for day in range(7)), t("all", "合计")),
        [
            (f"{hour:02d}", *texts[hour], _number(n))
            for hour, n in zip(range(24), found.by_hour["incidents"], strict=True)
        ],
    )
    if found.rough:
        note(
            t(
                "{n:,} of them are not known to the hour and count with a share in each hour that they may be from.",
                "其中 {n:,} 条未精确到小时，按可能发生的各小时分摊计数。",
                n=found.rough,
            )
        )
    note(
        t(
            "{n:,} incidents, {zone}. Next: spatialgov seasons",
            "{n:,} 条事件，时区 {zone}。下一步：spatialgov seasons",
            n=found.total,
            zone=zone,
        )
    )


def _number(incidents: float) -> str:
    # shares of incidents are floats, whole ones are not
    return f"{incidents:,.1f}" if isinstance(incidents, float) else f"{incidents:,}"
