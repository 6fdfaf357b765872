"""``spatialgov coverage``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from spatialgov.cli._cluster import Apart, cluster_options
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
from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    note,
    open_workspace,
    print_json,
    print_table,
    write_faults,
)
from spatialgov.language import t

if TYPE_CHECKING:
    import pandas as pd


@click.command(
    "coverage",
    help=t(
        "Measure what the cameras see among the buildings, of what should be seen: public ground, roads, key places, "
        "population, incidents, each apart. Where a camera's record lacks a figure there are two bounds: seen for "
        "certain, and perhaps.",
        "计算摄像机在建筑物之间的实际覆盖：公共地面、道路、重点部位、人口、事件，分别统计。"
        "摄像机参数缺失时给出上下限：确定覆盖与可能覆盖。",
    ),
    epilog=examples(
        "spatialgov coverage",
        "spatialgov coverage --by community --class recognise",
        "spatialgov coverage --by all --split class --json",
        "spatialgov coverage -o coverage.gpkg",
        "spatialgov coverage --cluster tcp://10.0.0.5:8786",
    ),
)
@level_option
@click.option(
    "--split", type=click.Choice(["class", "hour"]), default=None,
    help=t(
        "A row for each class of road, kind of place and category, or for each hour of incidents.",
        "按道路等级、场所类型、事件类别，或按事件的小时分行。",
    ),
)  # fmt: skip
@layers_output
@click.option(
    "--faults", "faults_file", type=OutputFile(".csv"),
    help=t("Table of what is odd about where cameras stand (.csv).", "摄像机点位疑点表（.csv）。"),
)  # fmt: skip
@cluster_options()
@question_options
@data_dir_option
@json_option
def command(
    level: str | None, split: Literal["class", "hour"] | None, output: Path | None, faults_file: Path | None,
    data_dir: Path, as_json: bool, apart: Apart, **options: Any,
) -> None:  # fmt: skip
    """Measure, list, write."""
    from spatialgov.workspace.plain import plain, rows

    question = question_of(options)
    announce_compilation("coverage/sight")
    with open_workspace(data_dir) as workspace:
        coverage = workspace.coverage_analysis
        if apart.asked:
            with apart.hands(data_dir / "coverage", t("Coverage", "正在计算覆盖"), as_json=as_json) as hands:
                coverage.scene(question, hands)
        table = coverage.measure(question, level=level, split=split or "")
        total = coverage.measure(question, level="all")
        about = coverage.about(question)
        faults = coverage.faults(question)
        if output is not None:
            write_layers(coverage.layers(question, level=level), output)
    if faults_file is not None:
        write_faults(faults, faults_file)
    if as_json:
        listed = [fault.as_dict() for fault in faults]
        print_json({**plain(about), "total": rows(total), "areas": rows(table), "faults": listed})
        return
    if split:
        _print_split(table, split)
    else:
        _print_areas(table, total)
    note_basis(about)
    if faults:
        note(
            t(
                "{n} cameras can't stand as they are written down (inside buildings, far from everything); "
                "--faults FILE.csv lists them.",
                "{n} 处摄像机点位存疑（位于建筑物内、远离一切建筑等）；用 --faults FILE.csv 列出。",
                n=len(faults),
            )
        )
    note(
        t(
            "Two numbers: covered for certain, and with what may be. Next: spatialgov gaps, spatialgov map coverage",
            "两个数值：确定覆盖与可能覆盖。下一步：spatialgov gaps、spatialgov map coverage",
        )
    )


def _print_areas(table: "pd.DataFrame", total: "pd.DataFrame") -> None:
    """Print a row an area, the whole last."""
    from spatialgov.workspace.coverage_results import level_name, should_name

    kinds = list(dict.fromkeys(table["kind"]))
    level = str(table["level"].iloc[0])
    lines = [
        (*((code, name) if code else (t("all", "全部"), "")), *(shares(*both) for both in bounds))
        for frame in ([table, total] if table["code"].nunique() > 1 else [table])
        for (code, name), rows in frame.groupby(["code", "name"], sort=False)
        for bounds in [rows.set_index("kind").loc[kinds, ["lower_share", "upper_share"]].to_numpy().tolist()]
    ]
    print_table((level_name(level), t("name", "名称"), *map(should_name, kinds)), lines)


def _print_split(table: "pd.DataFrame", split: str) -> None:
    """Print a row for each class or hour that holds anything."""
    from spatialgov.workspace.coverage_results import should_name

    held = table[table["should_be_seen"] > 0]
    columns = ["code", "kind", split, "should_be_seen", "unit", "lower_share", "upper_share"]
    print_table(
        (
            t("area", "区域"),
            t("what", "对象"),
            t("class", "类别") if split == "class" else t("hour", "小时"),
            t("in all", "总量"),
            t("covered", "覆盖率"),
        ),
        [
            (
                code or t("all", "全部"),
                should_name(kind),
                t("not known", "未知") if value == -1 else value,
                amount(in_all, unit),
                shares(lower, upper),
            )
            for code, kind, value, in_all, unit, lower, upper in held[columns].itertuples(index=False)
        ],
    )
