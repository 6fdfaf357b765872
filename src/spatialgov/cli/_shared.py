"""What several commands share: options, and how results are shown."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spatialgov.acts import current_act
from spatialgov.cli._outputs import OutputFile
from spatialgov.errors import FaultyDataError, SpatialGovError
from spatialgov.language import t

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from spatialgov.allocation import WorkloadProfile
    from spatialgov.faults import Fault
    from spatialgov.workspace import Period, Workspace

__all__ = [
    "DATUMS",
    "as_of_option",
    "column_option",
    "column_pairs",
    "data_dir_option",
    "database_url",
    "datum_option",
    "examples",
    "fault_table",
    "faults_option",
    "json_option",
    "list_faults",
    "name_subcommand",
    "named_pairs",
    "note",
    "open_workspace",
    "period",
    "period_options",
    "print_json",
    "print_measures",
    "print_table",
    "show_faults",
    "table_rows",
    "units_options",
    "workload_profile",
    "write_faults",
]

F = TypeVar("F", bound=Callable[..., Any])

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
"""Those of `spatialgov.datum`, which is too heavy for a help text."""

_FAULTS_SHOWN = 20
_FAULT_COLUMNS = ["row", "column", "item", "kind", "severity", "message", "remedy", "lon", "lat"]


_DATABASE_URL = "spatialgov.cli.database_url"
"""Where a call's ``--database-url`` is kept (`click.Context.meta`): every command that opens the store reads it."""


def data_dir_option(command: F) -> F:
    """Add ``--data-dir`` and ``--database-url``: where the store is, and the folder of what is derived from it."""
    command = click.option(
        "--database-url",
        metavar="URL",
        envvar="SPATIALGOV_DATABASE_URL",
        expose_value=False,
        callback=lambda ctx, _parameter, value: ctx.meta.__setitem__(_DATABASE_URL, value),
        help=t(
            "The store, when it is not in the folder: sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE.",
            "数据库不在该文件夹中时的地址：sqlite:///文件 或 postgresql+psycopg://用户@主机/数据库。",
        ),
    )(command)
    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("spatialgov-data"),
        envvar="SPATIALGOV_DATA_DIR",
        show_default=True,
        help=t(
            "Folder of the store, and of what is derived from it.",
            "数据库及其派生文件所在文件夹。",
        ),
    )(command)


def database_url() -> str | None:
    """Give the URL that the caller named (``--database-url`` or SPATIALGOV_DATABASE_URL), password included."""
    url: str | None = click.get_current_context().meta.get(_DATABASE_URL)
    return url


def as_of_option(command: F) -> F:
    """Add ``--as-of``: the command gets an aware time, or None."""

    def parsed(_context: click.Context, _parameter: click.Parameter, text: str | None) -> "datetime | None":
        if text is None:
            return None
        from spatialgov.workspace.analysis import parse_time

        return parse_time("--as-of", text)

    return click.option(
        "--as-of",
        metavar="ISO",
        callback=parsed,
        help=t(
            "By the grids in force at this time, e.g. 2026-11-01T00:00+08:00; by today's when not given.",
            "按此时生效的网格，如 2026-11-01T00:00+08:00；默认为现行网格。",
        ),
    )(command)


def datum_option(command: F) -> F:
    """Add ``--datum``."""
    return click.option(
        "--datum",
        metavar="|".join(DATUMS),
        help=t("Datum of the coordinates; needed where the file does not say.", "坐标基准；文件未注明时必须给出。"),
    )(command)


def units_options(command: F) -> F:
    """Add what reading units takes: ``--datum``, ``--crs``, ``--layer``, ``--column``, ``--keep-sound``."""
    for option in (
        click.option("--keep-sound", is_flag=True, help=t("Go on without the faulty rows.", "忽略有问题的行并继续。")),
        column_option,
        click.option("--layer", help=t("Layer of the file.", "文件中的图层。")),
        click.option(
            "--crs",
            help=t("CRS of the file where it does not say, e.g. EPSG:4547.", "文件未注明时的坐标系，如 EPSG:4547。"),
        ),
        datum_option,
    ):
        command = option(command)
    return command


def column_option(command: F) -> F:
    """Add ``--column OURS=THEIRS``; see `column_pairs`."""
    return click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="OURS=THEIRS",
        help=t("Which of the file's columns is ours; may be repeated.", "文件列名与本系统列名的对应，可重复。"),
    )(command)


def column_pairs(columns: Iterable[str]) -> dict[str, str]:
    """Give our name → the file's for the values of ``--column``."""
    return named_pairs(columns, "OURS=THEIRS", "--column")


def named_pairs(texts: Iterable[str], form: str, option: str) -> dict[str, str]:
    """Give name → value for the values of an option that are written ``NAME=VALUE``."""
    pairs = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not (name and value):
            message = t("write it as {form}", "请写成 {form} 的形式", form=form)
            raise click.BadParameter(message, param_hint=option)
        pairs[name] = value
    return pairs


def faults_option(command: F) -> F:
    """Add ``--faults``; see `fault_table`."""
    return click.option(
        "--faults",
        "faults_file",
        type=OutputFile(".csv"),
        help=t(
            "Table of all faults to write (.csv), also when the command fails.",
            "将全部问题写成表格（.csv），命令失败时也会写出。",
        ),
    )(command)


@contextmanager
def fault_table(file: Path | None) -> "Iterator[list[Fault]]":
    """Collect the faults that a command meets, and write all of them to the file that ``--faults`` names.

    The table is written even when it has no rows, so that none of an earlier run is taken for this one's; and also
    when the work fails, with what it failed for.
    """
    from spatialgov.faults import Fault

    faults: list[Fault] = []
    try:
        yield faults
    except SpatialGovError as error:
        faults += (
            error.faults if isinstance(error, FaultyDataError) else [Fault(error.code, error.message, error.remedy)]
        )
        if closing := _closing_words(faults, file):
            error.add_note(closing)
        raise
    if closing := _closing_words(faults, file):
        note(closing)


def _closing_words(faults: "Sequence[Fault]", file: Path | None) -> str:
    if file is None:
        if len(faults) <= _FAULTS_SHOWN:
            return ""
        return t(
            "--faults FILE.csv writes a table of all {n}.", "用 --faults FILE.csv 可写出全部 {n} 处。", n=len(faults)
        )
    write_faults(faults, file)
    return t("All {n} faults are in {file}.", "全部 {n} 处问题见 {file}。", n=len(faults), file=file)


def workload_profile(name: str) -> "WorkloadProfile":
    """Give a profile by its name, or the first one of a JSON file."""
    from spatialgov.allocation import profile_named, read_profiles

    return read_profiles(name)[0] if name.endswith(".json") else profile_named(name)


def write_faults(faults: "Sequence[Fault]", file: Path) -> None:
    """Write faults as a table."""
    from spatialgov.faults import faults_frame
    from spatialgov.vector_io import write_vector

    write_vector(faults_frame(faults)[_FAULT_COLUMNS].astype({"row": "Int64"}), file)


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
    """Open the workspace that the caller named by its folder and the URL of its store."""
    from spatialgov.workspace import Workspace

    shared_url = os.environ.get("SPATIALGOV_SHARED_URL") or None
    return Workspace.open(data_dir, database_url(), create=create, shared_url=shared_url)


def name_subcommand(ctx: click.Context) -> None:
    """Write into the current act which command of a group is called."""
    if (act := current_act()) is not None:
        act.action += f" {ctx.invoked_subcommand or ''}".rstrip()


def note(text: str) -> None:
    """Say something that is not the result: on standard error."""
    click.echo(text, err=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Print the result as one JSON object on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str, allow_nan=False))


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


def table_rows(frame: "pd.DataFrame") -> Iterator[Any]:
    """Give the rows of a frame, each with its columns as attributes, whose types nobody but the frame knows."""
    return frame.itertuples()


def _width(text: str) -> int:
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def period(since: str | None, until: str | None, categories: Sequence[str]) -> "Period":
    """Give the period that the options name."""
    from spatialgov.workspace import Period

    return Period.parse(since, until, categories)


def show_faults(faults: "Sequence[Fault]", heading: str) -> None:
    """List faults on standard error under a heading, if there are any."""
    if faults:
        note(heading)
        list_faults(faults)


def list_faults(faults: "Sequence[Fault]") -> None:
    """List faults on standard error, the first 20 of them; see `fault_table` for all."""
    for fault in faults[:_FAULTS_SHOWN]:
        note(f"  - {fault}")
    if (more := len(faults) - _FAULTS_SHOWN) > 0:
        note(t("  … and {n} more.", "  …… 另有 {n} 处。", n=more))
