"""What the commands about service points, checkpoints and beats share: options, files, and what is said of roads."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import faults_option, note, show_faults
from spatialgov.language import t

if TYPE_CHECKING:
    import pandas as pd

    from spatialgov.faults import Fault

__all__ = [
    "ROAD_CLASSES",
    "goal_options",
    "jurisdiction_option",
    "kind_option",
    "result_options",
    "road_class_option",
    "search_options",
    "speeds_option",
    "tell_faults",
    "walk_options",
    "write_layers",
]

F = TypeVar("F", bound=Callable[..., Any])

ROAD_CLASSES = ("trunk", "primary", "secondary", "residential", "alley", "track")
"""Those of `spatialgov.allocation.DRIVING`, which is too heavy for a help text."""


def jurisdiction_option(command: F) -> F:
    """Add ``--area``."""
    return click.option(
        "--area", "code", metavar="CODE",
        help=t(
            "Code of a district, subdistrict or community; all ground by default.",
            "区县、街道或社区的编码；默认为全部范围。",
        ),
    )(command)  # fmt: skip


def speeds_option(command: F) -> F:
    """Add ``--speeds``: how one travels."""
    return click.option(
        "--speeds", type=click.Choice(["walking", "driving"]), default="walking", show_default=True,
        help=t("How one travels: the speed on each class of road.", "出行方式，决定各等级道路的速度。"),
    )(command)  # fmt: skip


def kind_option(command: F) -> F:
    """Add ``--kind``: which places are the centres."""
    return click.option(
        "--kind", "kinds", multiple=True, metavar="KIND",
        help=t(
            "Kind of places that are the existing centres; may be repeated; service_centre by default.",
            "作为现有中心的场所类别，可重复；默认为 service_centre。",
        ),
    )(command)  # fmt: skip


def goal_options(command: F) -> F:
    """Add ``--goal`` and ``--within``."""
    command = click.option(
        "--within", "within_min", type=click.FloatRange(0, min_open=True), default=15.0, show_default=True,
        metavar="MINUTES", help=t("What counts as near enough.", "视为够近的时限（分钟）。"),
    )(command)  # fmt: skip
    return click.option(
        "--goal", type=click.Choice(["median", "centre", "cover"]), default="median", show_default=True,
        help=t("What new centres are placed for.", "新增中心的选址目标。"),
    )(command)  # fmt: skip


def road_class_option(command: F) -> F:
    """Add ``--road-class``."""
    return click.option(
        "--road-class", "road_classes", multiple=True, type=click.Choice(ROAD_CLASSES),
        help=t("Only roads of this class; may be repeated.", "仅限此等级道路，可重复。"),
    )(command)  # fmt: skip


def walk_options(command: F) -> F:
    """Add ``--beats`` and ``--shift``."""
    command = click.option(
        "--shift", "shift_h", type=click.FloatRange(0, 24, min_open=True), default=4.0, show_default=True,
        metavar="HOURS", help=t("Hours of a shift that are for the walk.", "每班用于巡逻的小时数。"),
    )(command)  # fmt: skip
    return click.option(
        "--beats", type=click.IntRange(1, 100_000),
        help=t("How many; as many as the shift asks for by default.", "数量；默认按班次时间确定。"),
    )(command)  # fmt: skip


def search_options(command: F) -> F:
    """Add ``--seed`` and ``--time``."""
    command = click.option(
        "--time", "time_limit_s", type=click.FloatRange(0.1, 3600), default=10.0, show_default=True, metavar="SECONDS",
        help=t("Of the search.", "搜索时限（秒）。"),
    )(command)  # fmt: skip
    return click.option(
        "--seed", type=click.IntRange(0), default=0, show_default=True, help=t("Of the search.", "随机种子。")
    )(command)


def result_options(command: F) -> F:
    """Add ``-o`` and ``--faults``."""
    command = faults_option(command)
    return click.option(
        "-o", "--output", type=OutputFile(".gpkg", ".geojson", ".parquet", ".csv"),
        help=t(
            "Write it with its shapes too: all layers as .gpkg, else the first of them.",
            "同时输出图形：.gpkg 含全部图层，其他格式仅含首个图层。",
        ),
    )(command)  # fmt: skip


def write_layers(layers: "Mapping[str, pd.DataFrame]", output: Path | None) -> None:
    """Write what a command found, where it was asked to: all layers, or the first where the format takes one."""
    if output is None:
        return
    from spatialgov.vector_io import write_vector

    write_vector(dict(layers) if output.suffix.lower() == ".gpkg" else next(iter(layers.values())), output)
    note(t("Written: {files}", "已写出：{files}", files=output))


def tell_faults(faults: "Sequence[Fault]", file: Path | None) -> None:
    """Show which grids no centre reaches, and say how many oddities the roads have, which the table of faults lists."""
    show_faults([fault for fault in faults if fault.kind == "out_of_reach"], t("Out of reach:", "不可达："))
    odd = sum(fault.kind != "out_of_reach" for fault in faults)
    if odd and file is None:
        note(
            t(
                "{n} oddities of the roads, such as ends just short of another one (--faults FILE.csv).",
                "道路有 {n} 处可疑，如在另一道路前中断（见 --faults FILE.csv）。",
                n=odd,
            )
        )
