"""``spatialgov assign``."""

from pathlib import Path

import click

from spatialgov.cli._shared import data_dir_option, examples, json_option, note, open_workspace, print_json
from spatialgov.language import t


@click.command(
    "assign",
    help=t(
        "Give every stored incident the code of its grid in the edition in force.",
        "为每条已入库事件标注现行版本中的网格编码。",
    ),
    epilog=examples("spatialgov assign", "spatialgov assign --json"),
)
@data_dir_option
@json_option
def command(data_dir: Path, as_json: bool) -> None:
    """Assign all incidents."""
    with open_workspace(data_dir) as workspace:
        counts = workspace.locations.assign_incidents()
    note(
        t(
            "{located} incidents assigned, {outside} lie outside all grids. The codes are in the store.",
            "{located} 条事件已归入网格，{outside} 条在网格之外。编码已写入数据库。",
            **counts,
        )
    )
    note(t("Next: {command}", "下一步：{command}", command="spatialgov hotspots"))
    if as_json:
        print_json(counts)
