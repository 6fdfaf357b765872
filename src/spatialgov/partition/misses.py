"""Which grids miss their target, and why: what forbade it and what the nearest feasible value is."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.partition.feasible import MOST_GRIDS, MOST_UNITS, Verdict, decide
from spatialgov.plan import Plan

__all__ = ["misses", "verdict_on"]

_QUANTITY = {
    "households": ("households", "户"),
    "population": ("persons", "人"),
    "area_m2": ("m²", "平方米"),
    "workload": ("minutes of work a day", "分钟/日的工作量"),
}


def misses(plan: Plan, locked: Collection[str] = ()) -> list[Fault]:
    """List every grid beyond its limits or the tolerance of its target, with the reason.

    Parameters
    ----------
    plan
        Any plan, also one edited by hand. Dedicated grids are exempt.
    locked
        Codes of the grids that had to stay as they are.

    Returns
    -------
    list of Fault
        Warnings of kind ``out_of_limits``, ``off_target``, ``off_target_also`` (of a further quantity that grids share
        fairly) or ``over_area``, in the order of the plan's grids, each with a place. A grid beyond a hard limit is
        not listed a second time for its tolerance.
    """
    tally, settings = plan.tally, plan.settings
    held, deviation = tally.column(settings.balance), plan.deviation_pct()
    off_target = plan.off_target()
    dedicated = (plan.table["kind"] == "dedicated").to_numpy()
    kept = plan.table["code"].isin(list(locked)).to_numpy()
    ground = plan.ground_of_units(kept | _alone(plan))
    load = plan.units.amounts(settings.balance)
    also = [(name, *plan.held_and_mean(name), off) for name, off in plan.deviation_also_pct().items()]
    low, high = settings.minimum or 0.0, np.inf if settings.maximum is None else settings.maximum
    verdicts: dict[int, Verdict | None] = {}
    faults = []
    for grid in np.flatnonzero(~dedicated).tolist():
        rows = np.flatnonzero(plan.labels == grid)
        around = np.flatnonzero(ground == ground[rows[0]])
        if not low <= held[grid] <= high:
            kind = "out_of_limits"
            limit = t("the limits of {low:,.0f} to {high:,.0f}", "限制 {low:,.0f} 至 {high:,.0f}", low=low, high=high)
        elif off_target[grid]:
            kind = "off_target"
            limit = t("the target of {target:,.0f}", "目标 {target:,.0f}", target=settings.target)
        else:
            kind = limit = ""
        if kind:
            reason, remedy = _reason(plan, load[rows], float(load[around].sum()), plan.labels[around])
            if kept[grid]:
                reason, remedy = t("it is locked.", "该网格已锁定。"), t("Unlock it.", "请解除锁定。")
            elif kind == "out_of_limits" and load[rows].max() <= high:
                here = int(ground[rows[0]])
                if here not in verdicts:
                    verdicts[here] = verdict_on(plan, around)
                reason, remedy = _proven(verdicts[here], low, high) or (reason, remedy)
            message = t(
                "Grid {code} holds {held:,.0f} {unit} and misses {limit} ({deviation:+.1f} %): {reason}",
                "网格 {code} 有 {held:,.0f} {unit}，未达到{limit}（{deviation:+.1f}%）：{reason}",
                code=plan.codes[grid],
                held=held[grid],
                unit=t(*_QUANTITY[settings.balance]),
                deviation=deviation[grid],
                limit=limit,
                reason=reason,
            )
            faults.append(_warning(plan, grid, rows, kind, message, remedy))
        for name, amount, mean, off in also:
            if abs(off[grid]) > 100 * settings.also[name]:
                faults.append(_off_target_also(plan, grid, rows, name, amount[grid], mean[grid], off[grid]))
        if settings.max_area_m2 is not None and tally.area_m2[grid] > settings.max_area_m2:
            faults.append(_over_area(plan, grid, rows, settings.max_area_m2))
    return faults


def _alone(plan: Plan) -> npt.NDArray[np.bool_]:
    """Tell which unit grids are one unit too large for any: `unit_grids` cuts them out first."""
    most_m2 = plan.settings.target * (1 + plan.settings.tolerance)
    single = (plan.table["kind"] == "unit").to_numpy() & (plan.tally.n_units == 1)
    return np.asarray(single & (plan.tally.area_m2 > most_m2), dtype=bool)


def _off_target_also(
    plan: Plan, grid: int, rows: npt.NDArray[np.int64], name: str, held: float, mean: float, off_pct: float
) -> Fault:
    largest = float(plan.units.amounts(name)[rows].max())
    unit = t(*_QUANTITY.get(name, (name, name)))
    message = t(
        "Grid {code} holds {held:,.0f} {unit} and misses the mean of {mean:,.0f} around it ({off:+.1f} %, {most:.1f} % "
        "are allowed).",
        "网格 {code} 有 {held:,.0f} {unit}，偏离周边平均值 {mean:,.0f}（{off:+.1f}%，允许 {most:.1f}%）。",
        code=plan.codes[grid],
        held=held,
        unit=unit,
        mean=mean,
        off=off_pct,
        most=100 * plan.settings.also[name],
    )
    remedy = (
        t(
            "One of its units alone holds {largest:,.0f}: split that unit in the input.",
            "其中一个单元就有 {largest:,.0f}：请在输入数据中拆分该单元。",
            largest=largest,
        )
        if largest > mean * (1 + plan.settings.also[name])
        else t(
            "The first quantity comes first: allow more of a deviation in {name}, or a wider tolerance.",
            "首要均衡量优先：请放宽 {name} 的允许偏差或总体容差。",
            name=name,
        )
    )
    return _warning(plan, grid, rows, "off_target_also", message, remedy)


def verdict_on(plan: Plan, rows: npt.NDArray[np.int64]) -> Verdict | None:
    """Find out whether ground can be divided into as many grids as it has within the plan's hard limits.

    Parameters
    ----------
    rows
        Positions of the ground's units, see `Plan.ground_of_units`.

    Returns
    -------
    Verdict
        None where the ground is not small, or has units without a grid.
    """
    settings = plan.settings
    grids, labels = np.unique(plan.labels[rows], return_inverse=True)
    if len(rows) > MOST_UNITS or len(grids) > MOST_GRIDS or grids[0] < 0:
        return None
    graph = plan.units.graph.subgraph(rows)
    graph = graph.without(graph.barrier > 0)
    load = plan.units.amounts(settings.balance)[rows]
    connected = int(graph.components(labels).max()) == len(grids) - 1
    upper = np.inf if settings.maximum is None else settings.maximum
    known = labels.astype(np.int64) if connected else None
    return decide(graph, load, len(grids), settings.minimum or 0.0, upper, known=known)


def _proven(verdict: Verdict | None, low: float, high: float) -> tuple[str, str] | None:
    """Say what is known about dividing the ground of a grid within the limits, and what would help."""
    if verdict is None:
        return None
    if verdict.feasible:
        return (
            t("another division of its ground keeps the limits.", "其所在区域存在满足限制的其他划分。"),
            t("Divide this ground anew.", "请重新划分该区域。"),
        )
    nearest = t(
        "Limits of {low:,.0f} to {high:,.0f} can be kept here; {least:,.0f} beyond the limits is the least possible.",
        "此处可满足 {low:,.0f} 至 {high:,.0f}；至少需超出限制 {least:,.0f}。",
        low=max(low - np.ceil(verdict.breach - 1e-6), 0.0),
        high=high + np.ceil(verdict.breach - 1e-6),
        least=np.ceil(verdict.least_breach - 1e-6),
    )
    if verdict.feasible is None:
        return (
            t(
                "whether any division of its ground keeps them could not be settled in the time.",
                "在限定时间内未能判定其所在区域是否存在满足限制的划分。",
            ),
            nearest,
        )
    if verdict.touching:
        return (
            t(
                "it is proven that no division of its ground into connected grids keeps them.",
                "已证明其所在区域不存在满足限制的连通划分。",
            ),
            nearest,
        )
    return (
        t(
            "it is proven that its ground's units can't be shared out within them, even among grids in pieces.",
            "已证明即使不要求连通，其所在区域的单元也无法在限制内分配。",
        ),
        nearest,
    )


def _over_area(plan: Plan, grid: int, rows: npt.NDArray[np.int64], limit_m2: float) -> Fault:
    message = t(
        "Grid {code} covers {area:,.0f} m², above the limit of {limit:,.0f} m².",
        "网格 {code} 面积 {area:,.0f} 平方米，超过上限 {limit:,.0f} 平方米。",
        code=plan.codes[grid],
        area=plan.tally.area_m2[grid],
        limit=limit_m2,
    )
    remedy = (
        t("It is a single unit: split the unit itself.", "该网格只有一个单元：请先拆分该单元。")
        if len(rows) == 1
        else t("Split it, or raise the limit.", "请拆分该网格，或提高上限。")
    )
    return _warning(plan, grid, rows, "over_area", message, remedy)


def _reason(
    plan: Plan, load: npt.NDArray[np.float64], total: float, neighbours: npt.NDArray[np.int32]
) -> tuple[str, str]:
    """Give the first of the reasons that holds, and what would help."""
    settings = plan.settings
    unit = t(*_QUANTITY[settings.balance])
    count = len(np.unique(neighbours[neighbours >= 0]))
    mean = total / count
    held = float(load.sum())
    if load.max() > settings.target * (1 + settings.tolerance) and held > settings.target:
        return (
            t(
                "one of its units alone holds {most:,.0f} {unit}, and a unit is never split.",
                "其中一个单元就有 {most:,.0f} {unit}，而基本单元不可拆分。",
                most=load.max(),
                unit=unit,
            ),
            t("Split that unit in the input.", "请在输入数据中拆分该单元。"),
        )
    if abs(mean / settings.target - 1) > settings.tolerance:
        return (
            t(
                "its connected ground holds {total:,.0f} {unit} in all, {mean:,.0f} for each of {count} grids.",
                "其所在的连通区域共有 {total:,.0f} {unit}，{count} 个网格平均 {mean:,.0f}。",
                total=total,
                unit=unit,
                mean=mean,
                count=count,
            ),
            t(
                "The nearest feasible target here is {mean:,.0f}.",
                "此处最接近的可行目标为 {mean:,.0f}。",
                mean=mean,
            ),
        )
    return (
        t(
            "no fairer division of its surroundings was found (its largest unit holds {most:,.0f} {unit}).",
            "未找到其周边更均衡的划分（其最大单元有 {most:,.0f} {unit}）。",
            most=load.max(),
            unit=unit,
        ),
        t("Try another seed, a wider tolerance, or smaller units.", "可更换随机种子、放宽容差或采用更小的单元。"),
    )


def _warning(plan: Plan, grid: int, rows: npt.NDArray[np.int64], kind: str, message: str, remedy: str) -> Fault:
    point = plan.units.frame.geometry.iloc[int(rows[0])].representative_point()
    return Fault(kind, message, remedy, severity="warning", item=plan.codes[grid], lon=point.x, lat=point.y)
