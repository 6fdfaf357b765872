"""``spatialgov import units|jurisdictions|incidents|cameras|categories|<layer> FILE``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._shared import (
    data_dir_option,
    datum_option,
    examples,
    json_option,
    note,
    open_workspace,
    print_json,
    show_faults,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.workspace import ImportReport, Workspace

LAYERS = ("buildings", "roads", "barriers", "places", "exclusion_zones", "addresses")
KINDS = ("jurisdictions", "units", *LAYERS, "categories", "incidents", "cameras")


@click.command(
    "import",
    help=t(
        "Bring a file into the store. Columns that were not asked for are dropped and named; a bad row of incidents "
        "or cameras is refused with its reason, the others go in; loading a file twice changes nothing.",
        "将文件导入数据库。未要求的列会被舍弃并列出；事件和摄像机中有问题的行会注明原因并拒绝，其余照常导入；"
        "同一文件重复导入不会产生变化。",
    ),
    epilog=examples(
        "spatialgov import units units.gpkg",
        "spatialgov import incidents events.csv --datum gcj02 --timezone Asia/Shanghai",
        "spatialgov import cameras cameras.geojson --column camera_id=ID --column range_m=RANGE",
    ),
)
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--crs", help=t("CRS of the file where it does not say (units).", "文件未注明时的坐标系（单元）。"))
@click.option("--layer", help=t("Layer of the file (units).", "文件中的图层（单元）。"))
@click.option(
    "--keep",
    multiple=True,
    help=t("Further column to keep, e.g. a parent's code (units).", "另需保留的列，如上级编码（单元）。"),
)
@click.option(
    "--keep-sound", is_flag=True, help=t("Go on without the faulty rows (units).", "忽略有问题的行并继续（单元）。")
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=THEIRS",
    help=t("Which of the file's columns is ours.", "文件列名与本系统列名的对应。"),
)
@click.option(
    "--timezone",
    help=t(
        "Time zone of times without offset, e.g. Asia/Shanghai (incidents).",
        "无偏移时间所用时区，如 Asia/Shanghai（事件）。",
    ),
)
@datum_option
@data_dir_option
@json_option
def command(
    kind: str, file: Path, crs: str | None, layer: str | None, keep: tuple[str, ...], keep_sound: bool,
    columns: tuple[str, ...], timezone: str | None, datum: str | None, data_dir: Path, as_json: bool,
) -> None:  # fmt: skip
    """Load one file."""
    mapping = dict(_pair(text) for text in columns)
    with open_workspace(data_dir, create=True) as workspace:
        imports = workspace.imports
        loaders: dict[str, Callable[[], ImportReport]] = {
            "units": lambda: imports.units(
                file, datum=datum, crs=crs, layer=layer, columns=mapping, keep=keep, keep_sound=keep_sound
            ),
            "jurisdictions": lambda: imports.jurisdictions(file, datum=datum),
            "categories": lambda: imports.categories(file),
            "incidents": lambda: imports.incidents(file, datum=datum, timezone=timezone, columns=mapping),
            "cameras": lambda: imports.cameras(file, datum=datum, columns=mapping),
        }
        report = loaders.get(kind, lambda: imports.layer(kind, file, datum=datum))()
        _show(report, workspace)
    if as_json:
        print_json(report.as_dict())


def _pair(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not (ours and equals and theirs):
        raise click.BadParameter(t("write it as OURS=THEIRS", "请写成 OURS=THEIRS 的形式"), param_hint="--column")
    return ours, theirs


def _show(report: "ImportReport", workspace: "Workspace") -> None:
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
            refused=report.as_dict()["refused"], folder=workspace.data_dir,
        )
    )  # fmt: skip
