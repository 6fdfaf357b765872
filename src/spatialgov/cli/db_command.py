"""``spatialgov db upgrade|backup|restore|copy|check``."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._shared import data_dir_option, database_url, examples, json_option, note, print_json
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.store.database import Database

__all__ = ["command"]


@click.group(
    "db",
    help=t("Look after the store: versions, backups, copies, checks.", "维护数据库：升级、备份、恢复、复制、检查。"),
    epilog=examples("spatialgov db check", "spatialgov db backup town-2026-11-21.db", "spatialgov db upgrade"),
)
def command() -> None:
    """Hold the commands."""


def _replace_option(text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--replace", is_flag=True, help=text)


@command.command(
    "upgrade",
    help=t(
        "Bring the store to this version's schema, in one transaction; make an empty one where there is none. A SQLite "
        "file is copied beside first. (Every command does the same when it opens an older store.) Stop the servers of "
        "older versions before.",
        "将数据库升级到当前程序的结构版本，全部在一个事务中完成；没有数据库时新建空库。SQLite 文件会先在旁边保留副本。"
        "（任何命令打开旧版数据库时也会这样做。）请先停止旧版本的服务。",
    ),
    epilog=examples(
        "spatialgov db upgrade --data-dir my-town",
        "spatialgov db upgrade --database-url postgresql+psycopg://grid@db.example/town",
    ),
)
@data_dir_option
@json_option
def upgrade(data_dir: Path, as_json: bool) -> None:
    """Migrate and say what was done."""
    from spatialgov.store.schema import newest_revision

    with _open(data_dir, create=True) as database:
        done, where = database.migration, database.shown_url
    before, after = (done.before, done.after) if done is not None else (newest_revision(), newest_revision())
    backup = done.backup if done is not None else None
    if done is None:
        note(t("{where} is up to date: schema {after}.", "{where} 已是最新：结构版本 {after}。", where=where,
               after=after))  # fmt: skip
    elif before is None:
        note(t("{where} was made: schema {after}.", "已新建 {where}：结构版本 {after}。", where=where, after=after))
    else:
        note(t("{where} was brought from schema {before} to {after}.", "{where} 已由结构版本 {before} 升级到 {after}。",
               where=where, before=before, after=after))  # fmt: skip
    if backup is not None:
        note(t("As it was before: {file}.", "升级前的副本：{file}。", file=backup))
    if as_json:
        print_json({"from": before, "to": after, "backup": str(backup) if backup is not None else None})


@command.command(
    "backup",
    help=t(
        "Write the whole store into FILE while it is in use. The file is the same for both backends, and is a store "
        "itself.",
        "在数据库使用期间将其完整写入 FILE。两种数据库的备份文件格式相同，备份本身也是一个数据库。",
    ),
    epilog=examples("spatialgov db backup town-2026-11-21.db --data-dir my-town"),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_replace_option(t("Replace a file that is there.", "替换已有文件。"))
@data_dir_option
@json_option
def backup(file: Path, replace: bool, data_dir: Path, as_json: bool) -> None:
    """Back up."""
    from spatialgov.store import upkeep

    with _open(data_dir) as database:
        done = upkeep.backup(database, file, replace=replace, progress=_show_progress)
    note(
        t(
            "{file}: {rows} rows, {size:.1f} MB.",
            "{file}：{rows} 行，{size:.1f} MB。",
            file=file, rows=sum(done.rows.values()), size=done.size_bytes / 1e6,
        )
    )  # fmt: skip
    if as_json:
        print_json({"file": str(file), "bytes": done.size_bytes, "rows": done.rows})


@command.command(
    "restore",
    help=t(
        "Put a backup into the store, in one transaction: all of it, or nothing. A backup of an older version is "
        "brought up to date on the way. Restart the servers afterwards.",
        "将备份恢复到数据库，在一个事务中完成：全部恢复，否则不变。旧版本的备份会自动升级。恢复后请重启服务。",
    ),
    epilog=examples("spatialgov db restore town-2026-11-21.db --data-dir my-town --replace"),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_replace_option(t("Delete what the store holds.", "删除数据库中已有内容。"))
@data_dir_option
@json_option
def restore(file: Path, replace: bool, data_dir: Path, as_json: bool) -> None:
    """Restore."""
    from spatialgov.errors import NotFoundError
    from spatialgov.store import upkeep

    if not file.exists():
        raise NotFoundError(t("There is no file {file}.", "没有文件 {file}。", file=file))
    with _open(data_dir, create=True) as database:
        rows = upkeep.restore(file, database, replace=replace, progress=_show_progress)
        _say_copied(file, database, rows, as_json)


@command.command(
    "copy",
    help=t(
        "Copy the whole store into another one, on either backend, row for row and in one transaction.",
        "将整个数据库逐行复制到另一个数据库（任一后端），在一个事务中完成。",
    ),
    epilog=examples(
        "spatialgov db copy --data-dir my-town --to postgresql+psycopg://grid@db.example/town",
        "spatialgov db copy --database-url postgresql+psycopg://grid@db.example/town --to sqlite:///town.db",
    ),
)
@click.option("--to", "target_url", required=True, metavar="URL", help=t("The other store.", "目标数据库地址。"))
@_replace_option(t("Delete what the other store holds.", "删除目标数据库中已有内容。"))
@data_dir_option
@json_option
def copy(target_url: str, replace: bool, data_dir: Path, as_json: bool) -> None:
    """Copy."""
    from spatialgov.store import copying
    from spatialgov.store.database import Database

    with _open(data_dir) as source, Database.open(target_url) as target:
        rows = copying.copy(source, target, replace=replace, progress=_show_progress)
        _say_copied(source.shown_url, target, rows, as_json)


@command.command(
    "check",
    help=t(
        "Look for damage: the file, the schema, every value, editions, plans, incidents, locator files. Nothing is "
        "changed. The status is 1 when there is an error; warnings put themselves right.",
        "检查损坏：文件、结构、每个值、版本、方案、事件、定位索引文件。不做任何更改。有错误时退出状态为 1；"
        "警告会自行恢复。",
    ),
    epilog=examples("spatialgov db check", "spatialgov db check --json"),
)
@data_dir_option
@json_option
def check(data_dir: Path, as_json: bool) -> None:
    """Check."""
    from spatialgov.workspace import check, store_url

    faults = check(data_dir, store_url(data_dir, database_url()))
    ok = all(fault.severity == "warning" for fault in faults)
    for fault in faults:
        note(f"  - {fault}")
    if not faults:
        note(t("The store is sound.", "数据库完好。"))
    if as_json:
        print_json({"ok": ok, "faults": [fault.as_dict() for fault in faults]})
    if not ok:
        raise SystemExit(1)


def _open(data_dir: Path, *, create: bool = False) -> "Database":
    from spatialgov.store.database import Database
    from spatialgov.workspace import store_url

    url = store_url(data_dir, database_url(), create=create)
    if create and database_url() is None:
        data_dir.mkdir(parents=True, exist_ok=True)
    return Database.open(url, create=create)


def _show_progress(table: str, done: int, total: int) -> None:
    if done == total or done % 100_000 == 0:
        note(t("  {table}: {done} of {total} rows", "  {table}：{done} / {total} 行", table=table, done=done,
               total=total))  # fmt: skip


def _say_copied(source: object, target: "Database", rows: Mapping[str, int], as_json: bool) -> None:
    note(t("{source} → {target}: {n} rows.", "{source} → {target}：{n} 行。", source=source, target=target.shown_url,
           n=sum(rows.values())))  # fmt: skip
    if as_json:
        print_json({"to": target.shown_url, "rows": dict(rows)})
