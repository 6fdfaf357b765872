"""Back-tests in parts: a part makes the surfaces of some windows, from all that happened before each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from spatialgov.array_file import ArrayFile, FileKind, open_arrays, save_arrays
from spatialgov.bulk import DataJob, Done, Hands, Part, open_data, save_data
from spatialgov.incidents.raster import Raster
from spatialgov.incidents.surfaces import COMPONENTS, METHODS, SMOOTHED_M, History, Surfaces, Walk, walk
from spatialgov.language import t
from spatialgov.places import Place

__all__ = ["WalkInParts", "walked_in_parts"]

_WINDOWS = 4
"""Of a part: what fades is carried on from the first window on, which more parts would do more often."""
_RASTERS = 40
"""So many rasters of float64 are in memory while the surfaces of a day are made: transforms, and what fades."""
_BYTES_PER_INCIDENT = 60

_SURFACES = FileKind(
    b"SGSURFAC",
    1,
    lambda: t("file of surfaces", "预测面文件"),
    lambda: t("Run the same command again.", "请重新运行同一命令。"),
)

Floats = npt.NDArray[np.float64]


def walked_in_parts(hands: Hands) -> Callable[[History, Floats], Walk]:
    """Give what `spatialgov.incidents.forecast` takes as `walking`, to have the surfaces of its back-test made."""

    def walking(history: History, days: Floats) -> Walk:
        raster = history.raster
        data = save_data(
            hands.folder,
            "history",
            {"raster": [raster.x0_m, raster.y0_m, raster.cell_m, raster.nx, raster.ny]},
            {"inside": history.inside, "cell": history.cell, "day": history.day, "own": history.own, "days": days},
        )
        walked: Walk = hands.do(WalkInParts(data))
        return walked

    return walking


@dataclass(frozen=True)
class WalkInParts(DataJob):
    """Make the surfaces of the windows of a back-test, see `spatialgov.incidents.surfaces.walk`.

    Attributes
    ----------
    data
        File with the history and the first day of each window.
    """

    name: ClassVar[str] = "backtest"

    def parts(self, memory: int) -> list[Part]:
        """Give windows that follow each other."""
        history, days = _history(self.data)
        margin = 2 * int(6 * max(SMOOTHED_M) / history.raster.cell_m + 2)
        padded = (history.raster.nx + margin) * (history.raster.ny + margin)
        own = 8 * _RASTERS * padded + _BYTES_PER_INCIDENT * len(history.day)
        # they are gathered, and then written
        kept = 2 * 8 * (len(METHODS) + len(COMPONENTS)) * history.n_inside
        windows = int(min(max((memory - own) // max(kept, 1), 1), _WINDOWS))
        return [
            Part(number, {"windows": [first, min(first + windows, len(days))]}, own + windows * kept)
            for number, first in enumerate(range(0, len(days), windows))
        ]

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Make the surfaces of some windows."""
        history, days = _history(self.data)
        found = list(walk(history, days, *part.about["windows"]))
        names = list(found[0].scores)
        save_arrays(
            result,
            _SURFACES,
            {"names": names},
            {
                "day": np.array([one.day for one in found]),
                "rates": np.array([one.rates for one in found]),
                "scores": np.array([[one.scores[name] for name in names] for one in found]),
                "components": np.array([one.components for one in found]),
            },
        )
        return {}

    def finish(self, done: Sequence[Done]) -> Walk:
        """Give what reads them window by window: the files stay mapped when their names are gone."""
        files = [open_arrays(one.file, _SURFACES) for one in done]
        for file in files:
            file.check()
        places = [(file, row) for file in files for row in range(len(file.arrays["day"]))]

        def walked(first: int, last: int) -> Iterator[Surfaces]:
            return (_surfaces(file, row) for file, row in places[first:last])

        return walked


def _surfaces(file: ArrayFile, row: int) -> Surfaces:
    arrays = file.arrays
    scores = dict(zip(file.scalars["names"], arrays["scores"][row], strict=True))
    return Surfaces(float(arrays["day"][row]), scores, arrays["components"][row], arrays["rates"][row])


def _history(data: Place) -> tuple[History, list[float]]:
    file = open_data(data)
    x0_m, y0_m, cell_m, nx, ny = file.scalars["raster"]
    inside = file.arrays["inside"].astype(np.bool_)
    position = np.where(inside.ravel(), np.cumsum(inside.ravel()) - 1, -1)
    history = History(
        Raster(x0_m, y0_m, cell_m, nx, ny),
        inside,
        file.arrays["cell"],
        file.arrays["day"],
        file.arrays["own"].astype(np.bool_),
        position,
    )
    return history, file.arrays["days"].tolist()
