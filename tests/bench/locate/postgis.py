"""A PostgreSQL cluster of the benchmark's own, for as long as its process lives."""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

__all__ = ["database"]

_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def database() -> tuple["psycopg.Connection[Any]", Callable[[], float]]:
    """Start a cluster; give a connection, and what tells the CPU seconds of its backend so far."""
    folder = tempfile.mkdtemp(prefix="spatialgov-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # PostgreSQL refuses to run as root
    user: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, user["user"], user["group"])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = (
        f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off -c jit=off "
        "-c max_parallel_workers_per_gather=0 -c shared_buffers=1GB -c work_mem=256MB -c maintenance_work_mem=512MB"
    )

    def run(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)

    run(_program("initdb"), "-D", f"{folder}/data", "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C")
    run(_program("pg_ctl"), "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
    atexit.register(run, _program("pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "stop")
    connection = psycopg.connect(host="127.0.0.1", port=port, user="bench", dbname="postgres", autocommit=True)
    backend = Path(f"/proc/{connection.info.backend_pid}/stat")

    def cpu_s() -> float:
        fields = backend.read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    return connection, cpu_s


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([*map(str, _FOLDERS), os.environ.get("PATH", "")]))
    if found is None:
        raise FileNotFoundError(f"PostgreSQL's {name} is not installed")
    return found
