"""``spatialgov account add|list|set-role|set-password|disable|enable``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

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
from spatialgov.errors import InputError
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.store import AccountRecord

__all__ = ["command"]

ROLES = ("viewer", "field", "analyst", "planner", "admin")
"""Those of `spatialgov.store`, which is too heavy for a help text."""

_password_option = click.option(
    "--password-stdin",
    is_flag=True,
    help=t("Read the password from standard input instead of asking for it.", "从标准输入读取密码，而非交互输入。"),
)


@click.group(
    "account",
    help=t(
        "Accounts of posts, never of persons. With the first one, everything that the service does needs credentials.",
        "岗位账户，不对应个人。建立首个账户后，服务的全部功能均需凭据。",
    ),
    epilog=examples(
        "spatialgov account add chief --role admin --jurisdiction '*'",
        "spatialgov account add analyst-east --role analyst --jurisdiction 990101001000",
    ),
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Hold the commands."""
    name_subcommand(ctx)


@command.command("add", help=t("Add an account and ask for its password.", "添加账户并询问密码。"))
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help=t("What it may do.", "可执行的操作。"))
@click.option(
    "--jurisdiction",
    "jurisdictions",
    multiple=True,
    metavar="CODE",
    help=t(
        "Division code that it is limited to, * for all; may be repeated.", "限定的行政区划代码，* 表示全部，可重复。"
    ),
)
@_password_option
@click.option("--no-password", is_flag=True, help=t("For API keys only.", "仅使用 API 密钥。"))
@data_dir_option
def add(
    name: str, role: str, jurisdictions: tuple[str, ...], password_stdin: bool, no_password: bool, data_dir: Path
) -> None:
    """Add an account."""
    if no_password and password_stdin:
        raise click.UsageError(
            t("--no-password and --password-stdin exclude each other.", "--no-password 与 --password-stdin 不能并用。")
        )
    with open_workspace(data_dir, create=True) as workspace:
        first = not workspace.store.accounts.all()
        password = None if no_password else _password(password_stdin)
        workspace.accounts.add(name, role=role, jurisdictions=jurisdictions, password=password)
    note(t("Account {name} ({role}) added.", "已添加账户 {name}（{role}）。", name=name, role=role))
    if not jurisdictions:
        note(t("It has no jurisdiction yet and sees no ground.", "尚未指定辖区，无法查看任何范围。"))
    if first:
        note(t("From now on the service needs credentials.", "从现在起，服务需要凭据。"))


@command.command("list", help=t("List the accounts.", "列出账户。"))
@data_dir_option
@json_option
def show(data_dir: Path, as_json: bool) -> None:
    """List the accounts."""
    with open_workspace(data_dir) as workspace:
        accounts = workspace.store.accounts.all()
    if as_json:
        print_json({"accounts": [_plain(account) for account in accounts]})
        return
    head = (t("account", "账户"), t("role", "角色"), t("jurisdictions", "辖区"), t("disabled", "停用"))
    rows = [(a.name, a.role, ", ".join(a.jurisdictions), a.disabled_at or "") for a in accounts]
    print_table(head, rows)


@command.command("set-role", help=t("Change what an account may do, and where.", "更改账户的角色和辖区。"))
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@click.option(
    "--jurisdiction",
    "jurisdictions",
    multiple=True,
    metavar="CODE",
    help=t("In place of those it has; may be repeated.", "替换现有辖区，可重复；不给出则不变。"),
)
@data_dir_option
def set_role(name: str, role: str, jurisdictions: tuple[str, ...], data_dir: Path) -> None:
    """Change role and jurisdictions."""
    with open_workspace(data_dir) as workspace:
        changed = workspace.accounts.set_role(name, role, jurisdictions or None)
    where = ", ".join(changed.jurisdictions) or t("nowhere", "无")
    note(t("{name} is {role} in {where}.", "{name}：{role}，辖区 {where}。", name=name, role=role, where=where))


@command.command("set-password", help=t("Change a password: its tokens end at once.", "更改密码：其令牌立即失效。"))
@click.argument("name")
@_password_option
@data_dir_option
def set_password(name: str, password_stdin: bool, data_dir: Path) -> None:
    """Change a password."""
    with open_workspace(data_dir) as workspace:
        workspace.store.accounts.get(name)
        workspace.accounts.set_password(name, _password(password_stdin))
    note(t("The password of {name} is changed.", "{name} 的密码已更改。", name=name))


@command.command(
    "disable", help=t("Disable an account: its tokens and keys end at once.", "停用账户：令牌和密钥立即失效。")
)
@click.argument("name")
@data_dir_option
def disable(name: str, data_dir: Path) -> None:
    """Disable an account."""
    with open_workspace(data_dir) as workspace:
        workspace.accounts.disable(name)
    note(t("Account {name} is disabled.", "账户 {name} 已停用。", name=name))


@command.command("enable", help=t("Enable an account again, with its API keys.", "重新启用账户及其 API 密钥。"))
@click.argument("name")
@data_dir_option
def enable(name: str, data_dir: Path) -> None:
    """Enable an account."""
    with open_workspace(data_dir) as workspace:
        workspace.accounts.disable(name, disabled=False)
    note(t("Account {name} is enabled.", "账户 {name} 已启用。", name=name))


def _password(from_stdin: bool) -> str:
    """Ask for a password, twice; it never stands on the command line, where other users see it."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise InputError(
                t("There is no password on standard input.", "标准输入中没有密码。"),
                remedy=t("Write it there as one line.", "请以单行写入。"),
            )
        return password
    answer: str = click.prompt(t("Password", "密码"), hide_input=True, confirmation_prompt=True, err=True)
    return answer


def _plain(account: "AccountRecord") -> dict[str, object]:
    return {
        "name": account.name,
        "role": account.role,
        "jurisdictions": list(account.jurisdictions),
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
    }
