"""Each kernel is compiled by one process: others that need it at the same time wait and find it in numba's cache.

Without that the workers of a run, which come to the same kernels at about the same time, compile all of them twice.
"""

import fcntl
from pathlib import Path
from typing import Any

from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import Dispatcher

__all__ = ["compile_once"]


def compile_once() -> None:
    """Have this process wait for others that compile kernels of the same folder."""
    compile_or_load = Dispatcher.compile
    compiling = False

    def compile_alone(dispatcher: Any, signature: Any) -> Any:
        nonlocal compiling
        folder = dispatcher._cache.cache_path
        with global_compiler_lock:
            if compiling or folder is None:  # what a kernel calls is compiled with it
                return compile_or_load(dispatcher, signature)
            compiling = True
            try:
                with (Path(folder) / "compiling.lock").open("w") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    return compile_or_load(dispatcher, signature)
            finally:
                compiling = False

    setattr(Dispatcher, "compile", compile_alone)  # noqa: B010 -- mypy knows that it is a method
