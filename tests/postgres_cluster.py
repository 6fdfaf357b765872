"""A PostgreSQL server of our own, as an unprivileged user, over TCP and a unix socket; for tests and soaks."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

__all__ = ["Cluster", "NotInstalledError", "program", "running_cluster"]

_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_USER = "tester"


class NotInstalledError(Exception):
    """PostgreSQL is not on this machine."""


class Cluster:
    """A server in a folder of its own; see `running_cluster`.

    Parameters
    ----------
    folder
        Empty; the data, the log and the socket go there.
    fsync
        Whether a commit reaches the disk; tests that don't pull the plug are quicker without.
    """

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        self._folder = folder
        self._numbers = count()
        self._has_template = False
        self._initdb, self._pg_ctl = program("initdb"), program("pg_ctl")
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            self._as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(folder, "nobody", "nogroup")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._options = (
            f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={folder} "
            f"-c fsync={'on' if fsync else 'off'}"
        )
        self._run(
            self._initdb, "-D", f"{folder}/data", "-U", _USER, "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust",
            "--no-sync",
        )  # fmt: skip

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, cwd=self._folder, stdout=subprocess.DEVNULL, **self._as_user)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        data, log = f"{self._folder}/data", f"{self._folder}/log"
        self._run(self._pg_ctl, "-D", data, "-l", log, "-o", self._options, "-w", "start")

    def stop(self) -> None:
        """Stop the server at once: nothing is flushed, the next start recovers from the log."""
        self._run(self._pg_ctl, "-D", f"{self._folder}/data", "-m", "immediate", "-w", "stop")

    def kill(self) -> None:
        """Kill every process of the server (SIGKILL), the postmaster first."""
        pid_file = self._folder / "data" / "postmaster.pid"
        postmaster = int(pid_file.read_text(encoding="ascii").split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii").split()
        killed = [postmaster, *map(int, children)]
        for process in killed:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(_runs(process) for process in killed):
            time.sleep(0.01)
        # In a container no one may reap the dead postmaster, and the next one would take it for alive.
        for left in (pid_file, *self._folder.glob(".s.PGSQL.*")):
            left.unlink()

    def url(self, database: str) -> str:
        """Give the URL of a database over TCP."""
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/{database}"

    def socket_url(self, database: str) -> str:
        """Give the URL of a database over the unix socket."""
        return f"postgresql+psycopg://{_USER}@/{database}?host={self._folder}&port={self.port}"

    def copy_of(self, database: str) -> str:
        """Copy a database that nobody is connected to, and give the copy's name."""
        name = f"test_{next(self._numbers)}"
        self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {database}")
        return name

    def new_database(self, *, bare: bool = False) -> str:
        """Make an empty database and give its name; it has PostGIS (made once, copied since) unless `bare`."""
        if not bare and not self._has_template:
            self.execute("postgres", "CREATE DATABASE with_postgis")
            self.execute("with_postgis", "CREATE EXTENSION IF NOT EXISTS postgis")
            self._has_template = True
        return self.copy_of("template1" if bare else "with_postgis")

    def execute(self, database: str, statement: str) -> None:
        """Run a statement as the superuser, outside any transaction."""
        engine = sa.create_engine(self.url(database), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(statement)
        finally:
            engine.dispose()


@contextmanager
def running_cluster(*, fsync: bool = False) -> Iterator[Cluster]:
    """Give a server that runs as long as the block, in a temporary folder.

    Raises
    ------
    NotInstalledError
        When PostgreSQL is not on this machine.
    """
    with tempfile.TemporaryDirectory(prefix="spatialgov-postgres-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder), fsync=fsync)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


def program(name: str) -> str:
    """Give the path of one of PostgreSQL's programs, or of another one, or raise `NotInstalledError`."""
    folders = os.pathsep.join([*map(str, _FOLDERS), os.environ.get("PATH", ""), "/usr/sbin"])
    found = shutil.which(name, path=folders)
    if found is None:
        raise NotInstalledError(f"{name} is not installed: what needs it is not tested")
    return found


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # dead, and its parent has not looked yet
