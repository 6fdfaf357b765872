"""``spatialgov import units|jurisdictions|posts|incidents|cameras|categories|osm|<layer> FILE``."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.acts import add_details
from spatialgov.cli._cluster import Apart, cluster_options
from spatialgov.cli._outputs import InputFile, OutputFile, PathOrUrl
from spatialgov.cli._shared import (
    column_pairs,
    data_dir_option,
    examples,
    fault_table,
    faults_option,
    json_option,
    note,
    open_workspace,
    print_json,
    show_faults,
    units_options,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spatialgov.places import Place
    from spatialgov.workspace import ImportReport, Workspace

LAYERS = ("buildings", "roads", "barriers", "places", "exclusion_zones", "addresses")
"""Those of `spatialgov.store.models`, which is too heavy for a help text."""

KINDS = ("jurisdictions", "units", *LAYERS, "posts", "categories", "incidents", "cameras", "osm")

_TAKEN = {
    "units": ("datum", "crs", "layer", "columns", "keep", "keep_sound"),
    "jurisdictions": ("datum",),
    "posts": (),
    "categories": ("valid_from",),
    "incidents": ("datum", "timezone", "columns", "refused", "dry_run"),
    "cameras": ("datum", "columns", "refused", "dry_run"),
    "osm": (),
}
"""Loader → the options that it takes; layers take a datum."""

_NEXT = {
    "units": "spatialgov partition {file} -o plan.gpkg",
    "incidents": "spatialgov assign",
    "buildings": "spatialgov coverage",
    "cameras": "spatialgov coverage",
    "osm": "spatialgov coverage",
    "posts": "spatialgov field-pack -o grids.pack",
}


@click.command(
    "import",
    help=t(
        "Bring a file into the store. KIND is one of {kinds}. Columns that were not asked for are dropped and named. A "
        "bad row of incidents or cameras is refused with its reason and the others go in; loading them twice changes "
        "nothing. Incidents are assigned to the grids in force, and their quality is told. A layer, or the list of the "
        "posts that are responsible for grids, takes the place of the one there; units become a new set, categories a "
        "new version. Cameras come as a table, as a catalogue of "
        "GB/T 28181 (XML or CSV) or with OpenStreetMap's tags; osm takes cameras, buildings and roads from an extract "
        "(.osm.pbf).",
        "将文件导入数据库。KIND 为 {kinds} 之一。未要求的列会被舍弃并列出。事件和摄像机中有问题的行会注明原因并拒绝，"
        "其余照常导入，重复导入不会产生变化。事件随即归入现行网格，并报告其质量。图层和网格责任岗位表整体替换；单元成为新的一组，"
        "事件类别成为新的版本。摄像机可用表格、GB/T 28181 设备目录（XML 或 CSV）或 OpenStreetMap 标签导入；"
        "osm 从数据摘录（.osm.pbf）导入摄像机、建筑物和道路。",
        kinds=", ".join(KINDS),
    ),
    epilog=examples(
        "spatialgov import units units.gpkg",
        "spatialgov import incidents events.csv --datum gcj02 --timezone Asia/Shanghai",
        "spatialgov import incidents events.ndjson --datum wgs84 --dry-run",
        "spatialgov import incidents events.csv --datum gcj02 --cluster tcp://10.0.0.5:8786",
        "spatialgov import incidents s3://bucket/events.csv --datum gcj02",
        "spatialgov import cameras cameras.geojson --column camera_id=ID --column range_m=RANGE",
        "spatialgov import cameras catalogue.xml --datum wgs84",
        "spatialgov import osm city.osm.pbf",
    ),
)
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("file", type=PathOrUrl(InputFile()))
@click.option(
    "--keep",
    multiple=True,
    help=t("Further column to keep, e.g. a parent's code (units).", "另需保留的列，如上级编码（单元）。"),
)
@click.option(
    "--timezone",
    help=t(
        "Time zone of times without offset, e.g. Asia/Shanghai (incidents).",
        "无偏移时间所用时区，如 Asia/Shanghai（事件）。",
    ),
)
@click.option(
    "--valid-from",
    metavar="ISO",
    help=t("From when the list is in force; now by default (categories).", "类别表自何时生效；默认为现在（类别）。"),
)
@click.option(
    "--refused",
    metavar="OUT",
    type=OutputFile(),
    help=t(
        "Where to write refused rows, to be mended and sent again; beside FILE by default, as FILE.refused.csv, or "
        "here when FILE is a URL (incidents, cameras).",
        "被拒绝的行写到何处，以便改正后重新导入；默认写在 FILE 旁，如 FILE.refused.csv；FILE 为 URL 时写在当前文件夹"
        "（事件、摄像机）。",
    ),
)
@click.option(
    "--dry-run",
    is_flag=True,
    help=t(
        "Store nothing; say what would be new, updated, unchanged and refused (incidents, cameras).",
        "不写入数据库，只说明哪些行会新增、更新、不变或被拒绝（事件、摄像机）。",
    ),
)
@units_options
@cluster_options(dry_run=False)
@faults_option
@data_dir_option
@json_option
def command(
    kind: str, file: "Place", data_dir: Path, faults_file: Path | None, as_json: bool, apart: Apart, **options: Any
) -> None:
    """Load one file."""
    from spatialgov.places import here

    options["columns"] = column_pairs(options["columns"])
    given = {name: value for name, value in options.items() if value}
    taken = _TAKEN.get(kind, ("datum",))
    if strange := [name for name in given if name not in taken]:
        option = "--column" if strange[0] == "columns" else f"--{strange[0].replace('_', '-')}"
        raise click.UsageError(t("{kind} take no {option}.", "{kind} 不使用 {option}。", kind=kind, option=option))
    if "valid_from" in given:
        from spatialgov.workspace.analysis import parse_time

        given["valid_from"] = parse_time("--valid-from", given["valid_from"])
    if "refused" in taken:
        from spatialgov.workspace import default_refused_file

        # beside what is in a store nothing is written that was not asked for
        given.setdefault("refused", default_refused_file(file if isinstance(file, Path) else Path(file.name)))
    with fault_table(faults_file) as faults, open_workspace(data_dir, create=True) as workspace:
        add_details(what=kind, file=file.name)
        reports = []
        if kind == "incidents" and apart.asked:
            loading = _loaded_in_parts(workspace, file, given, apart)
        else:
            loading = _load(workspace, kind, here(file), given)
        for report in loading:
            faults.extend([*report.refused, *report.warnings])
            _show(report, workspace.place)
            reports.append(report)
    if as_json:
        print_json(reports[0].as_dict() if len(reports) == 1 else {one.what: one.as_dict() for one in reports})
    if any(one.refused for one in reports) and not sum(one.accepted + one.unchanged for one in reports):
        raise SystemExit(1)
    if kind in _NEXT and not reports[0].dry_run:
        following = _NEXT[kind] if reports[0].edition is None else "spatialgov hotspots"
        note(t("Next: {command}", "下一步：{command}", command=following.format(file=file)))


def _load(workspace: "Workspace", kind: str, file: Path, given: dict[str, Any]) -> "Iterator[ImportReport]":
    """Load a file; an extract of OpenStreetMap gives several reports, all else one."""
    if kind == "osm":
        note(
            t(
                "Of each tag only what says where a thing is and what it is like is read: no names of people or firms.",
                "只读取位置与物体属性标签，不读取人名和单位名称。",
            )
        )
        yield from workspace.imports.osm(file, note)
    else:
        load = getattr(workspace.imports, kind) if kind in _TAKEN else partial(workspace.imports.layer, kind)
        yield load(file, **given)


def _loaded_in_parts(
    workspace: "Workspace", file: "Place", given: dict[str, Any], apart: Apart
) -> "Iterator[ImportReport]":
    """Load incidents that are judged in parts; a dry run says first which parts there are."""
    if given.get("dry_run"):
        apart.foresee(file, lambda hands: workspace.imports.incidents(file, **given, hands=hands))
    with apart.hands(file, t("Judging", "正在检查"), as_json=False) as hands:
        report = workspace.imports.incidents(file, **given, hands=hands)
    yield report


def _show(report: "ImportReport", place: str) -> None:
    show_faults(report.refused, t("Refused:", "已拒绝："))
    show_faults(report.warnings, t("Taken, but have a look:", "已导入，但请留意："))
    if report.dropped_columns:
        names = ", ".join(report.dropped_columns)
        note(t("Columns not asked for were dropped: {names}.", "未要求的列已舍弃：{names}。", names=names))
    for reason, count in report.left_out.items():
        note(t("Left out, {n} rows: {reason}.", "未导入 {n} 行：{reason}。", n=count, reason=reason))
    if report.unknown:
        columns = ", ".join(f"{column} {count:,}" for column, count in report.unknown.items())
        note(t("Unknown, of so many rows: {columns}.", "未知值的行数：{columns}。", columns=columns))
    if report.refused_file is not None:
        note(
            t(
                "The refused rows are in {file}: mend them there and import that file.",
                "被拒绝的行见 {file}：请在其中改正后导入该文件。",
                file=report.refused_file,
            )
        )
    if report.edition is not None:
        note(
            t(
                "{n} rows lie in the grids of edition {edition}, {outside} outside.",
                "{n} 行位于第 {edition} 版的网格内，{outside} 行在网格之外。",
                n=report.located, edition=report.edition, outside=report.outside,
            )
        )  # fmt: skip
    if report.quality is not None:
        from spatialgov.incidents.quality_remarks import remarks

        for text in remarks(report.quality):
            note(f"  - {text}")
    if report.version is not None:
        note(t("The list is version {n}.", "类别表为第 {n} 版。", n=report.version))
    if report.dry_run:
        note(t("A dry run: nothing was stored.", "试运行：未写入任何数据。"))
    note(
        t(
            "{what}: {new} new, {same} unchanged, {updated} updated, {refused} refused, in {place}.",
            "{what}：新增 {new}，未变 {same}，更新 {updated}，拒绝 {refused}，位于 {place}。",
            what=report.what, new=report.accepted - report.updated, same=report.unchanged, updated=report.updated,
            refused=report.refused_count, place=place,
        )
    )  # fmt: skip
