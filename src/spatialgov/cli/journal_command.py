"""``spatialgov journal PLAN``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._shared import data_dir_option, examples, json_option, open_workspace, print_json, print_table
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.store import JournalEntry


@click.command(
    "journal",
    help=t("List who changed a plan, when, how and why.", "列出方案的修改记录：何人、何时、如何、为何。"),
    epilog=examples("spatialgov journal 3", "spatialgov journal 3 --since 120 --json"),
)
@click.argument("plan_id", metavar="PLAN", type=click.IntRange(min=1))
@click.option(
    "--since", type=click.IntRange(min=0), default=0, show_default=True,
    help=t("Entries after this one.", "仅列出此条之后的记录。"),
)  # fmt: skip
@data_dir_option
@json_option
def command(plan_id: int, since: int, data_dir: Path, as_json: bool) -> None:
    """List the entries, oldest first."""
    with open_workspace(data_dir) as workspace:
        sequence, entries = workspace.plans.journal(plan_id, since=since)
    if as_json:
        print_json({"plan": plan_id, "sequence": sequence, "entries": [entry.as_dict() for entry in entries]})
        return
    kinds = {"move": t("move", "移动"), "undo": t("undo", "撤销"), "redo": t("redo", "重做")}
    print_table(
        (
            t("no.", "序号"),
            t("when", "时间"),
            t("who", "账号"),
            t("what", "操作"),
            t("units", "单元"),
            t("why", "原因"),
        ),
        [
            (
                entry.number,
                f"{entry.made_at:%Y-%m-%dT%H:%M:%SZ}",
                entry.who,
                kinds[entry.kind] + (f" {entry.of_number}" if entry.of_number is not None else ""),
                len(entry.moves),
                " ".join(
                    [*(f"{code}: {before} → {after}" for code, (before, after) in entry.kinds.items()), entry.why]
                ),
            )
            for entry in entries
        ],
    )


def _reason(entry: "JournalEntry") -> str:
    """Give the reason, after the grids that became of another kind."""
    marked = [f"{code}: {before} → {after}" for code, (before, after) in entry.kinds.items()]
    return " ".join([*marked, entry.why])
