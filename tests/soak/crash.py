"""kill -9 at random moments while a loader, a publisher and two planners write and a reader reads.

``python -m tests.soak.crash --rounds 200 --backend sqlite`` (or ``postgis``). Each actor is a process of its own. After
every round the store is opened again: `spatialgov db check` finds nothing, every write that was answered is there, no
batch and no edition is there in half, and it can be read and written. On PostGIS the server is killed too, in one round
of four (by turns ``pg_ctl stop -m immediate`` and SIGKILL to all its processes), with fsync on.
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np

from spatialgov.workspace import Workspace, check, store_url
from tests.postgres_cluster import Cluster, running_cluster
from tests.soak.actors import ACTORS, BATCH, act, digest
from tests.soak.town import community_at, found_town, place_in

__all__ = ["LostError", "Town", "examine", "judge", "run"]

_ROUNDS_OF_A_STORE = 20
"""Then a new town is founded: the checks of a store grow with its editions."""

_READY_S = 120
_LONGEST_S = 2.5
"""The actors work for this long at most."""


class LostError(Exception):
    """The store has lost something, or holds half of something."""


@dataclass
class Town:
    """A store, and what its actors were answered.

    Attributes
    ----------
    folder, url
        The data folder, and the URL of a store that is not in it.
    answered
        The lines of all actors so far.
    """

    folder: Path
    url: str | None
    answered: list[dict[str, Any]] = field(default_factory=list)


def run(rounds: int, *, backend: str, seed: int = 0) -> Counter[str]:
    """Do the rounds and give how many answered writes (and reads) there were by kind, and how many kills.

    Raises
    ------
    LostError
        With the round and what is wrong. The same seed makes the same moves, but not the same moments.
    """
    chance = random.Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.soak.warm"])
    totals: Counter[str] = Counter()
    with _places(backend) as (root, cluster):
        town: Town | None = None
        for number in range(rounds):
            if town is None or number % _ROUNDS_OF_A_STORE == 0:
                town = _new_town(root / f"town-{number}", cluster)
            blow = _blow(cluster, number)
            said = _round(context.Process, town, number, chance, cluster, blow)
            totals[blow or "clients killed"] += 1
            try:
                judge(said, server_killed=blow is not None)
                town.answered += said
                examine(town, chance)
            except LostError as error:
                raise LostError(f"round {number} ({blow or 'clients killed'}): {error}") from error
            totals.update(line["kind"] for line in said)
    return totals


@contextmanager
def _places(backend: str) -> Iterator[tuple[Path, Cluster | None]]:
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spatialgov-crash-")))
        yield root, stack.enter_context(running_cluster(fsync=True)) if backend == "postgis" else None


def _new_town(folder: Path, cluster: Cluster | None) -> Town:
    town = Town(folder, cluster.url(cluster.new_database()) if cluster is not None else None)
    with Workspace.open(town.folder, town.url) as workspace:
        found_town(workspace, folder / "sources")
    return town


def _blow(cluster: Cluster | None, number: int) -> str | None:
    """Tell what befalls the server in a round."""
    if cluster is None or number % 4 != 3:
        return None
    return "server stopped" if number % 8 == 3 else "server killed"


def _round(
    process: type[ForkServerProcess], town: Town, number: int, chance: random.Random, cluster: Cluster | None,
    blow: str | None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Let all actors work, kill them, and give what they said."""
    files = {name: town.folder / f"said-{number}-{name}.ndjson" for name in ACTORS}
    actors = [
        process(target=act, args=(name, number * len(ACTORS) + i, town.folder, town.url, files[name]))
        for i, name in enumerate(ACTORS)
    ]
    for actor in actors:
        actor.start()
    _wait_until(lambda: all(file.exists() and file.stat().st_size for file in files.values()))
    time.sleep(chance.uniform(0, _LONGEST_S))
    if cluster is not None and blow is not None:
        cluster.stop() if blow == "server stopped" else cluster.kill()
    for actor in chance.sample(actors, len(actors)):
        with suppress(ProcessLookupError):
            os.kill(actor.pid or 0, signal.SIGKILL)
        time.sleep(chance.choice([0, 0, 0.01, 0.1]))
    for actor in actors:
        actor.join()
    if cluster is not None and blow is not None:
        cluster.start()
    # the last line may be cut short: its write was answered to the actor, but not yet said by it
    lines = [line for file in files.values() for line in file.read_text(encoding="utf-8").splitlines(keepends=True)]
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _wait_until(done: Any) -> None:
    deadline = time.monotonic() + _READY_S
    while not done():
        if time.monotonic() > deadline:
            raise LostError("an actor does not get ready")
        time.sleep(0.01)


def judge(said: list[dict[str, Any]], *, server_killed: bool) -> None:
    """Refuse what no actor may meet: an error, or a store out of reach while its server lives."""
    bad = {"failed"} if server_killed else {"failed", "cut off"}
    for line in said:
        if line["kind"] in bad:
            raise LostError(line["text"])


def examine(town: Town, chance: random.Random) -> None:
    """Look for all that was answered, for halves, and for damage.

    Raises
    ------
    LostError
        With what is lost or wrong.
    """
    with Workspace.open(town.folder, town.url, create=False) as workspace:
        store = workspace.store
        sizes = Counter(key.rpartition("-")[0] for key in store.incidents()["source_id"])
        if halves := {batch: n for batch, n in sizes.items() if n != BATCH}:
            raise LostError(f"half batches: {halves}")
        plans = {record.id for record in store.plans()}
        editions = {edition.id: edition for edition in store.editions()}
        for line in town.answered:
            if not _is_there(line, workspace, set(sizes), plans, editions):
                raise LostError(f"lost: {line}")
        town.answered = [line for line in town.answered if line["kind"] != "read"]
        if faults := check(town.folder, store_url(town.folder, town.url)):
            raise LostError("; ".join(map(str, faults)))
        lon, lat = place_in(np.random.default_rng(chance.randrange(2**32)))
        if workspace.locations.find(lon, lat, "wgs84").code[:12] != community_at(lon, lat):
            raise LostError(f"a wrong grid at {lon}, {lat}")
        store.set_note("examined", str(len(editions)))


def _is_there(
    line: dict[str, Any], workspace: Workspace, batches: set[str], plans: set[int], editions: dict[int, Any]
) -> bool:
    match line["kind"]:
        case "incidents":
            return line["batch"] in batches
        case "plan":
            if line["id"] not in plans:
                return False
            journal = workspace.store.journal
            _, found = journal.assignment(line["id"], at=line["sequence"])
            whole = journal.replayed(line["id"]).equals(workspace.store.plan_assignment(line["id"]))
            return bool(whole and digest(sorted(found.items())) == line["digest"])
        case "edition":
            if line["id"] not in editions or editions[line["id"]].plan_id != line["plan"]:
                return False
            return bool(digest(sorted(workspace.store.edition_grids(line["id"])["code"])) == line["digest"])
    return True


def main() -> None:
    """Run from the command line; status 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--backend", choices=["sqlite", "postgis"], default="sqlite")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start = time.monotonic()
    try:
        totals = run(options.rounds, backend=options.backend, seed=options.seed)
    except LostError as error:
        print(f"LOST: {error}")
        sys.exit(1)
    print(f"{options.backend}: {options.rounds} rounds in {time.monotonic() - start:.0f} s, nothing lost")
    for kind, n in sorted(totals.items()):
        print(f"  {kind}: {n}")


if __name__ == "__main__":
    main()
