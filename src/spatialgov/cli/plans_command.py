"""``spatialgov plans`` and ``spatialgov plans delete PLAN …``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._shared import data_dir_option, examples, json_option, note, open_workspace, print_json, print_table
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.store import PlanRecord

_SHOWN = ("id", "name", "state", "parent_id", "unit_set_id")


@click.command(
    "plans",
    help=t(
        "List the plans of a store, or delete some: “plans delete PLAN …”. A plan that an edition, a scenario or a "
        "plan made from it needs stays; the number of a deleted one is never given again.",
        "列出数据库中的方案，或删除方案：plans delete PLAN …。"
        "被版本、情景或由其生成的方案所使用的方案不能删除；已删除方案的编号不再使用。",
    ),
    epilog=examples("spatialgov plans", "spatialgov plans delete 7 8"),
)
@click.argument("action", required=False, metavar="[delete", type=click.Choice(["delete"]))
@click.argument("plan_ids", required=False, nargs=-1, metavar="PLAN …]", type=click.IntRange(1, 2**31 - 1))
@data_dir_option
@json_option
def command(action: str | None, plan_ids: tuple[int, ...], data_dir: Path, as_json: bool) -> None:
    """List the plans, or delete some, each for itself."""
    if action is not None and not plan_ids:
        raise click.UsageError(t("Name the plans: plans delete PLAN …", "请给出方案编号：plans delete PLAN …"))
    with open_workspace(data_dir) as workspace:
        for plan_id in plan_ids:
            workspace.plans.delete(plan_id)
            note(t("Plan {id} is deleted.", "方案 {id} 已删除。", id=plan_id))
        found = workspace.store.plans()
    if as_json:
        print_json(
            {"plans": [{name: getattr(one, name) for name in _SHOWN} | {"created_at": one.created_at} for one in found]}
        )
    elif action is None:
        _print(found)


def _print(plans: "list[PlanRecord]") -> None:
    head = (
        t("plan", "方案"),
        t("name", "名称"),
        t("state", "状态"),
        t("made from", "来源"),
        t("at (UTC)", "生成时间（UTC）"),
    )
    states = {
        "draft": t("draft", "草稿"),
        "checked": t("checked", "已检查"),
        "published": t("in force", "现行"),
        "retired": t("retired", "已停用"),
    }
    rows = [
        (one.id, one.name, states[one.state], one.parent_id or "", f"{one.created_at:%Y-%m-%d %H:%M}") for one in plans
    ]
    print_table(head, rows)
