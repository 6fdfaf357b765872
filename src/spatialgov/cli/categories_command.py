"""``spatialgov categories``."""

from pathlib import Path

import click

from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    note,
    open_workspace,
    print_json,
    print_table,
)
from spatialgov.language import t


@click.command(
    "categories",
    help=t(
        "List the incident categories in force: the latest list that was imported, or the big classes of GB/T 30428.2.",
        "列出现行事件类别：最近导入的类别表；未导入时为 GB/T 30428.2 的事件大类。",
    ),
    epilog=examples("spatialgov categories", "spatialgov categories --as-of 2026-01-01T00:00+08:00 --json"),
)
@click.option(
    "--as-of",
    metavar="ISO",
    help=t("The list in force at this time; today's when not given.", "此时生效的类别表，默认为现行类别表。"),
)
@data_dir_option
@json_option
def command(as_of: str | None, data_dir: Path, as_json: bool) -> None:
    """List the categories."""
    from spatialgov.workspace.analysis import parse_time
    from spatialgov.workspace.categories import categories_in_force

    moment = None if as_of is None else parse_time("--as-of", as_of)
    with open_workspace(data_dir) as workspace:
        found = categories_in_force(workspace.store, as_of=moment)
    if as_json:
        print_json(found.as_dict())
        return
    print_table(
        (t("code", "代码"), t("name", "名称"), t("name in English", "英文名称")),
        found.table.itertuples(index=False, name=None),
    )
    if found.valid_from is None:
        note(t("The big classes of GB/T 30428.2.", "GB/T 30428.2 的事件大类。"))
    else:
        note(
            t(
                "Version {n}, in force from {moment}.",
                "第 {n} 版，自 {moment} 起生效。",
                n=found.version,
                moment=found.valid_from.isoformat(),
            )
        )
