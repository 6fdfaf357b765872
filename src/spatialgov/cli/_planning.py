"""What the commands about plans share: their options, the files they read, progress and the map."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spatialgov.cli._outputs import InputFile
from spatialgov.cli._shared import column_pairs, note, print_table, show_faults
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.allocation import WorkloadProfile
    from spatialgov.faults import Fault
    from spatialgov.partition import Progress, Step
    from spatialgov.plan import Plan
    from spatialgov.units import Units

__all__ = [
    "also_option",
    "also_tolerances",
    "barriers_option",
    "by_option",
    "columns_to_keep",
    "measured_by_options",
    "plan_faults",
    "print_summaries",
    "progress_bar",
    "read_plans",
    "read_units_file",
    "say_unit_grids",
    "summaries",
    "within_option",
    "workload_profile",
    "write_plan_map",
]

F = TypeVar("F", bound=Callable[..., Any])


def within_option(command: F) -> F:
    """Add ``--within``: the command gets the columns as a tuple."""
    return click.option(
        "--within",
        multiple=True,
        metavar="COLUMN",
        callback=_column_names,
        help=t(
            "Column that grids must nest in, e.g. community_code; several for every level: repeated, or separated by "
            "commas.",
            "网格不得跨越的上级列，如 community_code；可给出多级：重复使用或以逗号分隔。",
        ),
    )(command)


def by_option(command: F) -> F:
    """Add ``--by``; see `print_summaries`."""
    return click.option(
        "--by",
        multiple=True,
        metavar="COLUMN",
        callback=_column_names,
        help=t(
            "Sum up the grids by this column of the units, e.g. subdistrict_code; may be repeated.",
            "按单元的该列汇总网格，如 subdistrict_code，可重复。",
        ),
    )(command)


def _column_names(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    names = (name.strip() for value in values for name in value.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def also_option(command: F) -> F:
    """Add ``--also COLUMN=TOLERANCE``; see `also_tolerances`."""
    return click.option(
        "--also",
        multiple=True,
        metavar="COLUMN=TOLERANCE",
        help=t(
            "Column of the units that grids are to share fairly too, and how far one may be off the mean around it, "
            "e.g. area_m2=0.3; may be repeated.",
            "网格还应均衡的单元列，及允许偏离周边平均值的比例，如 area_m2=0.3，可重复。",
        ),
    )(command)


def also_tolerances(texts: Iterable[str]) -> dict[str, float]:
    """Give column → tolerance for the values of ``--also``."""
    tolerances = {}
    for text in texts:
        column, _, tolerance = text.partition("=")
        try:
            tolerances[column] = float(tolerance)
        except ValueError:
            column = ""
        if not column:
            message = t("write it as COLUMN=TOLERANCE, e.g. area_m2=0.3", "请写成 列=容差 的形式，如 area_m2=0.3")
            raise click.BadParameter(message, param_hint="--also")
    return tolerances


def columns_to_keep(within: Iterable[str], also: Iterable[str]) -> list[str]:
    """Give the columns that units are to keep for a plan, besides those that they always keep."""
    from spatialgov.units import UNIT_COLUMNS

    numbers = [name for name in also if name not in (*UNIT_COLUMNS, "area_m2")]
    return [*within, *numbers]


def measured_by_options(command: F) -> F:
    """Add what grids that exist are measured by: ``--within``, ``--balance``, ``--target``, ``--tolerance``."""
    for option in (
        click.option(
            "--tolerance", type=float, default=0.05, show_default=True,
            help=t("Deviation that is on target.", "视为达标的偏差。"),
        ),
        click.option(
            "--target", type=float, default=400.0, show_default=True,
            help=t("What a grid should hold.", "每格应有的数量。"),
        ),
        click.option(
            "--balance", type=click.Choice(["households", "population", "area_m2", "workload"]), default="households",
            show_default=True, help=t("What grids are measured by.", "度量所依据的数量。"),
        ),
        also_option,
        within_option,
    ):  # fmt: skip
        command = option(command)
    return command


def barriers_option(command: F) -> F:
    """Add ``--barriers``."""
    return click.option(
        "--barriers",
        "barriers_file",
        type=InputFile(),
        help=t(
            "Lines with a column effect: hard (never crossed) or penalty.",
            "带 effect 列的线：hard（不得跨越）或 penalty。",
        ),
    )(command)


def read_units_file(
    units_file: Path, faults: "list[Fault]", keep: Sequence[str], *, datum: str | None, crs: str | None,
    layer: str | None, columns: tuple[str, ...], keep_sound: bool, barriers_file: Path | None = None,
) -> "Units":  # fmt: skip
    """Read units as `units_options` and `barriers_option` say; what is wrong with them is shown and collected."""
    from spatialgov.barriers import with_barriers
    from spatialgov.units import read_units
    from spatialgov.vector_io import read_vector

    mapping = column_pairs(columns)
    note(t("Reading {file} …", "正在读取 {file} ……", file=units_file.name))
    units = read_units(units_file, datum=datum, crs=crs, layer=layer, columns=mapping, keep=keep, keep_sound=keep_sound)
    faults.extend(units.faults)
    if units.dropped_columns:
        names = ", ".join(units.dropped_columns)
        note(t("Columns not asked for were dropped: {names}.", "未要求的列已舍弃：{names}。", names=names))
    show_faults(units.faults, t("About the units:", "关于基本单元："))
    if barriers_file is None:
        return units
    return with_barriers(units, read_vector(barriers_file, datum=datum).frame)


def read_plans(
    units_file: Path, plan_files: Sequence[Path], faults: "list[Fault]", by: Sequence[str] = (), *,
    within: tuple[str, ...], balance: str, target: float, tolerance: float, also: tuple[str, ...], **reading: Any,
) -> "list[Plan]":  # fmt: skip
    """Read units and plans that divide them, all measured by the same settings; see `read_units_file`."""
    from spatialgov.plan import PlanSettings
    from spatialgov.plan_files import read_plan

    allowed = also_tolerances(also)
    settings = PlanSettings(balance, target, tolerance, within, also=allowed)  # type: ignore[arg-type]
    units = read_units_file(units_file, faults, [*columns_to_keep(within, allowed), *by], **reading)
    return [read_plan(file, units, settings) for file in plan_files]


@contextmanager
def progress_bar(label: str) -> "Iterator[Progress]":
    """Show how far the work is, and the best cost so far: a bar on a terminal, one line elsewhere."""

    def cost(step: "Step | None") -> str:
        return "" if step is None or step.cost is None else t("cost {cost:,.2f}", "目标值 {cost:,.2f}", cost=step.cost)

    with click.progressbar(length=1, label=label, item_show_func=cost, update_min_steps=0, file=sys.stderr) as bar:

        def show(step: "Step") -> None:
            bar.length = step.total
            bar.update(step.done - bar.pos, step)

        yield show


def workload_profile(name: str) -> "WorkloadProfile":
    """Give a profile of the workload by its name, or the first one of a JSON file."""
    from spatialgov.allocation import profile_named, read_profiles

    return read_profiles(name)[0] if name.endswith(".json") else profile_named(name)


def write_plan_map(plan: "Plan", file: Path) -> None:
    """Write the map of a plan as one HTML file."""
    from spatialgov_maps.base import save_html
    from spatialgov_maps.plan_map import plan_map

    save_html(plan_map(plan.grids(), balance=plan.settings.balance, target=plan.settings.target), file)


def plan_faults(plan: "Plan", *, strict: bool = False, locked: tuple[str, ...] = ()) -> "list[Fault]":
    """Show what is wrong with a plan and give it; with `strict`, a grid that misses its target ends the work."""
    from spatialgov.errors import FaultyDataError
    from spatialgov.partition import misses

    found, missed = plan.faults(), misses(plan, locked)
    if strict and missed:
        message = t(
            "{n} grids miss their target; nothing was written.", "{n} 个网格未达标，未写出任何文件。", n=len(missed)
        )
        raise FaultyDataError(message, [*found, *missed], remedy=missed[0].remedy)
    show_faults(found, t("Faults of the plan:", "方案的问题："))
    show_faults(missed, t("Grids that miss their target:", "未达标的网格："))
    return [*found, *missed]


def say_unit_grids(cut: "Plan") -> None:
    """Say how many unit grids there are, how many are on target, and how many units are too large for any."""
    settings = cut.settings
    most_m2 = settings.target * (1 + settings.tolerance)
    note(
        t(
            "{n} unit grids, {on} of them of {area:,.0f} m² ± {tolerance:.0%}; {large} units above {most:,.0f} m² stay "
            "alone.",
            "共 {n} 个单元网格，其中 {on} 个为 {area:,.0f} 平方米 ±{tolerance:.0%}；{large} 个超过 {most:,.0f} 平方米的"
            "单元单独成格。",
            n=len(cut.codes),
            on=int((~cut.off_target()).sum()),
            area=settings.target,
            tolerance=settings.tolerance,
            large=int((cut.units.graph.area_m2 > most_m2).sum()),
            most=most_m2,
        )
    )


def summaries(plan: "Plan", by: Sequence[str]) -> dict[str, Any]:
    """Give a plan summed up by columns, for JSON: nothing when there are none."""
    tables = {column: plan.summary(column).reset_index() for column in by}
    rows = {name: table.astype(object).where(table.notna(), None).to_dict("records") for name, table in tables.items()}
    return {"by": rows} if rows else {}


def print_summaries(plan: "Plan", by: Sequence[str]) -> None:
    """Print a plan summed up by each of some columns."""
    for column in by:
        table = plan.summary(column)
        rows = [
            (value, *(f"{row[name]:,.0f}" for name in table.columns[:5]), *(f"{x:+.1f}" for x in row.iloc[5:]))
            for value, row in table.iterrows()
        ]
        click.echo()
        print_table(
            (
                column,
                t("grids", "网格"),
                t("units", "单元"),
                t("households", "户数"),
                t("population", "人口"),
                t("area, m²", "面积（平方米）"),
                t("least %", "最小偏差 %"),
                t("mean %", "平均偏差 %"),
                t("most %", "最大偏差 %"),
            ),
            rows,
        )
