"""``spatialgov jobs`` and ``spatialgov jobs cancel ID``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._shared import data_dir_option, examples, json_option, note, open_workspace, print_json, print_table
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.store import JobRecord

_SHOWN = ("id", "kind", "state", "who", "created_at", "started_at", "ended_at", "options", "result", "error")


@click.command(
    "jobs",
    help=t(
        "List the jobs of a store, the newest first, or end one: “jobs cancel ID”. Jobs are asked for over the API; a "
        "server runs them beside its requests. One that is cancelled leaves nothing.",
        "列出数据库中的任务（最新的在前），或取消任务：jobs cancel ID。任务通过接口提交，由服务器在后台执行；"
        "被取消的任务不留下任何结果。",
    ),
    epilog=examples("spatialgov jobs", "spatialgov jobs cancel 3"),
)
@click.argument("action", required=False, metavar="[cancel", type=click.Choice(["cancel"]))
@click.argument("job_id", required=False, metavar="ID]", type=click.IntRange(1, 2**31 - 1))
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help=t("How many.", "显示数量。")
)
@data_dir_option
@json_option
def command(action: str | None, job_id: int | None, limit: int, data_dir: Path, as_json: bool) -> None:
    """List the jobs, or cancel one."""
    if action is not None and job_id is None:
        raise click.UsageError(t("Name the job: jobs cancel ID.", "请给出任务编号：jobs cancel ID。"))
    with open_workspace(data_dir) as workspace:
        found = workspace.jobs.records(limit=limit) if job_id is None else [workspace.jobs.cancel(job_id)]
    if as_json:
        print_json({"jobs": [{name: getattr(job, name) for name in _SHOWN} for job in found]})
    elif job_id is None:
        _print(found)
    elif found[0].state == "cancelled":
        note(t("Job {id} is cancelled.", "任务 {id} 已取消。", id=job_id))
    else:
        note(t("Job {id} ends within seconds.", "任务 {id} 将在数秒内结束。", id=job_id))


def _print(jobs: "list[JobRecord]") -> None:
    head = (
        t("job", "任务"),
        t("kind", "类型"),
        t("state", "状态"),
        t("asked for by", "提交者"),
        t("at (UTC)", "提交时间（UTC）"),
        t("why it failed", "失败原因"),
    )
    rows = [
        (job.id, job.kind, job.state, job.who, f"{job.created_at:%Y-%m-%d %H:%M}", job.error.get("message", ""))
        for job in jobs
    ]
    print_table(head, rows)
