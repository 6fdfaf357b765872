"""One task in a process of its own, so that its time and memory are nobody else's.

``python -m tests.bench.loading.worker JSON`` prints a JSON object as its last line.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from spatialgov.store import Store
from spatialgov.store.database import Database
from spatialgov.workspace import Workspace
from tests.bench.partition.worker import memory_mib

__all__: list[str] = []

_held: list[float] = []


def load(workspace: Workspace, file: str) -> dict[str, Any]:
    """Load a file as the command line does."""
    path = Path(file)
    report = workspace.imports.incidents(path, datum="gcj02", refused=path.with_suffix(".refused"))
    return {
        "accepted": report.accepted,
        "unchanged": report.unchanged,
        "refused": report.refused_count,
        "located": report.located,
    }


def assign(workspace: Workspace) -> dict[str, Any]:
    """Assign all incidents."""
    return dict(workspace.locations.assign_incidents())


def forget(workspace: Workspace) -> dict[str, Any]:
    """Take the grid codes away, as publishing does."""
    with workspace.store._database.write() as connection:
        connection.exec_driver_sql("UPDATE incident SET grid_code = NULL")
    return {}


TASKS: dict[str, Callable[..., dict[str, Any]]] = {"load": load, "assign": assign, "forget": forget}


@contextmanager
def _timed(self: Database, connection: Connection) -> Iterator[None]:
    """Do what `Database.write_on` does, and time it from the moment at which it has the lock."""
    with _write_on(self, connection):
        begun = time.perf_counter()
        yield
    _held.append(time.perf_counter() - begun)


_write_on = Database.write_on


def main(task: str, url: str, data_dir: str, **options: Any) -> dict[str, Any]:
    """Run one task on a store."""
    Database.write_on = _timed  # type: ignore[method-assign, assignment]
    with Workspace(Store.open(url), Path(data_dir)) as workspace:
        opened = workspace.locations.in_force()
        if opened is not None:
            opened.codes_at([0.0], [0.0], "gcj02")  # compiled before the clock starts
        wall, cpu = time.perf_counter(), time.process_time()
        answer = TASKS[task](workspace, **options)
        answer |= {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    return answer | {"lock_s": max(_held, default=0.0), "peak_mib": memory_mib("VmHWM")}


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
