"""``--gaps``: how near a plan is to what is proven to be the best."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spatialgov.cli._shared import note, print_table
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.partition.gaps import GroundGap
    from spatialgov.plan import Plan

__all__ = ["gaps_as_json", "gaps_option", "measure_gaps", "print_gaps"]

F = TypeVar("F", bound=Callable[..., Any])


def gaps_option(command: F) -> F:
    """Add ``--gaps``; see `measure_gaps`."""
    return click.option(
        "--gaps",
        "with_gaps",
        is_flag=True,
        help=t(
            "Prove for each small ground (a community) how far it is from the least moment of inertia.",
            "对每个小区域（如社区）证明其与最小惯性矩的差距。",
        ),
    )(command)


def measure_gaps(plan: "Plan", *, wanted: bool) -> "list[GroundGap] | None":
    """Find the gaps, which takes some seconds for each community; None when they are not wanted."""
    from spatialgov.partition.gaps import gaps

    if not wanted:
        return None
    note(t("Proving bounds …", "正在证明下界 ……"))
    return gaps(plan)


def gaps_as_json(found: "list[GroundGap] | None") -> dict[str, Any]:
    """Give what ``--json`` adds to a plan's measures, of which one is named ``gaps`` already; or nothing."""
    from spatialgov.partition.gaps import summary

    return {} if found is None else {"gaps_to_bound": summary(found)}


def print_gaps(found: "list[GroundGap] | None") -> None:
    """Print a line for each ground, then the mean gap and the largest."""
    from spatialgov.partition.gaps import summary

    if not found:
        if found is not None:
            note(t("No ground is small enough for a bound.", "没有足够小、可求下界的区域。"))
        return
    head = (
        t("ground", "区域"),
        t("units", "单元"),
        t("grids", "网格"),
        t("grids hold", "每格上下限"),
        t("hard limits", "硬性限制"),
        t("moment of inertia", "惯性矩"),
        t("proven bound", "已证下界"),
        t("gap", "差距"),
    )
    limits = {True: t("feasible", "可行"), False: t("proven infeasible", "已证不可行"), None: t("unknown", "未知")}
    rows = [
        (
            gap.parent_code or "-",
            gap.units,
            gap.grids,
            f"{gap.lower:,.0f}–{gap.upper:,.0f}",
            limits[gap.feasible],
            f"{gap.inertia:,.6g}",
            f"{gap.bound:,.6g}",
            f"{gap.gap_pct:.2f} %",
        )
        for gap in found
    ]
    print_table(head, rows)
    totals = summary(found)
    click.echo(
        t(
            "Mean gap {mean:.2f} %, largest {largest:.2f} %.",
            "平均差距 {mean:.2f}%，最大 {largest:.2f}%。",
            mean=totals["mean_gap_pct"],
            largest=totals["largest_gap_pct"],
        )
    )
