"""``spatialgov nation publish|status|locate|prune``."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from spatialgov.cli._shared import (
    data_dir_option,
    datum_option,
    examples,
    json_option,
    note,
    open_workspace,
    print_json,
    print_table,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spatialgov.nation import Entry

__all__ = ["command"]

_folder = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


@click.group(
    "nation",
    help=t(
        "Share grids among many cities: each publishes its own into one folder, and whoever reads the folder finds any "
        "location of any of them.",
        "全国表：各城市（或区县）将各自的网格发布到同一个目录，读取该目录即可查询其中任何位置。",
    ),
    epilog=examples("spatialgov nation publish /srv/nation", "spatialgov nation status /srv/nation"),
)
def command() -> None:
    """Hold the commands."""


@command.command(
    "publish",
    help=t(
        "Put the edition in force into the folder, all at once. Others go on undisturbed; a grid that reaches into "
        "another jurisdiction's is refused.",
        "将现行版本一次性发布到该目录，不影响其他辖区；与其他辖区重叠的网格会被拒绝。",
    ),
    epilog=examples(
        "spatialgov nation publish /srv/nation --data-dir my-town", "spatialgov nation publish /srv/nation --level city"
    ),
)
@_folder
@click.option(
    "--level",
    type=click.Choice(["district", "city"]),
    default="district",
    show_default=True,
    help=t("What the folder is shared out by; the same for all.", "该目录按哪一级辖区划分，全目录须一致。"),
)
@data_dir_option
@json_option
def publish(folder: Path, level: Literal["district", "city"], data_dir: Path, as_json: bool) -> None:
    """Hand the edition over."""
    with open_workspace(data_dir) as workspace:
        entries = workspace.editions.hand_over(folder, level)
    _show(entries, as_json=as_json)
    note(t("Look locations up: spatialgov nation locate {folder} LON LAT --datum …",
           "查询位置：spatialgov nation locate {folder} 经度 纬度 --datum ……", folder=folder))  # fmt: skip


@command.command(
    "status",
    help=t("List who has published, what and when.", "列出各辖区的发布情况。"),
    epilog=examples("spatialgov nation status /srv/nation"),
)
@_folder
@json_option
def status(folder: Path, as_json: bool) -> None:
    """List the table."""
    from spatialgov.nation import NationalTable

    _show(NationalTable.open(folder).entries, as_json=as_json)


@command.command(
    "locate",
    help=t("Tell which grid of which jurisdiction a location lies in.", "查询位置所在的辖区与网格。"),
    epilog=examples("spatialgov nation locate /srv/nation 116.6512 33.9278 --datum gcj02"),
    context_settings={"ignore_unknown_options": True},  # -71.41 is a longitude
)
@_folder
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@datum_option
@json_option
def locate(folder: Path, lon: float, lat: float, datum: str | None, as_json: bool) -> None:
    """Look one location up; ends with status 1 when it lies outside."""
    from spatialgov.nation import NationalTable

    if datum is None:
        raise click.UsageError(t("Name the datum of the coordinates: --datum.", "请用 --datum 指明坐标基准。"))
    match = NationalTable.open(folder).find(lon, lat, datum)
    if as_json:
        print_json({"code": match.code, "chain": dict(match.chain), "on_border": match.on_border,
                    "others": list(match.others)})  # fmt: skip
    elif match.code is not None:
        print_table((t("level", "级别"), t("code", "编码")), [*match.chain.items(), (t("grid", "网格"), match.code)])
        if match.on_border:
            note(t("The location lies exactly on the grid's border.", "该位置恰好在网格边界上。"))
    if match.code is None:
        note(t("The location lies outside all grids.", "该位置不在任何网格内。"))
        raise SystemExit(1)


@command.command(
    "prune",
    help=t(
        "Remove the files of earlier editions, an hour old and more, that nobody needs any more.",
        "删除已不再使用、且超过一小时的旧版本文件。",
    ),
    epilog=examples("spatialgov nation prune /srv/nation"),
)
@_folder
@json_option
def prune(folder: Path, as_json: bool) -> None:
    """Remove what is left."""
    from spatialgov.nation import NationalTable

    removed = NationalTable.open(folder).prune()
    note(t("{n:,} files removed.", "已删除 {n:,} 个文件。", n=removed))
    if as_json:
        print_json({"removed": removed})


def _show(entries: "Mapping[str, Entry]", *, as_json: bool) -> None:
    if as_json:
        print_json({"jurisdictions": {code: asdict(entry) for code, entry in entries.items()}})
        return
    print_table(
        (t("jurisdiction", "辖区"), t("grids", "网格"), t("edition", "版本"), t("published", "发布时间")),
        [(code, f"{entry.grids:,}", entry.edition, entry.published_at) for code, entry in entries.items()],
    )
