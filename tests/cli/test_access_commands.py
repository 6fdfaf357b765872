"""``account``, ``key``, ``audit``, and the rule that an open service is for its own machine only."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from spatialgov.cli import command_group
from spatialgov.cli.serve_command import refuse_open_address
from spatialgov.errors import ForbiddenError
from spatialgov.workspace import Workspace

PASSWORD = "four random words here"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


def call(folder: Path, *arguments: str, text: str = "") -> Result:
    result = CliRunner().invoke(command_group(), [*arguments, "--data-dir", str(folder)], input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def as_json(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_the_first_administrator_is_made_on_an_empty_folder(folder: Path) -> None:
    made = call(folder, "account", "add", "chief", "--role", "admin", "--jurisdiction", "*", text=f"{PASSWORD}\n" * 2)
    assert made.exit_code == 0, made.stderr
    assert PASSWORD not in made.output
    assert "needs credentials" in made.stderr
    (account,) = as_json(call(folder, "account", "list", "--json"))["accounts"]
    assert (account["name"], account["role"], account["jurisdictions"]) == ("chief", "admin", ["*"])
    assert "password" not in str(account)
    with Workspace.open(folder) as workspace:
        record = workspace.store.accounts.get("chief")
        assert record.password_hash.startswith("$argon2id$")
        assert workspace.accounts.verified(record, PASSWORD)
        assert not workspace.accounts.verified(record, PASSWORD + "x")


def test_accounts_are_changed_and_every_change_is_in_the_log(folder: Path) -> None:
    add = ("account", "add", "field-east", "--role", "field", "--no-password")
    assert "sees no ground" in call(folder, *add).stderr
    assert call(folder, "account", "set-role", "field-east", "viewer", "--jurisdiction", "990101001000").exit_code == 0
    changed = call(folder, "account", "set-password", "field-east", "--password-stdin", text=f"{PASSWORD}\n")
    assert changed.exit_code == 0
    key = as_json(call(folder, "key", "add", "field-east", "--label", "device", "--json"))
    assert key["key"].startswith("sgk_")
    listed = call(folder, "key", "list")
    assert "device" in listed.stdout
    assert key["key"] not in listed.stdout
    assert call(folder, "key", "revoke", str(key["id"])).exit_code == 0
    assert call(folder, "account", "disable", "field-east").exit_code == 0
    assert call(folder, "account", "enable", "field-east").exit_code == 0
    entries = as_json(call(folder, "audit", "--json"))["entries"]
    assert [(entry["who"], entry["action"]) for entry in reversed(entries)] == [
        ("cli", f"spatialgov {action}")
        for action in (
            "account add", "account set-role", "account set-password", "key add", "key revoke", "account disable",
            "account enable",
        )
    ]  # fmt: skip
    assert {entry["details"]["account"] for entry in entries} == {"field-east"}
    assert call(folder, "audit", "--since", "2999-01-01T00:00Z").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "text", "said"),
    [
        (("account", "add", "Anna Schmidt", "--role", "admin", "--no-password"), "", "post, not a person"),
        (("account", "add", "cli", "--role", "admin", "--no-password"), "", "can't be the name"),
        (("account", "add", "a", "--role", "admin", "--password-stdin"), "short\n", "12 to 256"),
        (("account", "add", "planner", "--role", "admin", "--password-stdin"), "my planner password\n", "12 to 256"),
        (("account", "add", "a", "--role", "admin", "--password-stdin"), "", "no password on standard input"),
        (
            ("account", "add", "a", "--role", "admin", "--jurisdiction", "9", "--no-password"),
            "",
            "no jurisdiction '9'",
        ),
        (("account", "set-role", "nobody", "viewer"), "", "no account nobody"),
        (("account", "set-password", "nobody", "--password-stdin"), f"{PASSWORD}\n", "no account nobody"),
        (("account", "disable", "nobody"), "", "no account nobody"),
        (("key", "add", "nobody", "--label", "x"), "", "no account nobody"),
        (("key", "add", "nobody", "--label", " "), "", "1 to 100"),
        (("key", "revoke", "7"), "", "no API key 7"),
        (("audit", "--since", "yesterday"), "", "not a time with an offset"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Path, arguments: tuple[str, ...], text: str, said: str) -> None:
    Workspace.open(folder).close()
    result = call(folder, *arguments, text=text)
    assert result.exit_code == 1
    assert said in result.stderr
    with Workspace.open(folder) as workspace:
        assert workspace.store.accounts.all() == []
        assert workspace.store.audit.entries() == []


def test_jurisdictions_must_be_those_of_the_store(sample_copy: Workspace) -> None:
    add = ("account", "add", "viewer", "--role", "viewer", "--no-password", "--jurisdiction")
    assert call(sample_copy.data_dir, *add, "110101000000").exit_code == 1
    assert call(sample_copy.data_dir, *add, "990101001000").exit_code == 0


def test_the_wrong_calls_of_a_password(folder: Path) -> None:
    both = ("account", "add", "a", "--role", "admin", "--password-stdin", "--no-password")
    assert call(folder, *both).exit_code == 2
    assert call(folder, "account", "add", "a", "--role", "king").exit_code == 2


def test_an_open_service_is_for_its_own_machine_only(folder: Path) -> None:
    Workspace.open(folder).close()
    for host in ("0.0.0.0", "::"):
        result = call(folder, "serve", "--host", host, "--port", "0")
        assert result.exit_code == 1
        assert "There are no accounts" in result.stderr
        assert "spatialgov account add" in result.stderr
    with socket.create_server(("0.0.0.0", 0)) as taken:
        refuse_open_address(taken, closed=True)
        with pytest.raises(ForbiddenError):
            refuse_open_address(taken, closed=False)
        assert taken.fileno() == -1
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refuse_open_address(taken, closed=False)
