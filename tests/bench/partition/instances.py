"""What is divided: the instances, and their arrays as the judge wants them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["DATA", "EVERYDAY", "LARGE", "OFTEN", "SCALING", "Arrays", "Instance", "arrays", "make_fabric"]

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("SPATIALGOV_TEST_DATA", ROOT.parent / "shared" / "data"))

Arrays = dict[str, Any]
"""`n`, `pop`, `area`, `xy`, `ext` (outer border), `edges`, `w` (shared border), and `barrier` where there are any."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A graph, and into how many parts it is divided by which methods (keys of `methods.METHODS`).

    The methods in `often` are asked `OFTEN` times as many seeds: where parts are few and units coarse, METIS's border
    differs by 7 % from seed to seed, and three seeds decide by luck whether a limit is kept.
    """

    name: str
    graph: str
    k: int
    methods: tuple[str, ...]
    hard_barriers: bool = False
    often: tuple[str, ...] = ()


OFTEN = 7

_ALL = ("metis", "metis_tight", "metis_thorough", "gerrychain", "gerrychain_quick", "quick", "default", "best")

EVERYDAY = (
    Instance("pa_tract", "pa_tract", 100, _ALL, often=("metis", "metis_tight", "quick", "default")),
    Instance("fabric_50000", "fabric_50000", 1250, _ALL),
    Instance(
        "fabric_50000, hard barriers", "fabric_50000", 1250,
        ("metis", "metis_broken", "quick", "default", "best"), hard_barriers=True,
    ),
)  # fmt: skip
LARGE = Instance("fabric_1000000", "fabric_1000000", 25_000, ("metis", "metis_tight", "quick", "default"))
SCALING = tuple(Instance(f"fabric_{n}", f"fabric_{n}", n // 40, ("quick",)) for n in (10_000, 100_000, 1_000_000))


def make_fabric(n: int, folder: Path) -> None:
    """Write ``fabric_<n>.npz`` into a folder, with the generator that lies beside the data."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": str(folder)}
    command = [sys.executable, str(DATA / "make_fabric.py"), str(n)]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def arrays(file: Path) -> Arrays:
    """Read the arrays of a graph."""
    with np.load(file) as stored:
        found: Arrays = {name: stored[name] for name in stored.files if stored[name].dtype.kind in "biuf"}
    return found | {"n": len(found["pop"])}


def without_barriers(graph: Arrays) -> Arrays:
    """Give the graph whose barriers are the end of the ground: their borders become outer borders."""
    shut: npt.NDArray[np.bool_] = graph["barrier"] > 0
    ends, length = graph["edges"][shut].ravel(), np.repeat(graph["w"][shut], 2)
    outer = graph["ext"] + np.bincount(ends, length, graph["n"])
    return graph | {"edges": graph["edges"][~shut], "w": graph["w"][~shut], "ext": outer}
