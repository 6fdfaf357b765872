"""The locator's file: an `array_file` with the arrays of `Cells`, and ``codes``, ``chains`` and ``faults`` as JSON.

Its body is checked once, as a whole, before the first answer comes out of it (`Stored.check`). To check each part as
it is first touched would make that one answer quicker, and every later one slower.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.array_file import ArrayFile, FileKind, as_bytes, open_arrays, save_arrays
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.locate.cells import Cells
from spatialgov.locate.register import Register

__all__ = ["Stored", "open_file", "save_file"]

_LOCATOR = FileKind(
    b"SGLOCATE",
    2,
    lambda: t("locator file", "定位索引文件"),
    lambda: t("Build it again from the published grids.", "请用已发布的网格重新生成。"),
)


@dataclass(frozen=True)
class Stored:
    """A mapped file.

    Attributes
    ----------
    cells
        Its arrays; not to be read before `check`.
    """

    cells: Cells
    _file: ArrayFile

    def check(self) -> None:
        """Check the whole body.

        Raises
        ------
        StoreError
            When it is damaged.
        """
        self._file.check()

    def register(self) -> Register:
        """Read who the grids are, after `check`."""
        faults = [Fault(**fault) for fault in self._file.json("faults")]
        return Register(self._file.json("codes"), self._file.json("chains"), self._file.arrays["chain_of"], faults)


def save_file(path: Path, cells: Cells, register: Register) -> None:
    """Write the file beside `path` and rename it into place, so that no reader ever sees half of it."""
    scalars: dict[str, float] = {}
    arrays: dict[str, npt.NDArray[Any]] = {}
    for field in fields(cells):
        value = getattr(cells, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        else:
            scalars[field.name] = value
    arrays["chain_of"] = register.chain_of
    arrays["codes"] = as_bytes(register.codes)
    arrays["chains"] = as_bytes(register.chains)
    arrays["faults"] = as_bytes([fault.as_dict() for fault in register.faults])
    save_arrays(path, _LOCATOR, scalars, arrays)


def open_file(path: Path) -> Stored:
    """Map a file and check that it is a whole locator file, by its header and length.

    Raises
    ------
    StoreError
        When it can't be read, is no locator file, is of another version, or is truncated or damaged.
    """
    file = open_arrays(path, _LOCATOR)
    names = {field.name for field in fields(Cells)}
    arrays: dict[str, Any] = {name: array for name, array in file.arrays.items() if name in names}
    return Stored(Cells(**file.scalars, **arrays), file)
