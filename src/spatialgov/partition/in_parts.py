"""The grounds of a partition divided in parts, on the cores at hand or on a cluster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from spatialgov.array_file import ArrayFile
from spatialgov.bulk import DataJob, Done, Hands, Part, open_data, save_data
from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.dividing import Floats, Ground, Labels, Progress, Step, divide_ground
from spatialgov.partition.engine import Band, Request
from spatialgov.partition.start import hilbert_order

__all__ = ["DivideGrounds", "divide_in_parts"]

_PART_UNITS = 1_000
"""Units of the grounds of a part: seconds of work."""
_BYTES_PER_UNIT, _BYTES_PER_OWN_UNIT = 64, 4_000
"""Of memory, for each unit of the file, and for each of the ground that is being divided."""
_GRAPH = tuple(field.name for field in fields(ContiguityGraph))


@dataclass(frozen=True)
class DivideGrounds(DataJob):
    """Divide grounds (`spatialgov.partition.dividing.divide_ground`), several in a part, which lie near each other.

    Attributes
    ----------
    data
        File of the graph, the loads, the grounds and the request.
    """

    name: ClassVar[str] = "partition"
    suffix: ClassVar[str] = ".npy"

    def parts(self, memory: int) -> list[Part]:
        """Give runs of grounds along a Hilbert curve."""
        arrays = open_data(self.data).arrays
        starts, rows, xy_m = arrays["starts"], arrays["rows"], arrays["xy_m"]
        sizes = np.diff(starts)
        middles = np.add.reduceat(xy_m[rows], starts[:-1]) / sizes[:, None]
        order = hilbert_order(middles)
        reached = np.cumsum(sizes[order])
        cuts = np.searchsorted(reached, np.arange(_PART_UNITS, int(sizes.sum()), _PART_UNITS)) + 1
        ends = [0, *(cut for cut in np.unique(cuts).tolist() if cut < len(order)), len(order)]
        return [
            Part(
                number,
                {"grounds": order[a:b].tolist()},
                _BYTES_PER_UNIT * len(xy_m) + _BYTES_PER_OWN_UNIT * int(sizes[order[a:b]].max()),
            )
            for number, (a, b) in enumerate(pairwise(ends))
            if a < b
        ]

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Divide the grounds of a part, one after the other."""
        stored = open_data(self.data)
        graph = ContiguityGraph(**{name: stored.arrays[name] for name in _GRAPH})
        load, target, request = stored.arrays["load"], stored.scalars["target"], _request(stored.scalars)
        found = [
            divide_ground(graph, ground, load, target, request) for ground in _grounds(stored, part.about["grounds"])
        ]
        np.save(result, np.concatenate(found), allow_pickle=False)
        return {"grounds": part.about["grounds"], "ends": np.cumsum([len(labels) for labels in found]).tolist()}

    def finish(self, done: Sequence[Done]) -> list[Labels]:
        """Give the labels of every ground, in their order."""
        labels: dict[int, Labels] = {}
        for one in done:
            found = np.split(np.load(one.file, allow_pickle=False), one.outcome["ends"][:-1])
            labels |= zip(one.outcome["grounds"], found, strict=True)
        return [labels[i] for i in sorted(labels)]


def divide_in_parts(
    graph: ContiguityGraph,
    grounds: Sequence[Ground],
    load: Floats,
    target: float,
    request: Request,
    hands: Hands,
    progress: Progress | None,
) -> list[Labels]:
    """Do what `spatialgov.partition.dividing.divide_all` does; `progress` is told as parts are done."""
    if not grounds:
        return []
    arrays = {name: getattr(graph, name) for name in _GRAPH} | {
        "load": load,
        "rows": np.concatenate([ground.rows for ground in grounds]),
        "pins": np.concatenate([ground.pins for ground in grounds]),
        "starts": np.cumsum([0, *(len(ground.rows) for ground in grounds)]),
        "k": np.array([ground.k for ground in grounds]),
        "pinned": np.array([len(ground.codes) for ground in grounds]),
    }
    scalars = {"target": target, "request": asdict(request)}
    job = DivideGrounds(save_data(hands.folder, "grounds", scalars, arrays))

    def told(done: int, total: int) -> None:
        if hands.progress is not None:
            hands.progress(done, total)
        if progress is not None:
            progress(Step(done, total))

    labels: list[Labels] = replace(hands, progress=told).do(job)
    return labels


def _request(scalars: Mapping[str, Any]) -> Request:
    values = dict(scalars["request"])
    return Request(**values | {"others": tuple(Band(**band) for band in values["others"])})


def _grounds(stored: ArrayFile, numbers: Sequence[int]) -> Iterator[Ground]:
    arrays = stored.arrays
    for i in numbers:
        a, b = arrays["starts"][i : i + 2]
        codes = [""] * int(arrays["pinned"][i])  # whose they are is for the caller to know
        yield Ground(arrays["rows"][a:b], codes, arrays["pins"][a:b], int(arrays["k"][i]))
