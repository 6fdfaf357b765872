"""The first use of an inner loop on a machine compiles it: say so, instead of seeming to hang."""

from pathlib import Path

import spatialgov
from spatialgov.cli._shared import note
from spatialgov.language import t

__all__ = ["announce_compilation"]


def announce_compilation(*packages: str) -> None:
    """Say that loops are about to be compiled, where none of a package's lies in numba's cache yet.

    Parameters
    ----------
    packages
        Folders below `spatialgov` with a `_kernels.py`: ``partition/refine``, ``locate``, ``coverage``.
    """
    home = Path(spatialgov.__file__).parent
    if any(not list((home / package / "__pycache__").glob("_kernels.*.nbi")) for package in packages):
        note(
            t(
                "Compiling the inner loops, once on this machine: this can take half a minute …",
                "首次在本机运行，正在编译核心循环，可能需要半分钟 ……",
            )
        )
