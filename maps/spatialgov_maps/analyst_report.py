"""The analyst's report: incidents and coverage of a view as one file that opens from a USB stick, for a meeting."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Literal, get_args

import spatialgov
from spatialgov.errors import NotFoundError, NothingPublishedError
from spatialgov.incidents import PUBLIC_MINIMUM
from spatialgov.incidents.times import zone_named
from spatialgov.language import t
from spatialgov.workspace import Area, CoverageQuestion, Period, RemedyWish, Workspace
from spatialgov.workspace.incident_time_results import weekday_name
from spatialgov.workspace.time_steps import DEFAULT_ZONE
from spatialgov_maps.coverage_sections import coverage_basis, coverage_sections
from spatialgov_maps.incident_sections import incident_sections
from spatialgov_maps.report_page import ReportPage, Section
from spatialgov_maps.workspace_context import (
    context_of,
    edition_text,
    joined,
    jurisdiction_name,
    period_text,
)

__all__ = ["REPORT_PARTS", "ReportPart", "report_of_analysis"]

ReportPart = Literal["incidents", "coverage"]
REPORT_PARTS: tuple[ReportPart, ...] = get_args(ReportPart)


def report_of_analysis(
    workspace: Workspace,
    period: Period,
    *,
    parts: Collection[ReportPart] = REPORT_PARTS,
    needed: str = "detect",
    wish: RemedyWish | None = None,
    zone: str = DEFAULT_ZONE,
    minimum: int = PUBLIC_MINIMUM,
    area: Area | None = None,
) -> ReportPage:
    """Draw a view of incidents, what the cameras cover, and what to do.

    Parameters
    ----------
    period
        Which incidents; of coverage, those that should have been seen.
    parts
        What the report is about; coverage is left out, and said to be, where there are no cameras, unless it is all.
    needed, wish
        Class of picture, and what is to be planned; ten new cameras by default.
    zone
        IANA name of the time zone whose clock counts.
    minimum
        Fewest incidents that the reader may see counted.
    area
        What the reader is limited to, or has chosen.

    Raises
    ------
    NotFoundError
        When there are no cameras and only coverage was asked for.
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context_of(workspace, area)
    sections: list[Section] = []
    facts: list[tuple[str, str]] = []
    basis = _basis(workspace, period, zone, minimum, area)
    if "incidents" in parts:
        more, told = incident_sections(workspace, period, context, zone=zone, minimum=minimum, area=area)
        sections, facts = [*sections, *more], [*facts, *told]
    if "coverage" in parts:
        question = CoverageQuestion(needed, period, zone, area)
        try:
            more, told = coverage_sections(workspace, question, wish or RemedyWish(p=10), context)
        except NotFoundError as nothing:
            if "incidents" not in parts:
                raise
            sections.append(Section(t("Camera coverage", "视频监控覆盖"), [nothing.message]))
        else:
            sections, facts = [*sections, *more], [*facts, *told]
            basis += coverage_basis(workspace.coverage_analysis.about(question))
    sections.append(Section(t("What the figures stand on", "数据依据"), notes=basis))
    title = t("Incidents and coverage: report", "事件与视频覆盖研判报告")
    if "coverage" not in parts:
        title = t("Incidents: report", "事件研判报告")
    elif "incidents" not in parts:
        title = t("Camera coverage: report", "视频监控覆盖报告")
    subtitle = joined(jurisdiction_name(context), period_text(workspace, period, zone, area), _hours_text(period))
    return ReportPage(title, sections, subtitle=subtitle, facts=facts)


def _hours_text(period: Period) -> str:
    """Say which hours of the week are chosen; nothing where all are."""
    if period.hours is None:
        return ""
    days: dict[tuple[int, ...], list[int]] = {}
    for day in range(7):
        hours = tuple(hour % 24 for hour in period.hours.hours if hour // 24 == day)
        if hours:
            days.setdefault(hours, []).append(day)
    return "; ".join(
        f"{t(', ', '、').join(weekday_name(day) for day in those)} {_runs(hours)}" for hours, those in days.items()
    )


def _runs(hours: tuple[int, ...]) -> str:
    """Give hours as runs, such as 20:00 – 24:00."""
    runs: list[list[int]] = []
    for hour in hours:
        if runs and runs[-1][1] == hour:
            runs[-1][1] = hour + 1
        else:
            runs.append([hour, hour + 1])
    return ", ".join(f"{first:02d}:00 – {end:02d}:00" for first, end in runs)


def _basis(workspace: Workspace, period: Period, zone: str, minimum: int, area: Area | None) -> list[str]:
    """Say what all figures stand on."""
    try:
        edition = workspace.store.edition()
        said = edition_text(edition.id)
        grids = t(
            "Grids: {edition}, in force since {day}.",
            "网格：{edition}，自 {day} 起施行。",
            edition=said,
            day=f"{edition.valid_from.astimezone(zone_named(zone)):%Y-%m-%d}",
        )
    except NothingPublishedError:
        grids = t("No grids have been published.", "尚未发布网格。")
    made = t(
        "Made {time} ({zone}) by spatialgov {version}; {source}.",
        "{time}（{zone}）由 spatialgov {version} 生成；{source}。",
        time=f"{datetime.now(UTC).astimezone(zone_named(zone)):%Y-%m-%d %H:%M}",
        zone=zone,
        version=spatialgov.__version__,
        source=workspace.analysis.source() or t("own data", "自有数据"),
    )
    chosen = t(
        "Incidents: {period}.",
        "事件：{period}。",
        period=joined(period_text(workspace, period, zone, area), _hours_text(period)),
    )
    hidden = (
        t(
            "Counts below {n} are not shown, nor what would tell them.",
            "少于 {n} 的计数及可推出它们的数值均不公开。",
            n=minimum,
        )
        if minimum > 1
        else ""
    )
    place = t("Places and counts only: never a person.", "只有地点和数量，不含个人信息。")
    return [one for one in (made, grids, chosen, hidden, place) if one]
