"""Files and folders in object stores, by their URL: S3 and what speaks it, and whatever else fsspec reaches.

Text becomes a `Remote` only where the operator names it, on the command line and in the environment: all else takes
text for the path of a file, so that no client of the service can have it open a URL.
"""

import errno
import io
import re
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from spatialgov.errors import InputError, SpatialGovError
from spatialgov.language import t
from spatialgov.threads import side_by_side

__all__ = ["Entry", "Remote"]

_USER = re.compile(r"(?<=://)[^/@]*@")
_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5", "LastModified", "last_modified", "mtime", "created")
"""What a store tells of a file that is another one when its content is: the first of them that it has."""


class Entry(NamedTuple):
    """What lies in a folder: its name, whether it is a folder itself, and the version of a file."""

    name: str
    is_folder: bool
    version: str | None


@dataclass(frozen=True)
class Remote:
    """A file or a folder in an object store; it goes to workers as it is.

    All methods raise `InputError` when the store does not do what is asked of it.

    Attributes
    ----------
    url
        As fsspec has it, such as ``s3://bucket/folder/file.parquet``. It may hold a password, so it is never shown:
        `str` gives what may be.
    version
        Of a file (size and ETag): another one is not read. None for whichever there is.
    """

    url: str = field(repr=False)
    version: str | None = None

    def __str__(self) -> str:
        """Give the URL without user, password and what signs it."""
        return _USER.sub("", self._plain)

    @property
    def name(self) -> str:
        """Its last part."""
        return self._plain.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """Of its name, with the dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> "Remote":
        """The folder that it lies in."""
        return Remote(self._plain.rpartition("/")[0])

    def with_name(self, name: str) -> "Remote":
        """Give what lies beside it."""
        return self.parent / name

    def __truediv__(self, name: str) -> "Remote":
        """Give what lies in it."""
        return Remote(f"{self._plain}/{name}")

    def at(self, version: str | None) -> "Remote":
        """Give the file of a version."""
        return Remote(self.url, version)

    def pinned(self) -> "Remote":
        """Give the file as it is now, a folder as it is."""
        info = self._info()
        return self.at(None if info["type"] == "directory" else _version(info))

    def is_folder(self) -> bool:
        """Whether there is a folder, and no file, of its name."""
        return bool(self._info()["type"] == "directory")

    def exists(self) -> bool:
        """Whether there is a file of its name."""
        with self._asking() as (system, path):
            try:
                return bool(system.info(path)["type"] != "directory")
            except FileNotFoundError:
                return False

    def check(self) -> None:
        """Refuse a file that has become another one."""
        if self.version is not None:
            self._check(self._info())

    def entries(self) -> list[Entry]:
        """List what lies in it, by name; nothing where there is no such folder."""
        with self._asking() as (system, path):
            try:
                found = system.ls(path, detail=True)
            except FileNotFoundError:
                return []
        own = path.strip("/")
        listed = []
        for info in found:
            there = info["name"].strip("/")
            if there != own:  # some stores have an empty file for the folder itself
                is_folder = info["type"] == "directory"
                listed.append(Entry(there.rpartition("/")[2], is_folder, None if is_folder else _version(info)))
        return sorted(listed)

    def open(self) -> io.RawIOBase:
        """Open it to read parts of it: each read is a request for a range."""
        info = self._info()
        self._check(info)
        return _Ranges(self, int(info["size"]))

    def range(self, begin: int, end: int) -> bytes:
        """Read the bytes from one position to before another."""
        with self._asking() as (system, path):
            return bytes(system.cat_file(path, start=begin, end=end))

    def contents(self, names: Sequence[str]) -> list[bytes]:
        """Read files in it, side by side."""
        with self._asking() as (system, path):
            return [bytes(content) for content in side_by_side(system.cat_file, [f"{path}/{name}" for name in names])]

    def fetch(self, target: Path) -> None:
        """Copy it to a file here."""
        self.check()
        with self._asking() as (system, path):
            system.get_file(path, str(target))
        self.check()

    def put(self, source: Path) -> None:
        """Make it of a file here: as a whole, or not at all."""
        with self._asking() as (system, path):
            system.put_file(str(source), path)

    def copy(self, target: "Remote") -> None:
        """Copy it inside the store; between stores it goes through this machine."""
        with self._asking() as (system, path):
            other, there = target._system()
            if system is other:
                system.cp_file(path, there)
                return
        with tempfile.TemporaryDirectory(prefix="spatialgov-") as folder:
            between = Path(folder) / "copy"
            self.fetch(between)
            target.put(between)

    def remove(self, names: Sequence[str]) -> None:
        """Remove files that are in it, side by side."""
        with self._asking() as (system, path):
            side_by_side(system.rm_file, [f"{path}/{name}" for name in names])

    def check_file(self) -> None:
        """Refuse to write a file that has the name of a folder, or can't be written."""
        if self.entries():
            raise self._failed(
                t("a folder of this name is there", "已有同名文件夹"), t("Name another output.", "请指定其他输出文件。")
            )
        self.check_writable()

    def check_writable(self) -> None:
        """Write an empty file beside it, and remove it: what can't be written is said before the work begins."""
        probe = self.with_name(f"{self.name}.{secrets.token_hex(4)}.probe")
        with self._asking():
            system, path = probe._system()
            system.pipe_file(path, b"")
            system.rm_file(path)

    @property
    def _plain(self) -> str:
        """The URL without what signs an address of the web."""
        url = self.url.partition("?")[0] if self.url.startswith(("http://", "https://")) else self.url
        return url.rstrip("/")

    def _system(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        system, path = url_to_fs(self.url.rstrip("/"), use_listings_cache=False)
        return system, path

    def _info(self) -> dict[str, Any]:
        with self._asking() as (system, path):
            return dict(system.info(path))

    def _check(self, info: dict[str, Any]) -> None:
        if self.version not in (None, _version(info)):
            raise self._failed(
                t("it was changed while it was being read", "文件在读取过程中被修改"),
                t("Run the same command again when nobody writes it.", "请在无人写入时重新运行同一命令。"),
            )

    @contextmanager
    def _asking(self) -> Iterator[tuple[Any, str]]:
        """Give what speaks to the store, and the path there; say in words what goes wrong."""
        try:
            yield self._system()
        except SpatialGovError:
            raise
        except Exception as error:  # what an object store's driver raises is its own
            raise self._told(error) from None  # its text may hold the password

    def _told(self, error: Exception) -> InputError:
        if isinstance(error, ImportError):
            return self._failed(
                t("what reads such addresses is not installed here", "此处未安装读取此类地址的程序"),
                t(
                    "Install it, on all workers too: pip install {package}.",
                    "请安装（所有工作进程所在主机均须安装）：pip install {package}。",
                    package=_package(self.url, error),
                ),
            )
        if isinstance(error, ValueError) and str(error).startswith("Protocol not known"):
            return self._failed(
                t("addresses of this kind are not known", "无法识别此类地址"),
                t("Write it as s3://bucket/folder/file.", "请写成 s3://bucket/folder/file 的形式。"),
            )
        if isinstance(error, FileNotFoundError):
            return self._failed(
                t("there is no such file or bucket", "没有该文件或存储桶"),
                t("Check the address, and that of the store (AWS_ENDPOINT_URL).",
                  "请检查地址以及对象存储的服务地址（AWS_ENDPOINT_URL）。"),
            )  # fmt: skip
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return self._failed(
                t(
                    "there is no room for a copy in {folder}",
                    "{folder} 中没有空间存放副本",
                    folder=tempfile.gettempdir(),
                ),
                t("Make room there, or name another folder with TMPDIR.", "请腾出空间，或用 TMPDIR 指定其他文件夹。"),
            )
        why = self._cleaned(f"{error}" or type(error).__name__)
        if isinstance(error, PermissionError) or "Credentials" in type(error).__name__:
            return self._failed(
                t("access is denied ({why})", "访问被拒绝（{why}）", why=why),
                t(
                    "Check the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) and their rights on the bucket, "
                    "on all workers too.",
                    "请检查访问凭证（AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY）及其对存储桶的权限，"
                    "所有工作进程均须检查。",
                ),
            )
        return self._failed(
            t("the store does not answer as it should ({why})", "对象存储未正常响应（{why}）", why=why),
            t(
                "Check the address of the store (AWS_ENDPOINT_URL) and the network, and run the same command again.",
                "请检查对象存储的服务地址（AWS_ENDPOINT_URL）和网络，然后重新运行同一命令。",
            ),
        )

    def _failed(self, reason: str, remedy: str) -> InputError:
        return InputError(
            t("{url} can't be used: {reason}.", "{url} 无法使用：{reason}。", url=self, reason=reason), remedy=remedy
        )

    def _cleaned(self, text: str) -> str:
        """Take user and password out of what a driver says."""
        found = _USER.search(self.url)
        for secret in [] if found is None else [found[0], *found[0][:-1].split(":")]:
            text = text.replace(secret, "…") if secret else text
        return text.partition("\n")[0].rstrip(".。")


class _Ranges(io.RawIOBase):
    """A file that is read by ranges, and is refused when it has become another one."""

    def __init__(self, remote: Remote, size: int) -> None:
        super().__init__()
        self._remote, self._size, self._at = remote, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence], 0)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        end = self._size if size is None or size < 0 else min(self._at + size, self._size)
        if end <= self._at:
            return b""
        content = self._remote.range(self._at, end)
        self._at += len(content)
        return content


def _version(info: dict[str, Any]) -> str:
    mark = next((info[name] for name in _VERSIONS if info.get(name)), "")
    return f"{info['size']} {mark}".replace('"', "")


def _package(url: str, error: ImportError) -> str:
    """Give what to install for a URL."""
    try:
        from fsspec.registry import known_implementations
    except ImportError:
        return "'spatialgov[cluster]'"
    protocol = url.partition("://")[0]
    package = str(known_implementations[protocol]["class"]).partition(".")[0]
    return f"'fsspec[{protocol}]'" if package == "fsspec" else package
