"""What the commands about plans share: their options, the files they read, progress and the map."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spatialgov.cli._shared import column_pairs
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.partition import Progress
    from spatialgov.plan import Plan

__all__ = ["barriers_option", "measured_by_options", "progress_bar", "read_plans", "write_plan_map"]

F = TypeVar("F", bound=Callable[..., Any])


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
            "--balance", type=click.Choice(["households", "population", "area_m2"]), default="households",
            show_default=True, help=t("What grids are measured by.", "度量所依据的数量。"),
        ),
        click.option("--within", help=t("Column that grids must nest in.", "网格不得跨越的上级列。")),
    ):  # fmt: skip
        command = option(command)
    return command


def barriers_option(command: F) -> F:
    """Add ``--barriers``."""
    return click.option(
        "--barriers",
        "barriers_file",
        type=click.Path(path_type=Path),
        help=t(
            "Lines with a column effect: hard (never crossed) or penalty.",
            "带 effect 列的线：hard（不得跨越）或 penalty。",
        ),
    )(command)


def read_plans(
    units_file: Path, plan_files: Sequence[Path], *, within: str | None, balance: str, target: float, tolerance: float,
    datum: str | None, crs: str | None, layer: str | None, columns: tuple[str, ...], keep_sound: bool,
    barriers_file: Path | None = None,
) -> "list[Plan]":  # fmt: skip
    """Read units and plans that divide them, all with the same units and settings."""
    from spatialgov.barriers import with_barriers
    from spatialgov.plan import PlanSettings
    from spatialgov.plan_files import read_plan
    from spatialgov.units import read_units
    from spatialgov.vector_io import read_vector

    mapping = column_pairs(columns)
    settings = PlanSettings(balance, target, tolerance, within)  # type: ignore[arg-type]
    keep = [within] if within else []
    units = read_units(units_file, datum=datum, crs=crs, layer=layer, columns=mapping, keep=keep, keep_sound=keep_sound)
    if barriers_file is not None:
        units = with_barriers(units, read_vector(barriers_file, datum=datum).frame)
    return [read_plan(file, units, settings) for file in plan_files]


@contextmanager
def progress_bar(label: str) -> "Iterator[Progress]":
    """Show how far the work is: a bar on a terminal, one line elsewhere."""
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show


def write_plan_map(plan: "Plan", file: Path) -> None:
    """Write the map of a plan as one HTML file."""
    from spatialgov_maps.base import save_html
    from spatialgov_maps.plan_map import plan_map

    save_html(plan_map(plan.grids(), balance=plan.settings.balance, target=plan.settings.target), file)
