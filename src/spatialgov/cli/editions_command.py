"""``spatialgov editions``."""

from dataclasses import asdict
from pathlib import Path

import click

from spatialgov.cli._shared import data_dir_option, examples, json_option, open_workspace, print_json, print_table
from spatialgov.language import t


@click.command(
    "editions",
    help=t("List what was published, and when it was in force.", "列出历次发布的版本及其生效时段。"),
    epilog=examples("spatialgov editions", "spatialgov editions --json"),
)
@data_dir_option
@json_option
def command(data_dir: Path, as_json: bool) -> None:
    """List the editions, oldest first."""
    with open_workspace(data_dir) as workspace:
        editions = workspace.editions.records()
    if as_json:
        print_json({"editions": [asdict(edition) for edition in editions]})
        return
    print_table(
        (t("edition", "版本"), t("plan", "方案"), t("valid from", "生效"), t("valid to", "失效")),
        [
            (edition.id, edition.plan_id, edition.valid_from.isoformat(), edition.valid_to or t("in force", "现行"))
            for edition in editions
        ],
    )
