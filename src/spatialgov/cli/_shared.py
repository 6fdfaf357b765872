"""What several commands share: options, and how results are shown."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.faults import Fault
    from spatialgov.workspace import Period, Workspace

__all__ = [
    "data_dir_option",
    "datum_option",
    "examples",
    "json_option",
    "note",
    "open_workspace",
    "period",
    "period_options",
    "print_json",
    "print_measures",
    "print_table",
    "show_faults",
]

F = TypeVar("F", bound=Callable[..., Any])

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")


def data_dir_option(command: F) -> F:
    """Add ``--data-dir``."""
    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("spatialgov-data"),
        envvar="SPATIALGOV_DATA_DIR",
        show_default=True,
        help=t("Folder of the store.", "数据库所在文件夹。"),
    )(command)


def datum_option(command: F) -> F:
    """Add ``--datum``."""
    return click.option(
        "--datum",
        metavar="|".join(DATUMS),
        help=t("Datum of the coordinates; needed where the file does not say.", "坐标基准；文件未注明时必须给出。"),
    )(command)


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        help=t(
            "One JSON object on standard output, all else on standard error.",
            "标准输出仅为一个 JSON 对象，其余写到标准错误。",
        ),
    )(command)


def period_options(command: F) -> F:
    """Add ``--since``, ``--until`` and ``--category``."""
    for option in (
        click.option(
            "--category",
            "categories",
            multiple=True,
            help=t("Category code; may be repeated.", "事件类别代码，可重复。"),
        ),
        click.option(
            "--until", metavar="ISO", help=t("Occurred before, e.g. 2026-11-01T00:00+08:00.", "发生于此时之前。")
        ),
        click.option("--since", metavar="ISO", help=t("Occurred at or after this time.", "发生于此时及之后。")),
    ):
        command = option(command)
    return command


def examples(*lines: str) -> str:
    """Give the examples that close a command's help."""
    return "\b\n" + t("Examples:", "示例：") + "\n" + "\n".join(f"  {line}" for line in lines)


def open_workspace(data_dir: Path, *, create: bool = False) -> "Workspace":
    """Open the workspace in the folder that the caller named."""
    from spatialgov.workspace import Workspace

    return Workspace.open(data_dir, create=create)


def note(text: str) -> None:
    """Say something that is not the result: on standard error."""
    click.echo(text, err=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Print the result as one JSON object on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str, allow_nan=False)
    sys.stdout.write("\n")


def print_measures(metrics: Mapping[str, float]) -> None:
    """Print a plan's measures with their names and units."""
    from spatialgov.measures import MEASURES

    rows = [(MEASURES[key].title, f"{value:,.6g} {MEASURES[key].unit}".rstrip()) for key, value in metrics.items()]
    print_table((t("measure", "指标"), t("value", "数值")), rows)


def print_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their heads, in columns as wide as they need (Chinese characters count twice)."""
    cells = [[str(c) for c in head], *([str(c) for c in row] for row in rows)]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        click.echo("  ".join(cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=True)).rstrip())


def _width(text: str) -> int:
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def period(since: str | None, until: str | None, categories: Sequence[str]) -> "Period":
    """Give the period that the options name."""
    from spatialgov.workspace import Period

    return Period.parse(since, until, categories)


def show_faults(faults: "Sequence[Fault]", heading: str, *, most: int = 20) -> None:
    """List faults on standard error, at most `most` of them."""
    if not faults:
        return
    note(heading)
    for fault in faults[:most]:
        note(f"  - {fault}")
    if len(faults) > most:
        note(t("  … and {n} more.", "  …… 另有 {n} 处。", n=len(faults) - most))
