"""One task in its own process: ``python -m tests.bench.allocation.worker TASK FOLDER SECONDS`` prints a JSON object."""

import json
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import numpy.typing as npt
import shapely
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, eye_array, kron
from scipy.sparse.csgraph import dijkstra

from spatialgov.allocation import assign_to_centres, p_median
from spatialgov.allocation.beats import patrol_beats
from spatialgov.allocation.checkpoints import checkpoints
from spatialgov.allocation.network import RoadNetwork, road_network
from spatialgov.allocation.travel import DRIVING, Snapped, snap, travel_times
from spatialgov.allocation.walks import least_repetition
from spatialgov.sample import boundaries_dir
from spatialgov.topology import metric_shapes
from tests.bench.allocation.advice import advice_task
from tests.bench.allocation.instances import Instance, names, read
from tests.bench.allocation.staffing import compared

__all__ = ["TASKS"]

Floats = npt.NDArray[np.float64]
_PEER_PLACES = 200
"""The largest instance that spopt gets: its models grow with the square."""
_INCIDENTS = 20_000_000
"""Of each case of staffing: with fewer the simulation itself would be off by more than half a percent."""


def p_median_task(folder: Path, peer_s: float) -> dict[str, float]:
    """Cost, bound and time of every instance, and spopt's time."""
    instances = [read(folder, name) for name in names(folder)]
    p_median(instances[1].distance, instances[1].p)  # compiles
    figures: dict[str, float] = {}
    above, ratios, wrong, proved = [], [], 0, 0
    for instance in instances:
        cpu, found = _timed(p_median, instance.distance, instance.p)
        above.append(found.cost / instance.optimum - 1.0)
        wrong += found.bound > instance.optimum + 1e-6
        proved += found.proved
        figures |= {f"cpu_{instance.name}": cpu, f"gap_{instance.name}": found.gap}
        if len(instance.distance) <= _PEER_PLACES:
            theirs, cost = _timed(_spopt, instance, peer_s)
            figures[f"cpu_spopt_{instance.name}"] = theirs
            if cost <= instance.optimum * (1.0 + 1e-6):
                ratios.append(theirs / cpu)
    return {
        "instances": len(instances),
        "mean_above": float(np.mean(above)),
        "most_above": float(np.max(above)),
        "wrong_bounds": wrong,
        "proved": proved / len(instances),
        "spopt_solved": len(ratios),
        **({"least_ratio": min(ratios)} if ratios else {}),
        **figures,
    }


def _spopt(instance: Instance, seconds: float) -> float:
    import pulp
    from spopt.locate import PMedian

    warnings.simplefilter("ignore")
    model = PMedian.from_cost_matrix(instance.distance, np.ones(len(instance.distance)), p_facilities=instance.p)
    return float(model.solve(pulp.HiGHS(msg=False, timeLimit=seconds)).problem.objective.value())


def assignment_task(_folder: Path, _peer_s: float) -> dict[str, float]:
    """Rows divided, against HiGHS, and rows kept whole."""
    rng = np.random.default_rng(1)
    n, m = 3_000, 30
    places, centres = rng.random((n, 2)), rng.random((m, 2))
    cost = np.hypot(*(places[:, None] - centres).transpose(2, 0, 1))
    load = rng.integers(1, 9, n).astype(np.float64)
    capacity = np.ceil(rng.dirichlet(np.full(m, 5.0)) * load.sum() * 1.05)
    assign_to_centres(cost[:50], load[:50], capacity)  # compiles
    ours, divided = _timed(lambda: assign_to_centres(cost, load, capacity, divide=True))
    rows, held = kron(eye_array(n), np.ones((1, m))).tocsr(), kron(np.ones((1, n)), eye_array(m)).tocsr()
    solve: Any = linprog  # its stubs know no sparse matrices
    theirs, solved = _timed(lambda: solve(cost.ravel(), A_ub=held, b_ub=capacity, A_eq=rows, b_eq=load, method="highs"))
    cpu_whole, whole = _timed(lambda: assign_to_centres(cost, load, capacity, time_limit_s=20))
    return {
        "cpu_ours": ours,
        "cpu_highs": theirs,
        "difference": abs(divided.cost / solved.fun - 1.0),
        "divided": len(divided.divided),
        "cpu_whole": cpu_whole,
        "gap_whole": whole.gap,
    }


def travel_task(_folder: Path, _peer_s: float) -> dict[str, float]:
    """Times from 500 units to all."""
    network = _city()
    points = gpd.read_file(boundaries_dir() / "sample" / "units.geojson").geometry.representative_point()
    everywhere = snap(network, points.x, points.y)
    some = Snapped(everywhere.segment[:500], everywhere.along_m[:500], everywhere.off_m[:500])
    travel_times(network, some, everywhere)
    ours, found = _timed(lambda: travel_times(network, some, everywhere))
    theirs, expected = _timed(lambda: _scipy_times(network, some, everywhere))
    other = some.segment[:, None] != everywhere.segment  # scipy's graph has no ways along one segment
    return {
        "segments": len(network.tail),
        "cpu_ours": ours,
        "cpu_scipy": theirs,
        "difference": float(np.abs(found - expected)[other].max()),
    }


def _scipy_times(network: RoadNetwork, some: Snapped, everywhere: Snapped) -> Floats:
    pace = DRIVING.seconds_per_m(network)
    seconds = network.length_m * pace
    k, n = len(some.segment), network.n_nodes

    def ends(places: Snapped) -> tuple[Floats, Floats]:
        along = places.along_m * pace[places.segment]
        return along, seconds[places.segment] - along

    start = n + np.arange(k)
    tails = np.concatenate([network.tail, network.head, start, start])
    heads = np.concatenate([network.head, network.tail, network.tail[some.segment], network.head[some.segment]])
    value = np.concatenate([seconds, seconds, *ends(some)])
    order = np.lexsort((value, heads, tails))  # of parallel segments the quickest: a matrix would add them up
    first = order[np.r_[True, (np.diff(tails[order]) != 0) | (np.diff(heads[order]) != 0)]]
    graph = csr_array(coo_array((value[first], (tails[first], heads[first])), shape=(n + k, n + k)))
    reached = dijkstra(graph, indices=start)
    to_tail, to_head = ends(everywhere)
    way = np.minimum(
        reached[:, network.tail[everywhere.segment]] + to_tail, reached[:, network.head[everywhere.segment]] + to_head
    )
    return np.asarray(way + (some.off_m[:, None] + everywhere.off_m) / (DRIVING.off_road_kmh / 3.6))


def checkpoints_task(_folder: Path, _peer_s: float) -> dict[str, float]:
    """Cuts around communities and subdistricts."""
    network = _city()
    areas = gpd.read_file(boundaries_dir() / "sample" / "jurisdictions.geojson")
    ours = theirs = 0.0
    different = open_ways = cuts = 0
    for area in areas.geometry[areas["level"].isin(["community", "subdistrict"])]:
        ground = metric_shapes(np.array([area]), network.crs)[0]
        away = shapely.distance(shapely.points(network.xy_m), ground)
        for belt_m in (300.0, 2_000.0):
            if not (away > belt_m).any():
                continue
            cpu, found = _timed(partial(checkpoints, belt_m=belt_m), network, area)
            side = np.where(away == 0, -1, np.where(away > belt_m, -2, np.arange(len(away))))
            cpu_peer, least = _timed(_networkx_cut, side[network.tail], side[network.head])
            ours, theirs, cuts = ours + cpu, theirs + cpu_peer, cuts + 1
            different += least != found.posts
            left = np.setdiff1d(np.arange(len(network.tail)), found.segments)
            graph = nx.Graph(zip(side[network.tail[left]].tolist(), side[network.head[left]].tolist(), strict=True))
            open_ways += graph.has_node(-1) and graph.has_node(-2) and nx.has_path(graph, -1, -2)
    return {"cuts": cuts, "cpu_ours": ours, "cpu_networkx": theirs, "different": different, "open": open_ways}


def _networkx_cut(tail: npt.NDArray[np.int64], head: npt.NDArray[np.int64]) -> int:
    graph = nx.Graph()
    for a, b in zip(tail.tolist(), head.tolist(), strict=True):
        if a != b:
            graph.add_edge(a, b, capacity=(graph.edges[a, b]["capacity"] if graph.has_edge(a, b) else 0) + 1)
    return int(nx.minimum_cut(graph, -1, -2)[0])


def beats_task(_folder: Path, _peer_s: float) -> dict[str, float]:
    """The city's streets in 25 beats."""
    network = _city()
    cpu, found = _timed(lambda: patrol_beats(network, 25, time_limit_s=120))
    not_closed = not_least = 0
    for part, (walk, forward) in enumerate(found.walks):
        own = np.flatnonzero(found.beat == part)
        begins = np.where(forward, network.tail[walk], network.head[walk])
        ends = np.where(forward, network.head[walk], network.tail[walk])
        not_closed += not (np.array_equal(begins, np.roll(ends, 1)) and np.array_equal(np.unique(walk), own))
        _, least = least_repetition(network.tail[own], network.head[own], network.length_m[own])
        not_least += float(found.frame["repeated_m"].iloc[part]) > least + 0.01
    return {
        "segments": len(network.tail),
        "cpu": cpu,
        "longest_over_shortest": 1.0 + found.spread,
        "repeated_share": float(found.frame["repeated_m"].sum() / found.frame["streets_m"].sum()),
        "above_bound": found.length_m / found.bound_m - 1.0,
        "not_closed": not_closed,
        "not_least": not_least,
    }


def staffing_task(_folder: Path, _peer_s: float) -> dict[str, float]:
    """Waiting of twenty grids, by the model and simulated."""
    figures: dict[str, float] = {}
    busy, waits = [], []
    for case, simulated, utilisation, wait_min in compared(_INCIDENTS):
        busy.append(abs(utilisation / simulated.utilisation - 1.0))
        waits.append(abs(wait_min / simulated.wait_min - 1.0))
        figures[f"wait_{case.name}"] = wait_min / simulated.wait_min
        figures[f"error_{case.name}"] = simulated.wait_error_min / simulated.wait_min
    return {"cases": len(waits), "most_utilisation": max(busy), "most_waiting": max(waits), **figures}


def _city() -> RoadNetwork:
    return road_network(gpd.read_file(boundaries_dir() / "sample" / "roads.geojson"))


def _timed(work: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Give the CPU seconds and the answer."""
    begun = time.process_time()
    answer = work(*arguments)
    return time.process_time() - begun, answer


TASKS: dict[str, Callable[[Path, float], dict[str, float]]] = {
    "p_median": p_median_task,
    "assignment": assignment_task,
    "travel": travel_task,
    "checkpoints": checkpoints_task,
    "beats": beats_task,
    "advice": advice_task,
    "staffing": staffing_task,
}
"""Task → what does it, with the folder of real data and the seconds of a peer. A new one gets a line here, its goals in
`goals`, and a sentence in `report`."""


if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](Path(sys.argv[2]), float(sys.argv[3]))))
