"""``spatialgov import units|jurisdictions|incidents|cameras|categories|<layer> FILE``."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._outputs import InputFile
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
    from spatialgov.workspace import ImportReport

LAYERS = ("buildings", "roads", "barriers", "places", "exclusion_zones", "addresses")
"""Those of `spatialgov.store.models`, which is too heavy for a help text."""

KINDS = ("jurisdictions", "units", *LAYERS, "categories", "incidents", "cameras")

_TAKEN = {
    "units": ("datum", "crs", "layer", "columns", "keep", "keep_sound"),
    "jurisdictions": ("datum",),
    "categories": (),
    "incidents": ("datum", "timezone", "columns"),
    "cameras": ("datum", "columns"),
}
"""Loader → the options that it takes; layers take a datum."""

_NEXT = {
    "units": "spatialgov partition {file} -o plan.gpkg",
    "incidents": "spatialgov assign",
    "buildings": "spatialgov coverage",
    "cameras": "spatialgov coverage",
}


@click.command(
    "import",
    help=t(
        "Bring a file into the store. KIND is one of {kinds}. Columns that were not asked for are dropped and named. A "
        "bad row of incidents or cameras is refused with its reason and the others go in; loading them twice changes "
        "nothing. A layer takes the place of the one there; units become a new set.",
        "将文件导入数据库。KIND 为 {kinds} 之一。未要求的列会被舍弃并列出。事件和摄像机中有问题的行会注明原因并拒绝，"
        "其余照常导入，重复导入不会产生变化。图层整体替换；单元成为新的一组。",
        kinds=", ".join(KINDS),
    ),
    epilog=examples(
        "spatialgov import units units.gpkg",
        "spatialgov import incidents events.csv --datum gcj02 --timezone Asia/Shanghai",
        "spatialgov import cameras cameras.geojson --column camera_id=ID --column range_m=RANGE",
    ),
)
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("file", type=InputFile())
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
@units_options
@faults_option
@data_dir_option
@json_option
def command(kind: str, file: Path, data_dir: Path, faults_file: Path | None, as_json: bool, **options: Any) -> None:
    """Load one file."""
    options["columns"] = column_pairs(options["columns"])
    given = {name: value for name, value in options.items() if value}
    taken = _TAKEN.get(kind, ("datum",))
    if strange := [name for name in given if name not in taken]:
        option = "--column" if strange[0] == "columns" else f"--{strange[0].replace('_', '-')}"
        raise click.UsageError(t("{kind} take no {option}.", "{kind} 不使用 {option}。", kind=kind, option=option))
    with fault_table(faults_file) as faults, open_workspace(data_dir, create=True) as workspace:
        load = getattr(workspace.imports, kind) if kind in _TAKEN else partial(workspace.imports.layer, kind)
        report = load(file, **given)
        faults.extend([*report.refused, *report.warnings])
        _show(report, data_dir)
    if as_json:
        print_json(report.as_dict())
    if report.refused and not report.accepted + report.unchanged + report.updated:
        raise SystemExit(1)
    if kind in _NEXT:
        note(t("Next: {command}", "下一步：{command}", command=_NEXT[kind].format(file=file)))


def _show(report: "ImportReport", data_dir: Path) -> None:
    show_faults(report.refused, t("Refused:", "已拒绝："))
    show_faults(report.warnings, t("Taken, but have a look:", "已导入，但请留意："))
    if report.dropped_columns:
        names = ", ".join(report.dropped_columns)
        note(t("Columns not asked for were dropped: {names}.", "未要求的列已舍弃：{names}。", names=names))
    for assumption, count in report.assumptions.items():
        note(t("Assumed for {n} rows: {what}.", "对 {n} 行采用了默认值：{what}。", n=count, what=assumption))
    note(
        t(
            "{what}: {new} new, {same} unchanged, {updated} updated, {refused} refused, in {folder}.",
            "{what}：新增 {new}，未变 {same}，更新 {updated}，拒绝 {refused}，位于 {folder}。",
            what=report.what, new=report.accepted, same=report.unchanged, updated=report.updated,
            refused=report.as_dict()["refused"], folder=data_dir,
        )
    )  # fmt: skip
