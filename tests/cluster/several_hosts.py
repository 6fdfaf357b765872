"""The service on several hosts, as deploy/several-hosts has it: its files are what runs here, with other addresses."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from spatialgov.workspace import Workspace
from tests.cluster.network import Network, Node, wait_until
from tests.postgres_cluster import program
from tests.soak.town import found_town

__all__ = ["MOST_LAG_S", "ApiHost", "Database", "SeveralHosts", "several_hosts"]

DEPLOY = Path(__file__).parents[2] / "deploy" / "several-hosts"
MOST_LAG_S = 5
_START_S = 120
_USER = "nobody"  # PostgreSQL refuses to run as root


class Database:
    """A PostgreSQL server on a node."""

    def __init__(self, node: Node, folder: Path) -> None:
        self.node = node
        self.data = folder / node.name
        self._log = folder / f"{node.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, *names: str) -> None:
        """Add files of deploy/several-hosts to its configuration, with its own address."""
        text = "".join((DEPLOY / name).read_text(encoding="utf-8") for name in names)
        text = re.sub("^listen_addresses = .*", "", text, flags=re.MULTILINE)
        own = f"listen_addresses = '{self.node.address}'\nunix_socket_directories = ''\n"
        with (self.data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n{own}")

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = self.node.start(program("postgres"), "-D", str(self.data), log=self._log, user=_USER)
        for _ in wait_until(f"{self.node.name} answers", _START_S):
            try:
                self.ask("SELECT 1")
            except psycopg.OperationalError:
                assert self._process.poll() is None, self._log.read_text(encoding="utf-8")
            else:
                break

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(timeout=60)

    def ask(self, query: str) -> Any:
        """Ask as the superuser; gives the first column of the first row, if there is one."""
        with psycopg.connect(
            host=self.node.address, user=_USER, dbname="postgres", autocommit=True, connect_timeout=5
        ) as connection:
            cursor = connection.execute(query)
            row = cursor.fetchone() if cursor.description else None
        return None if row is None else row[0]


class ApiHost:
    """A host that answers requests."""

    def __init__(self, node: Node, folder: Path, settings: dict[str, str]) -> None:
        self.node = node
        self.url = f"http://{node.address}:8000"
        self._log = folder / f"{node.name}.log"
        self._env = {**os.environ, **settings, "SPATIALGOV_DATA_DIR": str(folder / node.name), "SPATIALGOV_LANG": "en"}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `wait` waits for it."""
        serve = "from spatialgov.cli import main; main()"
        self._process = self.node.start(
            sys.executable, "-c", serve, "serve", "--host", self.node.address, "--port", "8000", log=self._log,
            env=self._env,
        )  # fmt: skip

    def wait(self) -> None:
        """Wait until it is ready."""
        assert self._process is not None
        for _ in wait_until(f"{self.node.name} is ready", _START_S):
            assert self._process.poll() is None, self._log.read_text(encoding="utf-8")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200:
                    break
            except httpx.TransportError:
                continue

    def kill(self) -> None:
        """Kill it (SIGKILL), with all that it has begun."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=60)

    def replica(self) -> dict[str, Any]:
        """Give how it finds the replica."""
        found: dict[str, Any] = httpx.get(f"{self.url}/healthz", timeout=30).json()["replica"]
        return found

    def log(self) -> str:
        """Give what it has said."""
        return self._log.read_text(encoding="utf-8")


class SeveralHosts:
    """All of them.

    Attributes
    ----------
    network
        For further nodes.
    primary, replica, api, balancer
        The databases, the two hosts that answer requests, and the URL of what stands before them.
    share
        The folder that all see.
    workspace
        The town, from a place of its own.
    key, password
        Of the account ``planner``.
    """

    def __init__(self, network: Network, folder: Path) -> None:
        self.network = network
        self.folder = folder
        self.share = folder / "share"
        self.share.mkdir()
        self.primary = Database(network.node("primary"), folder)
        self.replica = Database(network.node("replica"), folder)
        settings = self._settings()
        self.api = [ApiHost(network.node(name), folder, settings) for name in ("api1", "api2")]
        self._balancer = network.node("balancer")
        self.balancer = f"https://{self._balancer.address}"
        self.password = "correct horse battery staple"
        self.key = ""
        self.workspace: Workspace
        self._clients: list[httpx.Client] = []

    def _settings(self) -> dict[str, str]:
        text = (DEPLOY / "hosts.env").read_text(encoding="utf-8").replace(":change-me@", "@")
        text = text.replace("10.0.0.21", self.primary.node.address).replace("10.0.0.22", self.replica.node.address)
        found = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
        found |= {"SPATIALGOV_MOST_LAG_SECONDS": str(MOST_LAG_S), "SPATIALGOV_SHARED_URL": str(self.share)}
        return {**found, "FORWARDED_ALLOW_IPS": f"{self.network.prefix}.0/24"}

    def start_databases(self) -> None:
        """Make the primary, and the replica as a copy that follows it."""
        primary, replica, folder = self.primary, self.replica, self.folder
        shutil.chown(folder, _USER, "nogroup")
        primary.node.run(
            program("initdb"), "-D", str(primary.data), "-U", _USER, "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust",
            "--no-sync", user=_USER, cwd=folder,
        )  # fmt: skip
        with (primary.data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            for kind in ("all", "replication"):
                rules.write(f"host {kind} all {self.network.prefix}.0/24 trust\n")
        primary.configure("primary.conf")
        primary.start()
        for statement in ("CREATE ROLE replicator LOGIN REPLICATION", "CREATE ROLE spatialgov LOGIN",
                          "CREATE DATABASE spatialgov OWNER spatialgov"):  # fmt: skip
            primary.ask(statement)
        with psycopg.connect(host=primary.node.address, user=_USER, dbname="spatialgov", autocommit=True) as connection:
            connection.execute("CREATE EXTENSION postgis")
        replica.node.run(
            program("pg_basebackup"), "-h", primary.node.address, "-U", "replicator", "-D", str(replica.data), "-R",
            "-C", "-S", "replica1", "-c", "fast", "--no-sync", user=_USER, cwd=folder,
        )  # fmt: skip
        replica.configure("primary.conf", "replica.conf")
        replica.start()

    def found(self) -> None:
        """Found the town, and the account of a planner."""
        url = f"postgresql+psycopg://spatialgov@{self.primary.node.address}/spatialgov"
        self.workspace = Workspace.open(self.folder / "own", url, shared_url=str(self.share))
        found_town(self.workspace, self.folder / "sources")
        accounts = self.workspace.accounts
        accounts.add("planner", role="admin", jurisdictions=["*"], password=self.password)
        self.key = accounts.add_key("planner", "test")[0]

    def start_balancer(self) -> None:
        """Start nginx with the file of deploy/several-hosts: other addresses, and no limits of rate."""
        folder = self.folder / "nginx"
        folder.mkdir()
        key, certificate = folder / "key.pem", folder / "fullchain.pem"
        request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=grids.example.org"]
        subprocess.run([*request, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        site = (DEPLOY / "balancer.conf").read_text(encoding="utf-8")
        for number, host in enumerate(self.api, 11):
            site = site.replace(f"10.0.0.{number}:", f"{host.node.address}:")
        site = re.sub(r"rate=\d+r/s", "rate=100000r/s", site).replace("/etc/ssl/spatialgov/", f"{folder}/")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
        (folder / "nginx.conf").write_text(
            f"user root; daemon off; worker_processes 2; pid {folder}/pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; {places}\n{site}\n}}",
            encoding="utf-8",
        )
        self._balancer.start(
            program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), log=folder / "log",
        )  # fmt: skip
        for _ in wait_until("the balancer answers", 30):
            try:
                with self.client() as client:
                    if client.get("/api/v1/editions").status_code == 200:
                        break
            except httpx.TransportError:
                continue

    def client(self, url: str | None = None) -> httpx.Client:
        """Give a client with the planner's key: of the balancer, or of one host; it is closed in the end."""
        made = httpx.Client(base_url=url or self.balancer, verify=False, headers={"x-api-key": self.key}, timeout=60)
        self._clients.append(made)
        return made

    def close(self) -> None:
        """Close what was opened here."""
        for client in self._clients:
            client.close()
        self.workspace.close()

    def wait_for_replica(self, state: str, within_s: float = 30) -> None:
        """Wait until both hosts find the replica so."""
        for _ in wait_until(f"the replica is {state}", within_s):
            if all(host.replica()["state"] == state for host in self.api):
                break


@contextmanager
def several_hosts(network: Network, folder: Path) -> Iterator[SeveralHosts]:
    """Give all of them as long as the block lasts; the network ends their processes."""
    made = SeveralHosts(network, folder)
    made.start_databases()
    made.found()
    try:
        for host in made.api:
            host.start()
        for host in made.api:
            host.wait()
        made.start_balancer()
        made.wait_for_replica("in_use")
        yield made
    finally:
        made.close()
