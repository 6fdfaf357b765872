"""``spatialgov assess``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._incidents import number, table_output, timezone_option, write_result
from spatialgov.cli._outputs import InputFile
from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    fault_table,
    faults_option,
    json_option,
    note,
    open_workspace,
    print_json,
    print_table,
    show_faults,
    table_rows,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from spatialgov.workspace import AssessmentQuestion, AssessmentResult

INDICATOR_KEYS = (
    "incidents", "workload", "in_time", "closing_time", "closure", "grid_level", "satisfaction", "coverage",
)  # fmt: skip
"""Those of `spatialgov.allocation.assessment.INDICATORS`, which is too heavy for a help text."""


def _until(_context: click.Context, _parameter: click.Parameter, text: str | None) -> "datetime | None":
    if text is None:
        return None
    from spatialgov.workspace.analysis import parse_time

    return parse_time("--until", text)


@click.command(
    "assess",
    help=t(
        "Assess the grids in force by week, month, quarter or year: incidents, workload, time to close, closure, "
        "closed at grid level, satisfaction, coverage (when `spatialgov coverage -o` has measured it). Each grid is "
        "compared with peers of its kind; small numbers are drawn towards them (empirical Bayes), intervals are "
        "shown, and who is not apart from the peers is called as its peers. docs/advice.md explains it.",
        "按周、月、季、年考核现行网格：事件数、工作量、办结时长、办结率、网格内办结率、满意率、覆盖率"
        "（须先由 spatialgov coverage -o 计算）。与同类网格比较；数量少者向同类收缩（经验贝叶斯），给出区间，"
        "与同类无显著差别者不作评判。详见 docs/advice.md。",
    ),
    epilog=examples(
        "spatialgov assess",
        "spatialgov assess --period quarter --indicator closure",
        "spatialgov assess --period week --periods 4 --limit 24 --limit 04=2 -o weeks.csv",
        "spatialgov assess --satisfaction answers.csv --json",
    ),
)
@click.option(
    "--period", "every", type=click.Choice(["week", "month", "quarter", "year"]), default="month", show_default=True,
    help=t("Of the calendar; the last that has ended.", "日历周期，取最近一个已结束的周期。"),
)  # fmt: skip
@click.option(
    "--periods", type=click.IntRange(1, 520), default=1, show_default=True,
    help=t("How many, up to the last.", "截至最近一个，共考核几个周期。"),
)  # fmt: skip
@click.option(
    "--until", metavar="ISO", callback=_until,
    help=t(
        "The last period has ended by then; by the midnight after the last incident when not given.",
        "最近一个周期须在此时之前结束；默认为最后一条事件当日的午夜。",
    ),
)  # fmt: skip
@click.option(
    "--limit", "limits", multiple=True, metavar="[CODE=]HOURS",
    help=t(
        "Time limit to close an incident, in general or of a category or class; may be repeated. 24 by default.",
        "办结时限（小时），可按类别或大类另设，可重复；默认 24。",
    ),
)  # fmt: skip
@click.option(
    "--satisfaction", "satisfaction_file", type=InputFile(),
    help=t(
        "Table of counts: code (of the grid), period (such as 2026-10), answers, satisfied.",
        "满意度计数表：code（网格）、period（如 2026-10）、answers、satisfied。",
    ),
)  # fmt: skip
@click.option(
    "--profiles", "profiles_file", type=InputFile(),
    help=t(
        "JSON file of workload profiles in place of those named urban, rural or dedicated.",
        "工作量参数 JSON 文件，替换同名的 urban、rural、dedicated。",
    ),
)  # fmt: skip
@click.option(
    "--indicator", "indicators", multiple=True, type=click.Choice(INDICATOR_KEYS),
    help=t("List all grids by this one; may be repeated.", "按此指标列出全部网格，可重复。"),
)  # fmt: skip
@click.option(
    "--level", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True,
    help=t("Of the intervals.", "区间的置信水平。"),
)  # fmt: skip
@timezone_option
@table_output
@faults_option
@data_dir_option
@json_option
def command(
    satisfaction_file: Path | None, indicators: tuple[str, ...], output: Path | None, faults_file: Path | None,
    data_dir: Path, as_json: bool, **asked: Any,
) -> None:  # fmt: skip
    """Assess, list, write."""
    from spatialgov.workspace.plain import rows

    question = _question(**asked)
    with fault_table(faults_file) as faults, open_workspace(data_dir) as workspace:
        found = workspace.assessments.assess(question, satisfaction=satisfaction_file)
        faults.extend(found.faults)
    write_result(found.grids, output)
    if as_json:
        listed = found.grids if not indicators else found.grids[found.grids["indicator"].isin(indicators)]
        print_json({**found.about(), "grids": rows(listed)})
    elif indicators:
        for key in indicators:
            _print_grids(found.grids[found.grids["indicator"] == key])
    else:
        _print_kinds(found)
        _print_apart(found.grids)
    show_faults(found.faults, t("Rows that were refused:", "未计入的行："))
    _say(found)


def _question(
    every: Any, periods: int, until: "datetime | None", limits: tuple[str, ...], profiles_file: Path | None,
    level: float, zone: str,
) -> "AssessmentQuestion":  # fmt: skip
    from spatialgov.allocation import read_profiles
    from spatialgov.workspace import AssessmentQuestion

    hours: dict[str, float] = {}
    for text in limits:
        code, _, amount = text.rpartition("=")
        try:
            hours[code] = float(amount)
        except ValueError:
            message = t("write it as HOURS or CODE=HOURS", "请写成 小时数 或 类别=小时数")
            raise click.BadParameter(message, param_hint="--limit") from None
    return AssessmentQuestion(
        every,
        periods,
        until,
        limit_hours=hours.pop("", 24.0),
        limits_by_category=hours,
        profiles=() if profiles_file is None else read_profiles(profiles_file),
        level=level,
        zone=zone,
    )


def _print_apart(table: "pd.DataFrame") -> None:
    """Print the grids that are apart from their peers, but not for how much work comes to them: that is no merit."""
    from spatialgov.allocation.assessment import INDICATORS

    judged = [key for key, one in INDICATORS.items() if one.better]
    apart = table[table["indicator"].isin(judged) & table["verdict"].isin(["above", "below"])]
    if apart.empty:
        said = t(
            "No grid is better or worse than its peers by more than chance explains.",
            "没有网格与同类的差别超出偶然。",
        )
        click.echo(said)
    else:
        _print_grids(apart)


def _print_kinds(found: "AssessmentResult") -> None:
    """Print what each indicator says of each kind of grids."""
    from spatialgov.allocation.assessment import INDICATORS
    from spatialgov.workspace.assessment_results import figure, peers_name

    print_table(
        (
            t("period", "周期"),
            t("indicator", "指标"),
            t("peers", "同类"),
            t("grids", "网格"),
            t("mean", "均值"),
            t("drawn to it", "收缩"),
            t("above", "高于同类"),
            t("below", "低于同类"),
            t("groups", "组"),
        ),
        [
            (
                row.period,
                INDICATORS[row.indicator].title,
                peers_name(row.peers),
                row.grids,
                figure(row.mean, INDICATORS[row.indicator].unit),
                number(row.shrinkage, ".0%"),
                row.above,
                row.below,
                row.groups,
            )
            for row in table_rows(found.kinds)
        ],
    )
    click.echo()


def _print_grids(table: "pd.DataFrame") -> None:
    """Print grids, indicator by indicator, the best group first."""
    from spatialgov.allocation.assessment import INDICATORS
    from spatialgov.workspace.assessment_results import figure, peers_name, verdict_name

    order = table.sort_values(["period", "indicator", "peers", "group", "code"], kind="stable")
    listed = []
    for row in table_rows(order):
        one = INDICATORS[row.indicator]
        observed, estimate, low, high = (
            figure(value, one.unit) for value in (row.raw, row.estimate, row.low, row.high)
        )
        listed.append(
            (
                row.period,
                one.title,
                row.code,
                peers_name(row.peers),
                number(row.group, "d"),
                number(row.observations, ","),
                observed,
                estimate,
                f"{low} – {high}",
                verdict_name(row.verdict, one.better),
            )
        )
    head = (
        t("period", "周期"),
        t("indicator", "指标"),
        t("grid", "网格"),
        t("peers", "同类"),
        t("group", "组"),
        t("observations", "观测数"),
        t("observed", "观测值"),
        t("estimate", "估计值"),
        t("interval", "区间"),
        t("verdict", "结论"),
    )
    print_table(head, listed)


def _say(found: "AssessmentResult") -> None:
    note(
        t(
            "{periods}, edition {edition}, intervals of {level:.0%}. Grids of one group are tied. "
            "Next: spatialgov assess --indicator incidents, or spatialgov map assessment",
            "{periods}，版本 {edition}，{level:.0%} 区间。同组网格不分先后。"
            "下一步：spatialgov assess --indicator incidents 或 spatialgov map assessment",
            periods=" – ".join(dict.fromkeys(one.label for one in (found.periods[0], found.periods[-1]))),
            edition=found.basis["edition"],
            level=found.basis["level"],
        )
    )
    for period in found.periods:
        if period.known_since > period.since:
            note(
                t(
                    "{label} is known from {day} on only: {days:.0f} days.",
                    "{label} 自 {day} 起才有事件记录：共 {days:.0f} 天。",
                    label=period.label,
                    day=f"{period.known_since:%Y-%m-%d}",
                    days=period.days,
                )
            )
    missing = {"coverage": "spatialgov coverage -o coverage.gpkg", "satisfaction": "--satisfaction FILE"}
    for key, how in missing.items():
        if key not in found.basis["indicators"]:
            note(t("Not assessed: {key} ({how}).", "未考核：{key}（{how}）。", key=key, how=how))
