"""``spatialgov rollback EDITION``."""

from pathlib import Path

import click

from spatialgov.cli._shared import data_dir_option, examples, json_option, note, open_workspace, print_json
from spatialgov.language import t


@click.command(
    "rollback",
    help=t(
        "Put the grids of an earlier edition in force again, with their codes, as a new edition.",
        "将旧版本的网格及其编码作为新版本重新生效。",
    ),
    epilog=examples("spatialgov rollback 1", "spatialgov rollback 1 --json"),
)
@click.argument("edition_id", metavar="EDITION", type=click.IntRange(min=1))
@data_dir_option
@json_option
def command(edition_id: int, data_dir: Path, as_json: bool) -> None:
    """Publish the edition anew."""
    with open_workspace(data_dir) as workspace:
        edition = workspace.plans.republish(edition_id)
        assigned = workspace.locations.assign_incidents()
    note(
        t(
            "Edition {edition} is in force, with the grids of edition {old}: {located} incidents assigned.",
            "第 {edition} 版已生效，网格与第 {old} 版相同：{located} 条事件已归入网格。",
            edition=edition.id,
            old=edition_id,
            located=assigned["located"],
        )
    )
    if as_json:
        print_json({"edition": edition.id, "plan": edition.plan_id, "valid_from": edition.valid_from})
