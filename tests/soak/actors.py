"""Those who work on the store at the same time, each a process of its own that may be killed at any moment.

An actor writes a line (JSON) to its file for every write that the store has answered, after the answer.
"""

import hashlib
import json
import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from spatialgov.errors import StoreError
from spatialgov.plan import Plan
from spatialgov.workspace import Workspace
from tests.soak.town import community_at, edited, place_in

__all__ = ["ACTORS", "BATCH", "act", "digest"]

BATCH = 40
"""Incidents of one import."""

Say = Callable[..., None]


def digest(value: Any) -> str:
    """Give a short text that two equal values share."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def act(name: str, number: int, data_dir: Path, url: str | None, says: Path) -> None:
    """Open the store and work until killed.

    Parameters
    ----------
    name
        One of `ACTORS`.
    number
        Tells this actor from all others, of earlier rounds too.
    says
        The file of its lines.
    """
    handle = os.open(says, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(**line: Any) -> None:
        os.write(handle, (json.dumps(line) + "\n").encode())

    try:
        with Workspace.open(data_dir, url, create=False) as workspace:
            say(kind="ready")
            for _ in ACTORS[name](workspace, np.random.default_rng(number), number, say):
                pass
    except StoreError as error:
        say(kind="cut off", text=str(error))
    except BaseException:
        say(kind="failed", text=traceback.format_exc())


def _load(workspace: Workspace, rng: np.random.Generator, number: int, say: Say) -> Iterator[None]:
    """Import incidents, file by file, some of them twice."""
    file = workspace.data_dir / f"incidents-{number}.csv"
    for batch in count():
        rows = ["source_id,category,occurred_at,status,lon,lat"]
        for row in range(BATCH):
            lon, lat = place_in(rng)
            rows.append(f"{number}-{batch}-{row},0101,2026-01-01T00:00:00+08:00,open,{lon:.7f},{lat:.7f}")
        file.write_text("\n".join(rows), encoding="utf-8")
        report = workspace.imports.incidents(file, datum="wgs84")
        if report.accepted != BATCH:
            raise AssertionError(report)
        say(kind="incidents", batch=f"{number}-{batch}")
        if batch % 5 == 4 and workspace.imports.incidents(file, datum="wgs84").unchanged != BATCH:
            raise AssertionError("a file sent twice changed something")
        yield


def _plan(workspace: Workspace, rng: np.random.Generator, number: int, say: Say) -> Iterator[None]:
    """Move units, one after the other, in a draft made from the plan in force."""
    plan_id = workspace.store.edition().plan_id
    while True:
        plan = workspace.plans.load(plan_id)
        move = _a_move(plan, rng)
        edit = edited(workspace, plan_id, move)
        plan_id = edit.plan_id
        say(kind="plan", id=plan_id, sequence=edit.sequence, digest=_moved(plan, move))
        yield


def _publish(workspace: Workspace, rng: np.random.Generator, number: int, say: Say) -> Iterator[None]:
    """Publish plan after plan, a unit moved each time, and assign the incidents."""
    while True:
        plan_id = workspace.store.edition().plan_id
        plan = workspace.plans.load(plan_id)
        move = _a_move(plan, rng)
        child = plan.move(move)
        if child.faults():
            continue
        edit = edited(workspace, plan_id, move)
        child_id = edit.plan_id
        say(kind="plan", id=child_id, sequence=edit.sequence, digest=_moved(plan, move))
        edition = workspace.plans.publish(child_id)
        say(kind="edition", id=edition.id, plan=child_id, digest=digest(sorted(child.codes)))
        workspace.locations.assign_incidents()
        yield


def _read(workspace: Workspace, rng: np.random.Generator, number: int, say: Say) -> Iterator[None]:
    """Locate places; an answer is of a whole edition, and editions don't go back."""
    last = 0
    while True:
        lon, lat = place_in(rng)
        found = workspace.locations.find(lon, lat, "wgs84")
        if found.code[:12] != community_at(lon, lat) or found.edition < last:
            raise AssertionError((found, lon, lat, last))
        if found.edition != last and found.code not in set(workspace.store.edition_grids(found.edition)["code"]):
            raise AssertionError(found)
        last = found.edition
        say(kind="read")
        yield


def _a_move(plan: Plan, rng: np.random.Generator) -> dict[str, str]:
    """Give a move of a unit to a neighbouring grid of its community, out of a grid that keeps two others."""
    graph, labels, codes = plan.units.graph, plan.labels, plan.codes
    ids = plan.units.frame["unit_id"].tolist()
    while True:
        unit = int(rng.integers(graph.n))
        other = int(rng.choice(graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]]))
        here, there = codes[labels[unit]], codes[labels[other]]
        if here != there and here[:12] == there[:12] and np.count_nonzero(labels == labels[unit]) > 2:
            return {ids[unit]: there}


def _moved(plan: Plan, move: Mapping[str, str]) -> str:
    """Give the digest of a plan's assignment after a move, reckoned here and not read back."""
    return digest(sorted({**plan.assignment(), **move}.items()))


ACTORS: dict[str, Callable[[Workspace, np.random.Generator, int, Say], Iterator[None]]] = {
    "loader": _load,
    "planner 1": _plan,
    "planner 2": _plan,
    "publisher": _publish,
    "reader": _read,
}
