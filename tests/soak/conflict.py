"""Several planners change one plan at once, over HTTP: every change is applied, or refused with what changed.

Run ``python -m tests.soak.conflict`` (``make conflict``): eight planners and 4,000 changes on the sample city, on a
SQLite file and on PostGIS, answered by two server processes. At the end the plan must be what it began with and its
journal replayed, entry by entry.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spatialgov import sample
from spatialgov.contiguity import ContiguityGraph
from spatialgov.plan import PlanSettings
from spatialgov.store import Store
from spatialgov.workspace import Workspace
from tests.postgres_cluster import running_cluster

__all__ = ["Report", "Town", "found_sample", "found_squares", "run"]

_MOST_UNITS = 20
_LOOKS, _UNDOES, _REDOES, _FOUNDS, _HOT = 0.25, 0.12, 0.06, 0.05, 0.5
"""How often a planner looks at what others did, undoes, redoes, makes a grid, works where all do."""


@dataclass(frozen=True)
class Town:
    """A plan to change: its number, its units and who their neighbours are."""

    plan_id: int
    units: list[str]
    graph: ContiguityGraph


@dataclass
class Report:
    """What happened: outcome → how often, seconds of every answer, and what the server processes used."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    applied: list[dict[str, Any]] = field(default_factory=list)
    wall_s: float = 0.0
    server_cpu_s: float = 0.0

    def line(self) -> str:
        """Say it in a line."""
        n = len(self.seconds)
        p50, p95, most = (1000 * value for value in np.quantile(self.seconds, [0.5, 0.95, 1.0]))
        outcomes = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        return (
            f"{n} changes in {self.wall_s:.1f} s: {outcomes}; "
            f"server CPU {1000 * self.server_cpu_s / n:.1f} ms a change; "
            f"answers {p50:.0f} ms (median), {p95:.0f} ms (95 %), {most:.0f} ms (most)"
        )


class _Planner:
    """Someone at work: knows the plan as last seen, and changes it."""

    def __init__(self, name: str, key: str, port: int, town: Town, seed: int) -> None:
        self.name, self.town, self._key = name, town, key
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._random = np.random.default_rng(seed)
        self.report = Report()
        answer = self._ask("GET", "assignment")[1]
        self.seen: int = answer["sequence"]
        self.codes: dict[str, str | None] = answer["assignment"]

    def work(self, changes: int) -> Report:
        """Make so many changes, one after the other."""
        with closing(self._connection):
            for number in range(changes):
                self._change(number)
        return self.report

    def _change(self, number: int) -> None:
        if self._random.random() < _LOOKS:
            self._look()
        kind = self._random.choice(["undo", "redo", "moves"], p=[_UNDOES, _REDOES, 1 - _UNDOES - _REDOES])
        moves = self._some_moves(number) if kind == "moves" else {}
        body = {"expects": self.seen, **({"moves": moves} if moves else {})}
        began = time.perf_counter()
        status, answer = self._ask("POST", str(kind), body)
        self.report.seconds.append(time.perf_counter() - began)
        self._judge(str(kind), moves, status, answer)

    def _some_moves(self, number: int) -> dict[str, str | None]:
        """Give a stroke of the brush: units side by side, to the grid of one that lies beside them."""
        graph, units = self.town.graph, self.town.units
        hot = self._random.random() < _HOT
        stroke = [int(self._random.integers(min(graph.n, 60) if hot else graph.n))]
        size = int(self._random.integers(1, _MOST_UNITS + 1))
        own, code = self.codes[units[stroke[0]]], None
        for unit in stroke:
            for other in graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]].tolist():
                if self.codes[units[other]] not in (None, own):
                    code = self.codes[units[other]]
                elif other not in stroke:
                    stroke.append(other)
            if code is not None and len(stroke) >= size:
                break
        if self._random.random() < _FOUNDS:
            code = f"{self.name}-{number}"
        return {units[unit]: code for unit in stroke[:size]}

    def _judge(self, kind: str, moves: dict[str, str | None], status: int, answer: dict[str, Any]) -> None:
        if status == 201 and answer["entry"] is None:
            self.report.outcomes["nothing to change"] += 1
            if answer["sequence"] == self.seen:
                return
            self._look()
        elif status == 201:
            self.report.outcomes["applied"] += 1
            assert answer["entry"]["number"] == answer["sequence"] > self.seen
            self.report.applied.append(answer["entry"] | {"who": self.name})
            if answer["sequence"] > self.seen + 1:  # others were at work on other units
                self._look()
            else:
                self._apply(answer["entry"])
        elif status == 409 and answer["code"] == "edit_conflict":
            self.report.outcomes["refused with what changed"] += 1
            assert answer["changes"]
            assert answer["sequence"] > 0
            if kind == "moves":
                for change in answer["changes"]:
                    assert change["number"] > self.seen
                    touched = {move["unit_id"] for move in change["moves"]} & set(moves)
                    assert touched or set(change["made"]) & set(moves.values())
            self._look()
        else:
            assert status == 409, (status, answer)
            assert answer["code"] == "conflict", answer
            assert "nothing to" in answer["detail"], answer
            self.report.outcomes[f"nothing to {kind}"] += 1

    def _look(self) -> None:
        """Take up what others did."""
        while True:
            answer = self._ask("GET", f"journal?since={self.seen}&limit=200")[1]
            for entry in answer["entries"]:
                assert entry["number"] == self.seen + 1
                self._apply(entry)
            if self.seen >= answer["sequence"]:
                return

    def _apply(self, entry: dict[str, Any]) -> None:
        self.seen = entry["number"]
        self.codes |= {move["unit_id"]: move["to_code"] for move in entry["moves"]}

    def _ask(self, method: str, what: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        headers = {"x-api-key": self._key, "content-type": "application/json"}
        path = f"/api/v1/plans/{self.town.plan_id}/{what}"
        self._connection.request(method, path, json.dumps(body) if body else None, headers)
        response = self._connection.getresponse()
        answer = json.loads(response.read())
        assert method == "POST" or response.status == 200, answer
        return response.status, answer


def run(url: str, folder: Path, town: Town, *, planners: int, changes: int, workers: int = 2) -> Report:
    """Let the planners make so many changes in all; whatever is not as it must be is an AssertionError."""
    with Store.open(url) as store:
        began: dict[str, str | None] = store.plan_assignment(town.plan_id).to_dict()  # type: ignore[assignment]
        keys = _accounts(Workspace(store, folder), planners)
    report = Report()
    with _server(url, folder, workers) as (port, process):
        crew = [_Planner(name, key, port, town, seed=i) for i, (name, key) in enumerate(keys.items())]
        cpu, clock = _cpu_s(process), time.perf_counter()
        with ThreadPoolExecutor(planners) as pool:
            parts = list(pool.map(lambda planner: planner.work(changes // planners), crew))
        report.wall_s, report.server_cpu_s = time.perf_counter() - clock, _cpu_s(process) - cpu
    for part in parts:
        report.outcomes += part.outcomes
        report.seconds += part.seconds
        report.applied += part.applied
    _verify(url, town, began, report)
    return report


def _accounts(workspace: Workspace, planners: int) -> dict[str, str]:
    """Make an account for each planner; gives name → API key."""
    keys = {}
    for i in range(planners):
        account = workspace.accounts.add(f"planner-{i + 1}", role="planner", jurisdictions=["*"], password=None)
        keys[account.name] = workspace.accounts.add_key(account.name, "conflict")[0]
    return keys


def _verify(url: str, town: Town, began: dict[str, str | None], report: Report) -> None:
    """Replay the journal from what the plan began with: nothing is lost, nothing is there twice, nothing is half."""
    with Store.open(url) as store:
        entries = [entry.as_dict() for entry in store.journal.entries(town.plan_id)]
        final = store.plan_assignment(town.plan_id).to_dict()
        assert store.journal.replayed(town.plan_id).to_dict() == final
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
    replayed = dict(began)
    for entry in entries:
        for move in entry["moves"]:
            assert replayed[move["unit_id"]] == move["from_code"] != move["to_code"]
            replayed[move["unit_id"]] = move["to_code"]
    assert replayed == final
    acknowledged = sorted(report.applied, key=lambda entry: int(entry["number"]))
    assert json.loads(json.dumps(entries)) == acknowledged, "the journal is what was acknowledged, entry for entry"


@contextmanager
def _server(url: str, folder: Path, workers: int) -> Iterator[tuple[int, int]]:
    """Serve the store by several processes; gives the port and the number of the first process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [
        sys.executable, "-m", "uvicorn", "--factory", "spatialgov_api:create_app", "--port", str(port),
        "--workers", str(workers), "--log-level", "warning", "--no-access-log",
    ]  # fmt: skip
    environment = os.environ | {
        "SPATIALGOV_DATABASE_URL": url,
        "SPATIALGOV_DATA_DIR": str(folder),
        "SPATIALGOV_LANG": "en",
    }
    with subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2]) as server:
        try:
            _wait_for(port)
            yield port, server.pid
        finally:
            server.terminate()
            server.wait(timeout=60)


def _wait_for(port: int) -> None:
    for _ in range(600):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            try:
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
    raise AssertionError("the server does not start")


def _cpu_s(process: int) -> float:
    """Give the seconds of processor time that a process and its children have used."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    ticks = 0
    for one in [str(process), *children]:
        fields = Path(f"/proc/{one}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def found_sample(workspace: Workspace) -> Town:
    """Import the units of the sample city, and adopt its grids of today as the draft."""
    folder = sample.boundaries_dir() / "sample"
    workspace.imports.units(folder / "units.geojson", datum="wgs84", keep=["community_code"])
    return _adopted(workspace, folder / "grids_today_units.csv")


def found_squares(workspace: Workspace, folder: Path, *, side: int = 10) -> Town:
    """Import a square of square units in one community, with grids of two columns each."""
    units, plan = folder / "units.csv", folder / "plan.csv"
    rows = [divmod(i, side) for i in range(side**2)]
    lines = [f'U{i:03d},100,250,990101001001,"{_square(row, column)}"' for i, (row, column) in enumerate(rows)]
    units.write_text("\n".join(["unit_id,households,population,community_code,wkt", *lines]), encoding="utf-8")
    codes = [f"U{i:03d},990101001001{1 + column // 2:03d}" for i, (_, column) in enumerate(rows)]
    plan.write_text("\n".join(["unit_id,grid_code", *codes]), encoding="utf-8")
    workspace.imports.units(units, datum="wgs84", keep=["community_code"])
    return _adopted(workspace, plan)


def _square(row: int, column: int) -> str:
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    ring = ",".join(f"{118.3 + (column + x) / 1000:.3f} {35.1 + (row + y) / 1000:.3f}" for x, y in corners)
    return f"POLYGON(({ring}))"


def _adopted(workspace: Workspace, plan: Path) -> Town:
    record = workspace.plans.adopt(plan, settings=PlanSettings(within="community_code"))
    units = workspace.plans.units(record.unit_set_id)
    return Town(record.id, units.frame["unit_id"].tolist(), units.graph)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it on the backends that were asked for, and say what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--planners", type=int, default=8)
    parser.add_argument("--changes", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--backend", choices=["sqlite", "postgis", "both"], default="both")
    options = parser.parse_args(arguments)
    for backend in ("sqlite", "postgis") if options.backend == "both" else (options.backend,):
        with tempfile.TemporaryDirectory(prefix="spatialgov-conflict-") as name:
            folder = Path(name)
            if backend == "sqlite":
                _run_one(backend, f"sqlite:///{folder / 'store.db'}", folder, options)
            else:
                with running_cluster(fsync=True) as cluster:
                    _run_one(backend, cluster.url(cluster.new_database()), folder, options)


def _run_one(backend: str, url: str, folder: Path, options: argparse.Namespace) -> None:
    with Store.open(url) as store:
        town = found_sample(Workspace(store, folder))
    report = run(url, folder, town, planners=options.planners, changes=options.changes, workers=options.workers)
    print(f"{backend}: {report.line()}; the plan equals its journal replayed", flush=True)


if __name__ == "__main__":
    main()
