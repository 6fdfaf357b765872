"""``spatialgov standards``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._incidents import number, table_output, write_result
from spatialgov.cli._outputs import InputFile
from spatialgov.cli._shared import (
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
    table_rows,
)
from spatialgov.language import t

if TYPE_CHECKING:
    import pandas as pd

    from spatialgov.workspace import StandardsResult


_LISTED = 10
"""So many codes without a centre are named."""


@click.command(
    "standards",
    help=t(
        "Hold service centres against their standard: staff and floor area by the population of a town or subdistrict, "
        "rooms by the households of a new quarter. CENTRES is a table (.csv, .parquet) with the columns code (12 "
        "digits), floor_area_m2, posts (of subdistricts), new_quarter (yes or no, of communities) and, to be checked, "
        "level. Bad rows are refused and listed. Says who falls short, by how much, and who has no centre listed.",
        "对照标准检查服务中心：镇街按人口定岗位与面积，社区用房按新建小区户数定面积。CENTRES 为表格（.csv、.parquet），"
        "列为 code（12 位）、floor_area_m2、posts（镇街）、new_quarter（社区，是/否）及用于核对的 level。"
        "有问题的行不计入并列出。列出不达标者及差额，以及未列出中心的区划。",
    ),
    epilog=examples(
        "spatialgov standards centres.csv",
        "spatialgov standards centres.csv --standard ours.json -o shortfall.csv",
    ),
)
@click.argument("centres", type=InputFile())
@click.option(
    "--standard", "standard_file", type=InputFile(),
    help=t("JSON file of another standard.", "其他标准的 JSON 文件。"),
)  # fmt: skip
@table_output
@faults_option
@data_dir_option
@json_option
def command(
    centres: Path, standard_file: Path | None, output: Path | None, faults_file: Path | None, data_dir: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Read, hold against, list."""
    from spatialgov.allocation import read_standard
    from spatialgov.workspace.plain import rows

    standard = None if standard_file is None else read_standard(standard_file)
    with fault_table(faults_file) as faults, open_workspace(data_dir) as workspace:
        found = workspace.assessments.standards(centres, standard=standard)
        faults.extend(found.centres.faults)
    write_result(found.table, output)
    if as_json:
        print_json({**found.about(), "centres": rows(found.table)})
    else:
        _print(found.table)
    show_faults(found.centres.faults, t("Rows that were refused:", "未计入的行："))
    _say(found)


def _print(table: "pd.DataFrame") -> None:
    from spatialgov.workspace.assessment_results import centre_state_name

    said = table[table["state"].isin(["short", "unknown", "no_standard"])]
    print_table(
        (
            t("code", "编码"),
            t("name", "名称"),
            t("population", "人口"),
            t("households", "户数"),
            t("posts", "岗位"),
            t("needed", "应有"),
            t("short", "缺"),
            t("floor area, m²", "面积（平方米）"),
            t("needed", "应有"),
            t("short", "缺"),
            t("state", "状态"),
        ),
        [
            (
                row.code,
                row.name,
                number(row.population, ","),
                number(row.households, ","),
                *(number(value, ",") for value in (row.posts, row.posts_needed, row.posts_short)),
                *(
                    number(value, ",.0f")
                    for value in (row.floor_area_m2, row.floor_area_needed_m2, row.floor_area_short_m2)
                ),
                centre_state_name(row.state),
            )
            for row in table_rows(said)
        ],
    )


def _say(found: "StandardsResult") -> None:
    from spatialgov.workspace.assessment_results import centre_state_name

    counts = found.table["state"].value_counts()
    standard = found.basis["standard"]
    note(
        t(
            "Standard {name} {version}. {said}.",
            "标准：{name} {version}。{said}。",
            name=standard["name"],
            version=standard["version"],
            said=t("; ", "；").join(f"{centre_state_name(str(state))}: {n}" for state, n in counts.items()),
        )
    )
    for level, called in (("subdistrict", t("Subdistricts", "镇街")), ("community", t("Communities", "社区"))):
        none = found.table[(found.table["level"] == level) & (found.table["state"] == "missing")]["code"].tolist()
        if none:
            note(
                t(
                    "{called} without a listed centre ({n}): {codes}",
                    "未列出中心的{called}（{n}）：{codes}",
                    n=len(none),
                    called=called,
                    codes=", ".join(none[:_LISTED]) + (" …" if len(none) > _LISTED else ""),
                )
            )
