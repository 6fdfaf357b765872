"""``spatialgov audit``."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    open_workspace,
    period,
    print_json,
    print_table,
)
from spatialgov.language import t

__all__ = ["command"]


@click.command(
    "audit",
    help=t(
        "Show the audit log: every change, export and refused attempt, the newest first.",
        "显示审计日志：全部更改、导出和被拒绝的操作，最新在前。",
    ),
    epilog=examples("spatialgov audit --since 2026-11-01T00:00+08:00 --limit 50"),
)
@click.option("--since", metavar="ISO", help=t("At or after this time.", "此时及之后。"))
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help=t("Most lines.", "最多行数。")
)
@data_dir_option
@json_option
def command(since: str | None, limit: int, data_dir: Path, as_json: bool) -> None:
    """Show the log."""
    moment = period(since, None, ()).since
    with open_workspace(data_dir) as workspace:
        entries = workspace.store.audit.entries(since=moment, limit=limit)
    if as_json:
        print_json({"entries": [asdict(entry) for entry in entries]})
        return
    head = (
        t("time (UTC)", "时间（UTC）"),
        t("who", "账户"),
        t("what", "操作"),
        t("outcome", "结果"),
        t("from", "来源"),
        t("details", "详情"),
    )
    rows = [
        (f"{e.at:%Y-%m-%d %H:%M:%S}", e.who, e.action, e.outcome, e.address, json.dumps(e.details, ensure_ascii=False))
        for e in entries
    ]
    print_table(head, rows)
