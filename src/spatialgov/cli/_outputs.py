"""Files to read and to write, here or in an object store: what can't be written is said before the work begins."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.places import Place

__all__ = ["InputFile", "OutputFile", "PathOrUrl"]

_INPUTS, _OUTPUTS = "spatialgov.inputs", "spatialgov.outputs"
"""Where the files of a call are noted until all are known."""


class InputFile(click.Path):
    """The path of a file to read, which no output of the same call may take the place of."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Give the path, or end as a wrong call."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        self.check(path, param, ctx)
        return path

    def check(self, place: "Place", param: click.Parameter | None, ctx: click.Context | None) -> None:
        """Refuse what is written too."""
        _keep_apart(self, place, param, ctx, _INPUTS, _OUTPUTS)


class OutputFile(click.Path):
    """The path of a file to write: its folder is there and can be written to, its suffix names a format.

    Parameters
    ----------
    suffixes
        Those that the command can write, with the dot; none for any.
    folders
        Whether a folder of files may be there already, to be replaced.
    """

    def __init__(self, *suffixes: str, folders: bool = False) -> None:
        super().__init__(dir_okay=folders, path_type=Path)
        self.name = "file"
        self._suffixes = suffixes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Give the path, or end as a wrong call."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        self.check(path, param, ctx)
        folder = path.parent
        if not folder.is_dir():
            self.fail(t("There is no folder {folder}.", "没有文件夹 {folder}。", folder=folder), param, ctx)
        if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            self.fail(t("{file} can't be written.", "无法写入 {file}。", file=path), param, ctx)
        return path

    def check(self, place: "Place", param: click.Parameter | None, ctx: click.Context | None) -> None:
        """Refuse a suffix that names no format, and what is read too."""
        if self._suffixes and place.suffix.lower() not in self._suffixes:
            names = ", ".join(self._suffixes)
            self.fail(
                t("“{file}” must end in {names}.", "“{file}” 应以 {names} 结尾。", file=place, names=names), param, ctx
            )
        _keep_apart(self, place, param, ctx, _OUTPUTS, _INPUTS)


class PathOrUrl(click.Path):
    """A file or a folder that may be in an object store too. Only here does text become a place in a store.

    Parameters
    ----------
    local
        What a path must be.
    """

    def __init__(self, local: click.Path) -> None:
        super().__init__(path_type=Path)
        self.name = local.name
        self._local = local

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the `Place`, or end as a wrong call."""
        if "://" in str(value):
            from spatialgov.places import place_named

            place = place_named(str(value))
            if not isinstance(place, Path):
                if isinstance(self._local, (InputFile, OutputFile)):
                    self._local.check(place, param, ctx)
                return place
            value = place
        return Path(os.fsdecode(self._local.convert(value, param, ctx)))


def _keep_apart(
    kind: click.Path, path: "Place", param: click.Parameter | None, ctx: click.Context | None, own: str, others: str
) -> None:
    """Refuse to write over what is read; whichever of the two comes second on the command line notices it."""
    if ctx is None:
        return
    real = os.path.realpath(path) if isinstance(path, Path) else str(path)
    ctx.meta.setdefault(own, set()).add(real)
    if real in ctx.meta.get(others, ()):
        message = t("{file} is both read and written.", "{file} 既是输入又是输出。", file=path)
        kind.fail(f"{message} {t('Name another output.', '请指定其他输出文件。')}", param, ctx)
