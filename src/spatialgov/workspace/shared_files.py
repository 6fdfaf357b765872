"""Files that the hosts of one store hand each other: in a folder that all of them see, or in an object store.

What is there is a copy. Its checksum stands in the store, so that no half, old or foreign copy is ever used. Whoever
finds none, or finds the place out of reach, makes the file from the store as if nobody had handed it out.
"""

import hashlib
import logging
import os
import posixpath
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from spatialgov.errors import StoreError
from spatialgov.language import t
from spatialgov.places import Place, place_named
from spatialgov.store import Store

__all__ = ["SharedFiles"]

_WAIT_S = 10.0
"""So long the place is waited for: a folder of a server that is gone would hold up whoever asks for ever."""
_PAUSE_S = 30.0
"""So long it is left alone after it was out of reach."""
_PIECE = 2**20

_log = logging.getLogger("spatialgov.workspace")


class SharedFiles:
    """The files that are handed out.

    Parameters
    ----------
    store
        Where their checksums are.
    url
        Folder, or URL as fsspec has it (``s3://bucket/folder``); None for a host that is alone.

    Raises
    ------
    StoreError
        When what reads such URLs is not installed.
    """

    def __init__(self, store: Store, url: str | None) -> None:
        self.url = url
        self._store = store
        self._place: tuple[Any, str] | None = None if url is None else _opened(url)
        self._again_at = 0.0

    @property
    def place(self) -> Place | None:
        """The folder, here or in an object store; None where there is none."""
        if self.url is None or self._place is None:
            return None
        system, root = self._place
        return Path(root) if getattr(system, "local_file", False) else place_named(self.url)

    def hand_out(self, path: Path, name: str) -> None:
        """Put a copy of a file there and record its checksum, in the change that is being made if there is one.

        Parameters
        ----------
        path
            The file.
        name
            Its name there, with ``/``: one for each content.
        """
        if self._place is None:
            return
        checksum = _checksum(path)
        if self._within(lambda system, root: _put(system, root, path, name), name):
            self._store.record_file(name, checksum)

    def fetch(self, name: str, path: Path) -> bool:
        """Copy a file that was handed out, beside `path` and then renamed; gives whether it is there now.

        Its folder is made.
        """
        checksum = None if self._place is None else self._store.file_checksum(name)
        if checksum is None:
            return False
        beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self._within(lambda system, root: _get(system, posixpath.join(root, name), beside), name):
                return False
            if _checksum(beside) != checksum:
                _log.warning("%s as it was handed out is damaged", name)
                return False
            beside.replace(path)
        except OSError as error:
            _log.warning("%s: %s", path, error)
            return False
        finally:
            with suppress(OSError):
                beside.unlink()
        return True

    def _within(self, work: Callable[[Any, str], None], name: str) -> bool:
        """Do something there, in a thread that nobody waits for longer than a while; gives whether it was done."""
        if self._place is None or time.monotonic() < self._again_at:
            return False
        place, ended = self._place, SimpleQueue[Exception | None]()

        def run() -> None:
            try:
                work(*place)
            except Exception as error:  # what an object store's driver raises is its own
                ended.put(error)
            else:
                ended.put(None)

        Thread(target=run, name="shared files", daemon=True).start()
        try:
            error = ended.get(timeout=_WAIT_S)
        except Empty:
            error = TimeoutError(f"no answer within {_WAIT_S:g} s")
        if error is None:
            return True
        if not isinstance(error, FileNotFoundError):
            self._again_at = time.monotonic() + _PAUSE_S
        _log.warning("the shared files can't be used (%s): %s", name, error)
        return False


def _opened(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs

        system, root = url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise StoreError(
            t("The shared folder can't be used: {error}", "无法使用共享文件夹：{error}", error=error),
            remedy=t(
                "Give a folder or a URL such as s3://bucket/folder (SPATIALGOV_SHARED_URL), and install what reads it: "
                "pip install 'spatialgov[cluster]', and s3fs for s3://.",
                "请提供文件夹或 s3://bucket/folder 形式的地址（SPATIALGOV_SHARED_URL），并安装相应程序："
                "pip install 'spatialgov[cluster]'，s3:// 另需 s3fs。",
            ),
        ) from error
    return system, root


def _put(system: Any, root: str, path: Path, name: str) -> None:
    """Write beside and rename: an object store puts a file there as a whole, a folder does not."""
    if getattr(system, "local_file", False) and not system.isdir(root):
        raise NotADirectoryError(root)  # a folder of our own making is none that others see
    target = posixpath.join(root, name)
    system.makedirs(posixpath.dirname(target), exist_ok=True)
    beside = f"{target}.{secrets.token_hex(4)}.half"
    try:
        system.put_file(str(path), beside)
        system.mv(beside, target)
    except BaseException:
        with suppress(Exception):
            system.rm_file(beside)
        raise


def _get(system: Any, source: str, path: Path) -> None:
    with system.open(source, "rb") as shared, path.open("wb") as file:
        while piece := shared.read(_PIECE):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
