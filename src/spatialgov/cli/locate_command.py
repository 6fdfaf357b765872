"""``spatialgov locate LON LAT``, ``--address TEXT``, ``--nearest-address`` and ``POINTS.csv -o OUT.csv``."""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._cluster import Apart, cluster_options
from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._outputs import InputFile, OutputFile, PathOrUrl
from spatialgov.cli._shared import (
    DATUMS,
    as_of_option,
    data_dir_option,
    examples,
    fault_table,
    faults_option,
    json_option,
    note,
    open_workspace,
    print_json,
    print_table,
    show_faults,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from datetime import datetime

    from spatialgov.locate import Report
    from spatialgov.places import Place
    from spatialgov.workspace import Location, Workspace

_SAY_EVERY_S = 5.0


@click.command(
    "locate",
    help=t(
        "Tell which grid a location or an address lies in, or add the grid to every row of a table of points: CSV, "
        "Parquet or a folder of Parquet files, Parquet in an object store too. "
        "An address that could be several is never guessed: the candidates are listed, with status 1. With "
        "--nearest-address, tell which address of the table is nearest to a location, and its grid.",
        "查询一个位置或地址所在的网格，或为点位表格（CSV、Parquet 或 Parquet 文件夹，Parquet 也可位于对象存储）的每一行"
        "补充网格编码。"
        "地址无法唯一确定时不作猜测：列出候选地址，退出状态为 1。"
        "加 --nearest-address 则查询距该位置最近的标准地址及其网格。",
    ),
    epilog=examples(
        "spatialgov locate 116.6512 33.9278 --datum gcj02",
        "spatialgov locate points.csv -o located.csv --datum wgs84",
        "spatialgov locate points.parquet -o located.parquet --datum gcj02 --border-m --faults bad.csv",
        "spatialgov locate points.parquet -o located.parquet --datum gcj02 --cluster tcp://10.0.0.5:8786",
        "spatialgov locate s3://bucket/points.parquet -o s3://bucket/located.parquet --datum gcj02 "
        "--parts s3://bucket/work",
        "spatialgov locate -71.41 41.82 --datum wgs84",
        "spatialgov locate --address 河东街道望桥路1号2幢",
        "spatialgov locate 116.6512 33.9278 --datum gcj02 --nearest-address",
        "spatialgov locate 116.6512 33.9278 --datum gcj02 --as-of 2026-01-01T00:00:00+08:00",
    ),
    context_settings={"ignore_unknown_options": True},  # -71.41 is a longitude
)
@click.argument("where", nargs=-1, metavar="LON LAT | POINTS")
@click.option(
    "--datum",
    metavar="|".join(DATUMS),
    help=t("Datum of the coordinates, needed with them.", "坐标基准，给出坐标时必填。"),
)
@click.option(
    "--address", metavar="TEXT", help=t("Address to look up in the table of addresses.", "在地址表中查询的地址。")
)
@click.option(
    "--nearest-address",
    is_flag=True,
    help=t("Give the nearest address of the table instead.", "改为查询最近的标准地址。"),
)
@as_of_option
@click.option(
    "-o",
    "--output",
    type=PathOrUrl(OutputFile(".csv", ".parquet", folders=True)),
    help=t("Table to write, here or in an object store.", "输出表格（本地或对象存储）。"),
)
@click.option("--lon", default="lon", show_default=True, help=t("Column of the longitude.", "经度列。"))
@click.option("--lat", default="lat", show_default=True, help=t("Column of the latitude.", "纬度列。"))
@click.option("--border-m", is_flag=True, help=t("Add the distance to the grid's border.", "增加到网格边界的距离。"))
@cluster_options()
@faults_option
@data_dir_option
@json_option
def command(
    where: tuple[str, ...],
    datum: str | None,
    address: str | None,
    nearest_address: bool,
    as_of: "datetime | None",
    output: "Place | None",
    lon: str,
    lat: str,
    border_m: bool,
    faults_file: Path | None,
    data_dir: Path,
    as_json: bool,
    apart: Apart,
) -> None:
    """Locate one point, one address or a file of points."""
    if address is not None:
        if where or output or nearest_address:
            raise click.UsageError(t("--address goes without points.", "--address 不能与点位同时使用。"))
        _locate_address(address, as_of, data_dir, as_json=as_json)
    elif datum is None:
        raise click.UsageError(t("Name the datum of the coordinates: --datum.", "请用 --datum 指明坐标基准。"))
    elif nearest_address:
        if output:
            raise click.UsageError(t("--nearest-address goes with one location.", "--nearest-address 仅用于单个位置。"))
        _nearest_address(*_coordinates(where), datum, data_dir, as_json=as_json)
    elif output is None:
        _locate_one(*_coordinates(where), datum, as_of, data_dir, as_json=as_json)
    elif len(where) == 1:
        announce_compilation("locate", "locate/raster")
        options: dict[str, Any] = {"datum": datum, "as_of": as_of, "lon": lon, "lat": lat, "border_m": border_m}
        with fault_table(faults_file) as faults, open_workspace(data_dir) as workspace:
            report = _located(
                workspace, PathOrUrl(InputFile()).convert(where[0], None, None), output, apart, options, as_json=as_json
            )
            faults.extend(report.faults)
            _tell(report, output, as_json=as_json)
    else:
        raise click.UsageError(t("--output goes with one file of points.", "--output 需配合一个点位文件使用。"))


def _located(
    workspace: "Workspace", source: "Place", output: "Place", apart: Apart, options: dict[str, Any], *, as_json: bool
) -> "Report":
    if not apart.asked:
        return workspace.locations.locate_file(source, output, **options, progress=_progress())
    with apart.hands(output, t("Locating", "正在定位"), as_json=as_json) as hands:
        return workspace.locations.locate_file_in_parts(source, output, hands, **options)


def _coordinates(where: tuple[str, ...]) -> tuple[float, float]:
    try:
        lon, lat = (float(text) for text in where)
    except ValueError:
        raise click.UsageError(
            t(
                "Give a longitude and a latitude, or a file of points with --output.",
                "请给出经度和纬度，或给出点位文件并用 --output 指定输出。",
            )
        ) from None
    return lon, lat


def _locate_one(lon: float, lat: float, datum: str, as_of: "datetime | None", data_dir: Path, *, as_json: bool) -> None:
    with open_workspace(data_dir) as workspace:
        location = workspace.locations.find(lon, lat, datum, as_of=as_of)
    if as_json:
        print_json(asdict(location))
    else:
        _show(location)


def _locate_address(text: str, as_of: "datetime | None", data_dir: Path, *, as_json: bool) -> None:
    """Show the grid of an address; ends with status 1 when it is not certain or lies outside all grids."""
    with open_workspace(data_dir) as workspace:
        answer = workspace.locations.find_address(text, as_of=as_of)
    if as_json:
        print_json(asdict(answer))
    else:
        shown = answer.match.candidates[:1] if answer.match.certain else answer.match.candidates
        if shown:
            print_table(
                (t("score", "得分"), t("address", "地址"), t("id", "编号")),
                [(f"{c.score:.2f}", c.address.text, c.address.address_id) for c in shown],
            )
        if answer.location is not None:
            _show(answer.location)
    if not answer.match.candidates:
        note(t("No address is like this one.", "没有与之相近的地址。"))
    elif not answer.match.certain:
        note(t("Not certain: these are the candidates.", "无法唯一确定，以上为候选地址。"))
    elif answer.location is None:
        note(t("The address lies outside all grids.", "该地址不在任何网格内。"))
    if answer.location is None:
        raise SystemExit(1)


def _nearest_address(lon: float, lat: float, datum: str, data_dir: Path, *, as_json: bool) -> None:
    """Show the nearest address and its grid; ends with status 1 when it lies outside all grids."""
    with open_workspace(data_dir) as workspace:
        found = workspace.locations.nearest_address(lon, lat, datum)
    if as_json:
        print_json(asdict(found))
    else:
        print_table(
            (t("distance in m", "距离（米）"), t("address", "地址"), t("id", "编号")),
            [(f"{found.distance_m:,.1f}", found.address.text, found.address.address_id)],
        )
        if found.location is not None:
            _show(found.location)
    if found.location is None:
        note(t("The address lies outside all grids.", "该地址不在任何网格内。"))
        raise SystemExit(1)


def _show(location: "Location") -> None:
    level_names = {
        "district": t("district", "区县"),
        "subdistrict": t("subdistrict", "街道"),
        "community": t("community", "社区"),
    }
    rows = [(level_names.get(link.level, link.level), link.code, link.name, link.name_en) for link in location.chain]
    print_table(
        (t("level", "级别"), t("code", "编码"), t("name", "名称"), t("name in English", "英文名")),
        [*rows, (t("grid", "网格"), location.code, location.name, "")],
    )
    if location.on_border:
        note(t("The location lies exactly on the grid's border.", "该位置恰好在网格边界上。"))


def _progress() -> Callable[[int, int | None, float], None]:
    """Give what says every few seconds how far it is."""
    said = time.monotonic()

    def progress(rows: int, of: int | None, seconds: float) -> None:
        nonlocal said
        if time.monotonic() - said < _SAY_EVERY_S:
            return
        said = time.monotonic()
        share = "" if of is None else f" ({rows / of:.0%})"
        note(t("{n:,} rows{share}, {speed:,.0f} a second …", "已处理 {n:,} 行{share}，每秒 {speed:,.0f} 行 ……",
               n=rows, share=share, speed=rows / seconds))  # fmt: skip

    return progress


def _tell(report: "Report", output: "Place", *, as_json: bool) -> None:
    note(
        t(
            "{rows:,} rows: {located:,} located, {outside:,} outside all grids, {unreadable:,} without a place; "
            "{speed:,.0f} a second.",
            "{rows:,} 行：{located:,} 行已定位，{outside:,} 行在网格之外，{unreadable:,} 行没有有效坐标；"
            "每秒 {speed:,.0f} 行。",
            speed=report.rows / report.seconds,
            **report.counts(),
        )
    )
    show_faults(report.faults, t("Rows without a place:", "没有有效坐标的行："))
    if not report.located:
        note(
            t(
                "No row lies in a grid: check the datum and the order of longitude and latitude.",
                "没有一行位于网格内：请检查坐标基准以及经纬度的顺序。",
            )
        )
    note(t("Written: {files}", "已写出：{files}", files=output))
    if as_json:
        print_json(report.counts())
