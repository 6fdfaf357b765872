"""What the commands about cameras share: options, and how shares and amounts are shown."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spatialgov.cli._incidents import timezone_option
from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import named_pairs, note, period, period_options
from spatialgov.language import t

if TYPE_CHECKING:
    import pandas as pd

    from spatialgov.workspace import CoverageQuestion

__all__ = [
    "CLASS_NAMES",
    "REASONS",
    "amount",
    "class_option",
    "gap_filters",
    "layers_output",
    "level_option",
    "note_basis",
    "question_of",
    "question_options",
    "share",
    "shares",
    "top_option",
    "weight_option",
    "write_layers",
]

F = TypeVar("F", bound=Callable[..., Any])

REASONS = (
    "data_missing", "out_of_service", "turned_away", "class_too_low", "below_camera", "hidden", "no_camera",
)  # fmt: skip
"""Those of `spatialgov.coverage.REASONS`, which is too heavy for a help text."""

CLASS_NAMES = ("monitor", "detect", "observe", "recognise", "identify")
"""Those of `spatialgov.coverage.CLASSES`, which is too heavy for a help text."""


def question_options(command: F) -> F:
    """Add ``--class``, the period of incidents and ``--timezone``; see `question_of`."""
    return class_option(timezone_option(period_options(command)))


def class_option(command: F) -> F:
    """Add ``--class``."""
    return click.option(
        "--class", "needed", type=click.Choice(CLASS_NAMES), default="detect", show_default=True,
        help=t(
            "Class of picture that counts (EN 62676-4): 12.5, 25, 62.5, 125 or 250 pixels a metre.",
            "所需图像等级（EN 62676-4）：每米 12.5、25、62.5、125 或 250 像素。",
        ),
    )(command)  # fmt: skip


def level_option(command: F) -> F:
    """Add ``--by``: what coverage is summed up by."""
    return click.option(
        "--by", "level", type=click.Choice(["grid", "community", "subdistrict", "district", "study_area", "all"]),
        help=t(
            "What it is summed up by; the finest there is by default: grids in force, else jurisdictions, else the "
            "ground around the cameras.",
            "汇总单位；默认取最细一级：现行网格，其次行政区划，否则为摄像机周边范围。",
        ),
    )(command)  # fmt: skip


def top_option(command: F) -> F:
    """Add ``--top``: how many rows are listed."""
    return click.option(
        "--top", type=click.IntRange(1), default=20, show_default=True,
        help=t("How many are listed, the weightiest first; a file has all.", "列出条数，按权重排序；文件中为全部。"),
    )(command)  # fmt: skip


def gap_filters(command: F) -> F:
    """Add ``--state`` and ``--reason``."""
    command = click.option(
        "--reason", "reasons", multiple=True, type=click.Choice(REASONS),
        help=t("Only those for this reason; may be repeated.", "仅列此原因，可重复。"),
    )(command)  # fmt: skip
    return click.option(
        "--state", "states", multiple=True, type=click.Choice(["gap", "uncertain"]),
        help=t("Only those in this state; may be repeated.", "仅列此状态，可重复。"),
    )(command)  # fmt: skip


def weight_option(command: F) -> F:
    """Add ``--weight KIND=PART``: the command gets a mapping, or None for all alike."""

    def parsed(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, float] | None:
        pairs = named_pairs(texts, "KIND=PART", "--weight")
        try:
            return {kind: float(part) for kind, part in pairs.items()} or None
        except ValueError:
            raise click.BadParameter(
                t("write it as KIND=PART", "请写成 KIND=PART 的形式"), param_hint="--weight"
            ) from None

    return click.option(
        "--weight", "weights", multiple=True, metavar="KIND=PART", callback=parsed,
        help=t(
            "How much a kind matters: ground, road, place, population or incident, e.g. road=2; may be repeated, what "
            "is not named counts nothing. All alike by default.",
            "各类对象的权重：ground、road、place、population、incident，如 road=2；可重复，未列出者不计；默认相同。",
        ),
    )(command)  # fmt: skip


def question_of(options: dict[str, Any]) -> "CoverageQuestion":
    """Take what `question_options` has read out of a command's options."""
    from spatialgov.workspace import CoverageQuestion

    chosen = period(options.pop("since"), options.pop("until"), options.pop("categories"))
    return CoverageQuestion(options.pop("needed"), chosen, options.pop("zone"))


def layers_output(command: F) -> F:
    """Add ``-o``, for a GeoPackage with several layers."""
    return click.option(
        "-o", "--output", type=OutputFile(".gpkg"),
        help=t("Write it with its shapes too (.gpkg, several layers).", "同时输出图形（.gpkg，含多个图层）。"),
    )(command)  # fmt: skip


def write_layers(layers: "Mapping[str, pd.DataFrame]", output: Path | None) -> None:
    """Write what a command found, where it was asked to."""
    if output is None:
        return
    from spatialgov.vector_io import write_vector

    write_vector(dict(layers), output)
    note(t("Written: {files}", "已写出：{files}", files=output))


def share(value: float) -> str:
    """Give a share for people; a dash where there is nothing that it could be of."""
    return "–" if math.isnan(value) else f"{value:.1%}"


def shares(lower: float, upper: float) -> str:
    """Give what is covered for certain, and with what may be: one number where they are the same."""
    if math.isnan(lower) or round(lower, 3) == round(upper, 3):
        return share(lower)
    return f"{100 * lower:.1f} – {share(upper)}"


def amount(value: float, unit: str) -> str:
    """Give an amount of what should be seen for people."""
    if unit == "m2":
        return t("{v:,.0f} m²", "{v:,.0f} 平方米", v=value)
    return t("{v:,.0f} m", "{v:,.0f} 米", v=value) if unit == "m" else f"{value:,.0f}"


def note_basis(about: Mapping[str, Any]) -> None:
    """Say what an answer about coverage rests on: cameras, what their records lack, what was assumed."""
    from spatialgov.workspace.coverage_results import class_name, column_name, level_name

    note(
        t(
            "{working} of {n} cameras work; class of picture: {name}; measured by {level}.",
            "{n} 台摄像机中 {working} 台在用；图像等级：{name}；统计单位：{level}。",
            working=about["working"],
            n=about["cameras"],
            name=class_name(about["needed"]),
            level=level_name(about["level"]),
        )
    )
    if about["missing"]:
        lacks = [f"{column_name(column)} ({n})" for column, n in about["missing"].items()]
        note(
            t(
                "Not known, so that what they see has a lower and an upper bound: {lacks}.",
                "以下参数缺失，因此覆盖有上下限：{lacks}。",
                lacks=t(", ", "、").join(lacks),
            )
        )
