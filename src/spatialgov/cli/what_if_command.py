"""``spatialgov what-if``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._coverage import (
    amount,
    layers_output,
    level_option,
    note_basis,
    question_of,
    question_options,
    shares,
    write_layers,
)
from spatialgov.cli._outputs import InputFile
from spatialgov.cli._shared import (
    data_dir_option,
    datum_option,
    examples,
    json_option,
    named_pairs,
    note,
    open_workspace,
    print_json,
    print_table,
    show_faults,
    table_rows,
)
from spatialgov.language import t

if TYPE_CHECKING:
    import pandas as pd


@click.command(
    "what-if",
    help=t(
        "Measure what changes of cameras would do, and change nothing: add, move, turn, remove, repair. They come from "
        "a table (CHANGES: .csv, .parquet, .json) with the columns action, camera_id, lon, lat and those of a camera, "
        "or from the options.",
        "试算摄像机调整后的覆盖变化，不作任何更改：新增、移位、调向、拆除、维修。调整来自表格"
        "（CHANGES：.csv、.parquet、.json，列为 action、camera_id、lon、lat 及摄像机各列），或来自选项。",
    ),
    epilog=examples(
        "spatialgov what-if --turn C001=135 --repair C074",
        "spatialgov what-if --remove C012 --by community",
        "spatialgov what-if --add NEW1=116.601,33.902,90 --datum wgs84",
        "spatialgov what-if changes.csv --datum gcj02 --json",
    ),
)
@click.argument("changes_file", metavar="[CHANGES]", required=False, type=InputFile())
@click.option(
    "--add", "added", multiple=True, metavar="ID=LON,LAT,AZIMUTH",
    help=t("A new fixed camera; may be repeated.", "新增一台枪机，可重复。"),
)  # fmt: skip
@click.option(
    "--move", "moved", multiple=True, metavar="ID=LON,LAT", help=t("Elsewhere; may be repeated.", "移位，可重复。")
)
@click.option(
    "--turn", "turned", multiple=True, metavar="ID=AZIMUTH",
    help=t("To this direction, degrees from north; may be repeated.", "调整方位角（自正北起的度数），可重复。"),
)  # fmt: skip
@click.option("--remove", "removed", multiple=True, metavar="ID", help=t("Gone; may be repeated.", "拆除，可重复。"))
@click.option(
    "--repair", "repaired", multiple=True, metavar="ID", help=t("In service again; may be repeated.", "修复，可重复。")
)
@datum_option
@level_option
@layers_output
@question_options
@data_dir_option
@json_option
def command(
    changes_file: Path | None, datum: str | None, level: str | None, output: Path | None, data_dir: Path,
    as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Read the changes, measure, list."""
    from spatialgov.workspace.plain import plain, rows

    question = question_of(options)
    wanted = _rows(options)
    if (changes_file is None) == (not wanted):
        raise click.UsageError(
            t(
                "Give a table of changes, or options such as --turn: one of them.",
                "请给出调整表，或 --turn 等选项，二者选一。",
            )
        )
    announce_compilation("coverage/sight")
    with open_workspace(data_dir) as workspace:
        coverage = workspace.coverage_analysis
        judged = coverage.judged(question, changes_file or wanted, datum=datum)
        changes = judged.sound()
        found = coverage.what_if(question, changes, level=level)
        total = coverage.what_if(question, changes, level="all") if level not in (None, "all") else None
        about = coverage.about(question)
        write_layers({"cameras": found.cameras, "measures": found.measures}, output)
    if as_json:
        listed = [change.as_dict() for change in changes]
        print_json({**plain(about), "changes": [plain(one) for one in listed], "measures": rows(found.measures)})
        return
    _print(found.measures, None if total is None else total.measures)
    note_basis(about)
    show_faults(judged.faults, t("What is odd about the changes:", "调整表的疑点："))
    note(
        t(
            "{n} changes thought through; nothing was changed.",
            "已试算 {n} 项调整，未作任何更改。",
            n=len(changes),
        )
    )


def _rows(options: dict[str, Any]) -> list[dict[str, str]]:
    """Take the changes out of a command's options, as rows of a table."""
    made: list[dict[str, str]] = []
    for option, action, names in (
        ("added", "add", ("lon", "lat", "azimuth_deg")),
        ("moved", "move", ("lon", "lat")),
        ("turned", "turn", ("azimuth_deg",)),
    ):
        form = "ID=" + ",".join(name.removesuffix("_deg").upper() for name in names)
        flag = f"--{action}"
        for camera_id, text in named_pairs(options.pop(option), form, flag).items():
            values = text.split(",")
            if len(values) != len(names):
                raise click.BadParameter(t("write it as {form}", "请写成 {form} 的形式", form=form), param_hint=flag)
            made.append({"action": action, "camera_id": camera_id, **dict(zip(names, values, strict=True))})
    for option, action in (("removed", "remove"), ("repaired", "repair")):
        made += [{"action": action, "camera_id": camera_id} for camera_id in options.pop(option)]
    return made


def _print(table: "pd.DataFrame", total: "pd.DataFrame | None") -> None:
    """Print what changes, area by area and kind by kind."""
    from spatialgov.workspace.coverage_results import should_name

    frames = [table] if total is None else [table, total]
    print_table(
        (
            t("area", "区域"),
            t("what", "对象"),
            t("before", "之前"),
            t("after", "之后"),
            t("covered more", "新增确定覆盖"),
            t("uncertain more", "不确定变化"),
        ),
        [
            (
                row.code or t("all", "全部"),
                should_name(row.kind),
                shares(row.lower_share_before, row.upper_share_before),
                shares(row.lower_share_after, row.upper_share_after),
                _signed(row.covered_change, row.unit),
                _signed(row.uncertain_change, row.unit),
            )
            for frame in frames
            for row in table_rows(frame)
            if row.should_be_seen > 0 and (row.covered_change or row.uncertain_change or row.code == "")
        ],
    )


def _signed(value: float, unit: str) -> str:
    return ("+" if value > 0 else "") + amount(value, unit)
