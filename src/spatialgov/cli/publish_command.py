"""``spatialgov publish PLAN``."""

from pathlib import Path

import click

from spatialgov.cli._planning import within_option
from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    note,
    open_workspace,
    print_json,
)
from spatialgov.language import t


@click.command(
    "publish",
    help=t(
        "Put a plan in force as a new edition. PLAN is the number of a stored plan, or a file that gives the stored "
        "units their grids (as “spatialgov partition” writes it). A plan with gaps, overlaps, pieces or units "
        "without a grid is refused.",
        "将方案发布为新版本。PLAN 为已入库方案的编号，或为已入库单元指定网格的文件（如 spatialgov partition 的输出）。"
        "存在空隙、重叠、不连通或未划入单元的方案会被拒绝。",
    ),
    epilog=examples("spatialgov publish plan.gpkg --within community_code", "spatialgov publish 3"),
)
@click.argument("plan")
@within_option
@click.option("--name", help=t("Name of the plan (files).", "方案名称（文件）。"))
@data_dir_option
@json_option
def command(plan: str, within: tuple[str, ...], name: str | None, data_dir: Path, as_json: bool) -> None:
    """Adopt the file, if it is one, and publish."""
    from spatialgov.plan import PlanSettings

    with open_workspace(data_dir) as workspace:
        if plan.isdecimal():
            plan_id = int(plan)
        else:
            settings = PlanSettings(within=within)
            plan_id = workspace.plans.adopt(plan, name=name, settings=settings, to_publish=True).id
        edition = workspace.plans.publish(plan_id)
        grids = len(workspace.store.edition_grids(edition.id))
        assigned = workspace.locations.assign_incidents()
    note(
        t(
            "Edition {edition} is in force: plan {plan}, {grids} grids, {located} incidents assigned.",
            "第 {edition} 版已生效：方案 {plan}，{grids} 个网格，{located} 条事件已归入网格。",
            edition=edition.id,
            plan=plan_id,
            grids=grids,
            located=assigned["located"],
        )
    )
    note(t("Next: spatialgov locate LON LAT --datum gcj02", "下一步：spatialgov locate 经度 纬度 --datum gcj02"))
    if as_json:
        print_json({"edition": edition.id, "plan": plan_id, "grids": grids, "valid_from": edition.valid_from})
