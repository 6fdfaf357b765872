"""``spatialgov key add|list|revoke``."""

from dataclasses import asdict
from pathlib import Path

import click

from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    name_subcommand,
    note,
    open_workspace,
    print_json,
    print_table,
)
from spatialgov.language import t

__all__ = ["command"]


@click.group(
    "key",
    help=t("API keys of accounts: for software that can't sign in.", "账户的 API 密钥，供无法登录的软件使用。"),
    epilog=examples('spatialgov key add field-east --label "field app"', "spatialgov key revoke 3"),
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Hold the commands."""
    name_subcommand(ctx)


@command.command("add", help=t("Make a key; it is shown this once.", "生成密钥，仅显示这一次。"))
@click.argument("account")
@click.option("--label", required=True, help=t("What it is for.", "用途。"))
@data_dir_option
@json_option
def add(account: str, label: str, data_dir: Path, as_json: bool) -> None:
    """Make a key."""
    with open_workspace(data_dir) as workspace:
        key, record = workspace.accounts.add_key(account, label)
    if as_json:
        print_json({"id": record.id, "account": account, "label": record.label, "key": key})
    else:
        click.echo(key)
    note(t("Key {id}: keep it now, it is not shown again.", "密钥 {id}：请立即保存，之后不再显示。", id=record.id))


@command.command("list", help=t("List keys, without their secrets.", "列出密钥（不含密文）。"))
@click.option("--account", help=t("Only of this account.", "仅限该账户。"))
@data_dir_option
@json_option
def show(account: str | None, data_dir: Path, as_json: bool) -> None:
    """List keys."""
    with open_workspace(data_dir) as workspace:
        keys = workspace.store.accounts.keys(account)
    if as_json:
        plain = [{name: value for name, value in asdict(key).items() if name != "secret_hash"} for key in keys]
        print_json({"keys": plain})
        return
    head = ("id", t("account", "账户"), t("begins", "前缀"), t("label", "用途"), t("revoked", "撤销"))
    print_table(head, [(key.id, key.account, key.prefix, key.label, key.revoked_at or "") for key in keys])


@command.command("revoke", help=t("Revoke a key: it ends at once.", "撤销密钥，立即失效。"))
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@data_dir_option
def revoke(number: int, data_dir: Path) -> None:
    """Revoke a key."""
    with open_workspace(data_dir) as workspace:
        key = workspace.store.accounts.revoke_key(number)
    note(t("Key {id} of {name} is revoked.", "{name} 的密钥 {id} 已撤销。", id=number, name=key.account))
