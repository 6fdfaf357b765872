"""A store that is named by its URL, on every command; what can be wrong with it; and ``spatialgov db``."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from spatialgov.store import Store
from spatialgov_api import Settings, create_app
from tests.postgres_cluster import Cluster

SCRIPT = Path(sys.executable).with_name("spatialgov")
Run = Callable[..., Result]


@pytest.fixture(params=["sqlite", "tcp", "socket"])
def town_url(request: pytest.FixtureRequest, run: Run, store: Path, tmp_path: Path) -> str:
    """Give the URL of a copy of the town's store, elsewhere."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        name = cluster.new_database()
        url = cluster.url(name) if request.param == "tcp" else cluster.socket_url(name)
    result = run("db", "copy", "--data-dir", store, "--to", url)
    assert result.exit_code == 0, result.stderr
    return url


def test_every_command_takes_the_url(run: Run, town_url: str, units_file: Path, tmp_path: Path) -> None:
    here = ("--database-url", town_url, "--data-dir", tmp_path / "derived")
    assert json.loads(run("db", "check", "--json", *here).stdout) == {"ok": True, "faults": []}
    place = ("118.3005", "35.1005", "--datum", "wgs84")
    assert run("locate", *place, *here).exit_code == 0
    assert [file.suffix for file in (tmp_path / "derived" / "editions").iterdir()] == [".locator"]
    assert not (tmp_path / "derived" / "spatialgov.db").exists()
    said = run("import", "units", units_file, *here)
    assert said.exit_code == 0
    assert re.search(r"in (sqlite|postgresql)[^ ]*\.?$", said.stderr, re.MULTILINE)
    assert run("assign", *here).exit_code == 0
    missing = run("locate", *place, "--data-dir", tmp_path / "derived")
    assert missing.exit_code == 1
    assert "no store in" in missing.stderr


def test_the_variable_says_the_same(run: Run, town_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPATIALGOV_DATABASE_URL", town_url)
    monkeypatch.chdir(tmp_path)
    assert run("locate", "118.3005", "35.1005", "--datum", "wgs84", "--json").exit_code == 0
    assert Settings().database_url == town_url
    workspace = create_app().state.workspace
    assert workspace.store.url == town_url
    workspace.close()
    monkeypatch.setenv("SPATIALGOV_DATABASE_URL", "")
    assert Settings().database_url is None


def test_backup_restore_and_upgrade(run: Run, town_url: str, tmp_path: Path) -> None:
    here, file = ("--database-url", town_url), tmp_path / "town.backup"
    made = json.loads(run("db", "backup", file, *here, "--json").stdout)
    assert made["rows"]["unit"] == 16
    assert made["bytes"] == file.stat().st_size
    again = run("db", "backup", file, *here)
    assert again.exit_code == 1
    assert "--replace" in again.stderr
    refused = run("db", "restore", file, *here)
    assert refused.exit_code == 1
    assert "--replace" in refused.stderr
    assert run("db", "restore", file, *here, "--replace").exit_code == 0
    assert run("db", "restore", file, "--data-dir", tmp_path / "fresh", "--json").exit_code == 0
    assert run("db", "check", "--data-dir", tmp_path / "fresh").exit_code == 0
    assert run("db", "restore", tmp_path / "nothing", *here).exit_code == 1
    upgraded = json.loads(run("db", "upgrade", *here, "--json").stdout)
    assert upgraded["from"] == upgraded["to"]
    assert upgraded["backup"] is None


def test_check_tells_what_is_wrong_and_ends_with_1(run: Run, store: Path) -> None:
    with sqlite3.connect(store / "spatialgov.db") as connection:
        connection.execute("UPDATE plan SET state = 'draft'")
    connection.close()
    result = run("db", "check", "--data-dir", store, "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert said["ok"] is False
    assert [(fault["kind"], fault["table"], fault["id"]) for fault in said["faults"]] == [("plan_state", "plan", "1")]
    assert said["faults"][0]["remedy"]
    chinese = json.loads(run("db", "check", "--data-dir", store, "--json", lang="zh").stdout)
    assert "方案" in chinese["faults"][0]["message"]


def test_check_of_no_store(run: Run, tmp_path: Path) -> None:
    result = run("db", "check", "--data-dir", tmp_path / "nowhere", "--json")
    assert result.exit_code == 1
    assert [fault["kind"] for fault in json.loads(result.stdout)["faults"]] == ["store_unavailable"]
    assert not (tmp_path / "nowhere").exists()


# what can be wrong with a server ----------------------------------------------------------------------------------


def refused(run: Run, url: str, *, command: str = "upgrade") -> str:
    result = run("db", command, "--database-url", url)
    assert result.exit_code == 1
    assert "secret" not in result.output
    assert "Traceback" not in result.output
    return result.stderr


def test_a_server_that_is_not_there(run: Run) -> None:
    for url in (
        "postgresql+psycopg://tester:secret@127.0.0.1:1/x",
        "postgresql+psycopg://tester@127.0.0.1:1/x?password=secret",
    ):
        said = refused(run, url)
        assert "can't be reached" in said
        assert "Check that the server runs" in said


def test_a_database_that_is_not_there(run: Run, cluster: Cluster) -> None:
    said = refused(run, cluster.url("nowhere"))
    assert "can't be reached" in said
    assert "CREATE DATABASE nowhere OWNER tester" in said
    assert "CREATE EXTENSION postgis" in said


def test_a_database_without_postgis_and_a_user_without_rights(run: Run, cluster: Cluster) -> None:
    name = cluster.new_database(bare=True)
    cluster.execute("postgres", "DO $$ BEGIN CREATE ROLE clerk LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    clerk = cluster.url(name).replace("tester@", "clerk:secret@")
    said = refused(run, clerk)
    assert f"The database {name} has no postgis" in said
    assert "as a superuser in that database: CREATE EXTENSION postgis" in said
    cluster.execute(name, "CREATE EXTENSION postgis")
    said = refused(run, clerk)
    assert "The user clerk may not do this" in said
    assert f"ALTER DATABASE {name} OWNER TO clerk" in said
    cluster.execute(name, f"ALTER DATABASE {name} OWNER TO clerk")
    assert run("db", "upgrade", "--database-url", clerk).exit_code == 0
    with Store.open(clerk) as store:
        store.set_note("a", "1")
        assert store.note("a") == "1"


def test_a_user_who_is_not_known(run: Run, cluster: Cluster) -> None:
    said = refused(run, cluster.url("postgres").replace("tester@", "nobody_known:secret@"))
    assert "pg_hba.conf" in said


def test_a_server_without_postgis(run: Run, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialgov.store.postgis._EXTENSION", "postgis_of_nobody")
    said = refused(run, cluster.url(cluster.new_database(bare=True)))
    assert "Install PostGIS on the server" in said


def test_settings_hide_the_password() -> None:
    settings = Settings(database_url="postgresql+psycopg://tester:geheim@host/town")
    assert "geheim" not in repr(settings)
    assert "geheim" not in str(settings)


# serving ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(cluster: Cluster, run: Run, store: Path, tmp_path: Path) -> Iterator[str]:
    """Serve a PostGIS store with two processes, and give the address."""
    url = cluster.url(cluster.new_database())
    assert run("db", "copy", "--data-dir", store, "--to", url).exit_code == 0
    command = [str(SCRIPT), "serve", "--port", "0", "--workers", "2", "--data-dir", str(tmp_path / "derived")]
    environment = os.environ | {"SPATIALGOV_DATABASE_URL": url}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())
        assert found is not None
        yield found[0]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)


def test_two_processes_serve_a_postgis_store(served: str, tmp_path: Path) -> None:
    for _ in range(3000):
        try:
            with urllib.request.urlopen(
                f"{served}api/v1/locate?lon=118.3005&lat=35.1005&datum=wgs84", timeout=300
            ) as answer:
                assert json.load(answer)["edition"] == 1
            break
        except urllib.error.URLError:
            time.sleep(0.1)
    else:
        pytest.fail("the server never answered")
    assert not (tmp_path / "derived" / "spatialgov.db").exists()
