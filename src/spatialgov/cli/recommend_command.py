"""``spatialgov recommend``."""

from pathlib import Path

import click

from spatialgov.cli._shared import data_dir_option, examples, json_option, note, open_workspace, print_json, print_table
from spatialgov.language import t


@click.command(
    "recommend",
    help=t(
        "Say which grids to split, merge or change so that they hold the households they should.",
        "建议拆分、合并或调整哪些网格，使其户数符合标准。",
    ),
    epilog=examples("spatialgov recommend", "spatialgov recommend --households 250 450 --limit 10 --json"),
)
@click.option(
    "--plan",
    "plan_id",
    type=int,
    help=t("A stored plan; the one in force by default.", "已入库方案编号；默认为现行方案。"),
)
@click.option(
    "--households",
    type=(int, int),
    default=(300, 500),
    show_default=True,
    help=t("Least and most of a grid.", "每格户数的下限与上限。"),
)
@click.option("--limit", type=int, help=t("How many at most.", "最多列出几条。"))
@data_dir_option
@json_option
def command(plan_id: int | None, households: tuple[int, int], limit: int | None, data_dir: Path, as_json: bool) -> None:
    """List the recommendations."""
    with open_workspace(data_dir) as workspace:
        found = workspace.analysis.recommend(plan_id=plan_id, households=households, limit=limit)
    if as_json:
        print_json({"recommendations": [item.as_dict() for item in found]})
        return
    print_table(
        ("#", t("what", "建议"), t("grids", "网格"), t("households moved", "涉及户数"), t("reason", "理由")),
        [(i, r.kind, " ".join(r.grids), r.households_moved, r.reason) for i, r in enumerate(found, 1)],
    )
    note(
        t(
            "{n} recommendations. Next: spatialgov map recommendations",
            "共 {n} 条建议。下一步：spatialgov map recommendations",
            n=len(found),
        )
    )
