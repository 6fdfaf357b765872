"""What the commands about incidents share: options, and how places and times are shown."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spatialgov.cli._cluster import Apart
from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._outputs import InputFile, OutputFile, PathOrUrl
from spatialgov.cli._shared import datum_option, list_faults, note
from spatialgov.language import t

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from spatialgov.bulk import Hands
    from spatialgov.places import Place
    from spatialgov.workspace import Archive, Workspace

__all__ = [
    "against_option",
    "alpha_option",
    "analysed",
    "announce_loops",
    "archive_options",
    "cell_option",
    "day_text",
    "interval",
    "number",
    "places",
    "places_output",
    "resolution_option",
    "table_output",
    "timezone_option",
    "write_result",
]

F = TypeVar("F", bound=Callable[..., Any])


def announce_loops() -> None:
    """Say that the loops of incidents are about to be compiled, where they are."""
    announce_compilation("incidents", "incidents/cube", "incidents/scanning")


def resolution_option(default: int) -> Callable[[F], F]:
    """Add ``--resolution``, of H3."""
    return click.option(
        "--resolution", type=int, default=default, show_default=True, help=t("H3 resolution.", "H3 分辨率。")
    )


def against_option(command: F) -> F:
    """Add ``--against``."""
    return click.option(
        "--against", type=click.Choice(["even", "households", "roads", "incidents"]), default="even", show_default=True,
        help=t(
            "What incidents are expected in proportion to: ground, households, km of road, or incidents of all "
            "categories.",
            "期望事件数所依据的基准：面积、户数、道路长度或全部类别的事件。",
        ),
    )(command)  # fmt: skip


def alpha_option(command: F) -> F:
    """Add ``--alpha``."""
    return click.option(
        "--alpha", type=float, default=0.05, show_default=True,
        help=t("Tolerated share of false discoveries.", "允许的误判比例。"),
    )(command)  # fmt: skip


def cell_option(command: F) -> F:
    """Add ``--cell``, metres."""
    return click.option(
        "--cell", "cell_m", type=float, default=100.0, show_default=True, metavar="METRES",
        help=t("Side of a cell.", "单元边长（米）。"),
    )(command)  # fmt: skip


def timezone_option(command: F) -> F:
    """Add ``--timezone``: whose hours, days and months count."""
    return click.option(
        "--timezone", "zone", default="Asia/Shanghai", envvar="SPATIALGOV_TIMEZONE", show_default=True, metavar="NAME",
        help=t("Time zone whose hours, days and months count.", "小时、日、月所依据的时区。"),
    )(command)  # fmt: skip


def archive_options(command: F) -> F:
    """Add ``--incidents``, ``--datum`` and ``--timezone``: files instead of the store, see `analysed`."""
    for option in (
        timezone_option,
        datum_option,
        click.option(
            "--incidents", "archive", multiple=True, type=PathOrUrl(InputFile()), metavar="FILE",
            help=t(
                "Incidents of this CSV or Parquet file, or of a folder of Parquet files, instead of those of the "
                "store; Parquet in an object store too, e.g. s3://bucket/2026.parquet; may be repeated.",
                "改用此 CSV、Parquet 文件或 Parquet 文件夹中的事件，而不是数据库中的事件；Parquet 也可位于对象存储，"
                "如 s3://bucket/2026.parquet；可重复。",
            ),
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@contextmanager
def analysed(
    workspace: "Workspace", archive: "Sequence[Place]", datum: str | None, zone: str, apart: Apart, what: str, *,
    as_json: bool,
) -> "Iterator[tuple[Workspace | Archive, Hands | None]]":  # fmt: skip
    """Give what holds the analyses of a command, the workspace or an archive, and who does the parts of its work.

    Parameters
    ----------
    workspace, archive, datum, zone, apart
        The workspace, and what the options say.
    what
        Name of the folder for what is kept of parts.
    as_json
        How a dry run is shown.
    """
    if archive and datum is None:
        raise click.UsageError(t("Name the datum of the coordinates: --datum.", "请用 --datum 指明坐标基准。"))
    if not archive and not apart.asked:
        yield workspace, None
        return
    with apart.hands(workspace.data_dir / what, t("Incidents", "正在分析事件"), as_json=as_json) as hands:
        if not archive or datum is None:
            yield workspace, hands
            return
        opened = workspace.archives.open(archive, hands, datum=datum, timezone=zone)
        if (report := opened.report) is not None:
            note(
                t(
                    "{rows:,} rows read: {n:,} incidents, {bad:,} rows with faults.",
                    "已读取 {rows:,} 行：{n:,} 条事件，{bad:,} 行有问题。",
                    rows=report.rows,
                    n=report.incidents,
                    bad=report.faulty,
                )
            )
            list_faults(report.faults)
        yield opened, hands


def places_output(command: F) -> F:
    """Add ``-o``, for polygons with their numbers."""
    return click.option(
        "-o", "--output", type=OutputFile(".gpkg", ".geojson", ".parquet", ".csv"),
        help=t("Write the outlines with all numbers too.", "同时输出轮廓及全部数值。"),
    )(command)  # fmt: skip


def table_output(command: F) -> F:
    """Add ``-o``, for a table."""
    return click.option(
        "-o", "--output", type=OutputFile(".csv", ".parquet"), help=t("Write the table too.", "同时输出表格。")
    )(command)


def write_result(frame: "pd.DataFrame", output: Path | None) -> None:
    """Write what a command found, where it was asked to."""
    if output is None:
        return
    from spatialgov.vector_io import write_vector

    write_vector(frame, output)
    note(t("Written: {files}", "已写出：{files}", files=output))


def places(frame: "gpd.GeoDataFrame") -> list[str]:
    """Give a place inside each outline, for people."""
    inside = frame.geometry.representative_point()
    return [f"{lon:.5f}, {lat:.5f}" for lon, lat in zip(inside.x, inside.y, strict=True)]


def number(value: Any, form: str = ",.2f") -> str:
    """Give a number for people; a dash where there is none."""
    import pandas as pd

    return "–" if pd.isna(value) else format(value, form)


def interval(low: Any, high: Any) -> str:
    """Give an interval for people."""
    return f"{number(low)} – {number(high)}"


def day_text(moment: datetime) -> str:
    """Give a moment for people: its local day, and the time where it is not midnight."""
    return f"{moment:%Y-%m-%d}" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%Y-%m-%d %H:%M}"
