"""What the commands share whose work can be done in parts: on the cores at hand, or by the workers of a cluster."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spatialgov.cli._outputs import PathOrUrl
from spatialgov.cli._shared import note, print_json, print_table
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.bulk import Hands, Outlook
    from spatialgov.places import Place

__all__ = ["Apart", "cluster_options"]

F = TypeVar("F", bound=Callable[..., Any])

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)B?")
_POWERS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}
_PARTS_SHOWN = 20
_MB = 10**6


@dataclass(frozen=True, slots=True)
class Apart:
    """What the options say about work in parts.

    Attributes
    ----------
    cluster
        Address of a scheduler, or None.
    parts
        Folder for what is kept of the parts, here or in an object store, or None.
    memory
        Bytes that a part may take, or None.
    dry_run
        Whether only to say what would be done.
    """

    cluster: str | None
    parts: "Place | None"
    memory: int | None
    dry_run: bool = False

    @property
    def asked(self) -> bool:
        """Whether the work is to be done in parts."""
        return self.dry_run or not (self.cluster is None and self.parts is None and self.memory is None)

    def foresee(self, beside: "Place", work: "Callable[[Hands], object]") -> None:
        """Say which parts work would have; what it is to do is for `hands`."""
        from spatialgov.bulk import Foreseen, Hands

        try:
            work(Hands(self._folder(beside), self.cluster, memory=self.memory, dry_run=True))
        except Foreseen as found:
            _say(found.outlook)

    @contextmanager
    def hands(self, beside: "Place", label: str, *, as_json: bool) -> "Iterator[Hands]":
        """Give those who do the work, and show how far they are; a dry run ends where they would begin.

        Parameters
        ----------
        beside
            The file beside which parts are kept where no folder is named: as FILE.parts.
        label
            What they do.
        as_json
            How the outlook of a dry run is shown.
        """
        from spatialgov.bulk import Foreseen, Hands

        folder = self._folder(beside)
        if self.dry_run:
            try:
                yield Hands(folder, self.cluster, memory=self.memory, dry_run=True)
            except Foreseen as found:
                _print_outlook(found.outlook, as_json=as_json)
                raise SystemExit(0) from None
            note(t("A dry run: there is nothing to do in parts.", "试运行：没有需要分块执行的工作。"))
            raise SystemExit(0)
        with click.progressbar(length=1, label=label, update_min_steps=0, file=sys.stderr) as bar:

            def show(done: int, total: int) -> None:
                bar.length = max(total, 1)
                bar.update(done - bar.pos)

            yield Hands(folder, self.cluster, show, self.memory)

    def _folder(self, beside: "Place") -> "Place":
        from spatialgov.places import absolute

        return absolute(self.parts or beside.with_name(f"{beside.name}.parts"))


def cluster_options(*, dry_run: bool = True) -> Callable[[F], F]:
    """Add ``--cluster``, ``--parts``, ``--memory`` and, unless the command has its own, ``--dry-run``.

    The command gets them as `apart`, an `Apart`.
    """

    def added(command: F) -> F:
        @wraps(command)
        def gathered(*args: Any, cluster: str | None, parts: "Place | None", memory: int | None, **options: Any) -> Any:
            dry = options.pop("dry_run") if dry_run else False
            return command(*args, apart=Apart(cluster or None, parts, memory, dry), **options)

        result: Any = gathered
        for option in _options() if dry_run else _options()[1:]:
            result = option(result)
        return result  # type: ignore[no-any-return]

    return added


def _options() -> list[Callable[[Any], Any]]:
    return [
        click.option(
            "--dry-run",
            is_flag=True,
            help=t(
                "Do nothing; say which parts there would be, which are done already, and their memory.",
                "不执行，只列出各分块、已完成的分块及所需内存。",
            ),
        ),
        click.option(
            "--memory",
            metavar="SIZE",
            callback=_bytes,
            help=t(
                "Do the work in parts of so much memory, e.g. 2GB; by default what the workers have.",
                "分块执行，每块可用内存如 2GB；默认为工作进程所有。",
            ),
        ),
        click.option(
            "--parts",
            metavar="FOLDER",
            type=PathOrUrl(click.Path(file_okay=False, path_type=Path)),
            help=t(
                "Do the work in parts and keep their results here, to go on after an interruption; with a cluster, a "
                "folder that all workers see under this name, or one in an object store, e.g. s3://bucket/work.",
                "分块执行并将各块结果保存于此，中断后可继续；使用集群时须为所有工作进程以相同路径可见的文件夹，"
                "或对象存储中的文件夹，如 s3://bucket/work。",
            ),
        ),
        click.option(
            "--cluster",
            metavar="ADDRESS",
            envvar="SPATIALGOV_CLUSTER",
            help=t(
                "Have the workers of this Dask scheduler do it, e.g. tcp://10.0.0.5:8786.",
                "由此 Dask 调度器的工作进程执行，如 tcp://10.0.0.5:8786。",
            ),
        ),
    ]


def _print_outlook(outlook: "Outlook", *, as_json: bool) -> None:
    """Show what a run would do: all of it as JSON, or the first parts as a table."""
    if as_json:
        print_json(
            {
                "parts": [
                    {"number": part.number, **part.about, "bytes": part.bytes, "done": part.number in outlook.done}
                    for part in outlook.parts
                ],
                "at_once": outlook.at_once,
                "memory": outlook.memory,
                "folder": str(outlook.folder),
            }
        )
    else:
        rows = [
            (
                part.number,
                json.dumps(part.about, ensure_ascii=False)[1:-1].replace('"', ""),
                f"{part.bytes / _MB:,.0f}",
                t("done", "已完成") if part.number in outlook.done else "",
            )
            for part in outlook.parts[:_PARTS_SHOWN]
        ]
        print_table((t("part", "分块"), t("what", "内容"), t("memory, MB", "内存（MB）"), ""), rows)
        if (more := len(outlook.parts) - len(rows)) > 0:
            note(t("  … and {n} more.", "  …… 另有 {n} 处。", n=more))
    _say(outlook)
    note(t("A dry run: nothing was done.", "试运行：未执行任何工作。"))


def _say(outlook: "Outlook") -> None:
    note(
        t(
            "{n:,} parts, {done:,} of them done; {at_once} at once, each up to {most:,} of {memory:,} MB; kept in "
            "{folder}.",
            "共 {n:,} 个分块，已完成 {done:,} 个；同时执行 {at_once} 个，每块最多占 {most:,} MB（可用 {memory:,} MB）；"
            "保存于 {folder}。",
            n=len(outlook.parts),
            done=len(outlook.done),
            at_once=outlook.at_once,
            most=-(-outlook.most_bytes // _MB),
            memory=outlook.memory // _MB,
            folder=outlook.folder,
        )
    )


def _bytes(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    if text is None:
        return None
    found = _SIZE.fullmatch(text.strip())
    size = 0 if found is None else int(float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2]])
    if size < 1:
        raise click.BadParameter(t("write it as 500MB or 2GB", "请写成 500MB 或 2GB 的形式"))
    return size
