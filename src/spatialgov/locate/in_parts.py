"""A table of points with their grids, made piece by piece, on the cores at hand or on a cluster."""

import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from spatialgov.bulk import Done, Job, Part
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.locate.locator import Locator
from spatialgov.locate.point_files import Answers, BadRow, Report, check_apart, no_place
from spatialgov.locate.point_tables import Points, open_points, open_sink
from spatialgov.locate.table_files import DONE, name_of, named_file, open_all, state_of_table, table_files
from spatialgov.object_store import Remote
from spatialgov.places import Place, here, written_whole
from spatialgov.threads import side_by_side

__all__ = ["LocateFile"]

_RESULT = re.compile(rf"part-\d+\.parquet|{DONE}")


@dataclass(frozen=True)
class LocateFile(Job):
    """Add the grid to every row of a table, see `locate_file`.

    A CSV becomes one file, byte by byte that of `locate_file`; Parquet a folder of files, which readers take as one
    table, with the same rows in the same order.

    Attributes
    ----------
    locator
        File of the locator, whose name tells what it holds. Each worker maps it once.
    source, target
        Files, the source a folder of Parquet files too; the target ends with ``.csv`` or ``.parquet``.
    datum, lon, lat, border_m
        As for `locate_file`.
    shipped
        Whether the locator is a copy for the workers, to be removed in the end.
    """

    name: ClassVar[str] = "locate"
    locator: Place
    source: Place
    target: Place
    datum: str
    lon: str = "lon"
    lat: str = "lat"
    border_m: bool = False
    shipped: bool = False

    @property
    def suffix(self) -> str:  # type: ignore[override]
        """That of the target."""
        return self.target.suffix.lower()

    def basis(self) -> Mapping[str, Any]:
        """Give the source as it is now, the locator and the options."""
        return {
            "source": state_of_table(self.source),
            "locator": self.locator.name,
            "target": self.suffix,
            "options": [self.datum, self.lon, self.lat, self.border_m],
        }

    def parts(self, memory: int) -> list[Part]:
        """Give pieces of some millions of rows, which are read in batches that fit into the memory."""
        self._check_target()
        parts: list[Part] = []
        for points in open_all(table_files(self.source), self._open):
            size, taken = points.sized(memory)
            about = {**name_of(points.path, self.source), "batch": size, "encoding": points.encoding}
            for piece in points.pieces():
                parts.append(Part(len(parts), {**about, "piece": list(piece)}, taken))
        return parts

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Locate the rows of a piece."""
        points = self._open(named_file(self.source, part.about), part.about["encoding"])
        answers = Answers(_opened(self.locator), self.datum, points, border_m=self.border_m)
        begin, end = part.about["piece"]
        with open_sink(result, answers.schema, answers.plain) as write:
            for batch in points.batches((begin, end), part.about["batch"]):
                write(answers.added(batch))
        return asdict(answers.report)

    def finish(self, done: Sequence[Done]) -> Report:
        """Put the results together; the time it took is for the caller to say."""
        self._check_target()
        report = Report()
        for one in done:
            bad_rows = [BadRow(**bad) for bad in one.outcome["bad_rows"]]
            report.add(Report(**{**one.outcome, "bad_rows": bad_rows}))
        if report.located + report.outside == 0:
            raise no_place(self.source, self.lon, self.lat)
        try:
            if self.suffix == ".csv":
                _joined((one.file for one in done), self.target)
            elif isinstance(self.target, Path):
                _gathered(done, self.target)
            else:
                _copied([one.place for one in done], self.target)
        except OSError as error:
            raise InputError(
                t("{file} can't be written: {reason}.", "无法写入 {file}：{reason}。", file=self.target, reason=error),
                remedy=t("Check the folder and its free space.", "请检查文件夹及其剩余空间。"),
            ) from error
        return report

    def belongings(self) -> Sequence[Place]:
        """Give the locator, where it is a copy."""
        return (self.locator,) if self.shipped else ()

    def _check_target(self) -> None:
        """Refuse to put results in the place of the source, or of a folder that holds anything else."""
        check_apart(self.source, self.target)
        if isinstance(self.target, Path):
            names = [path.name for path in self.target.iterdir()] if self.target.is_dir() else []
        else:
            names = [entry.name for entry in self.target.entries()]
        if any(not _RESULT.fullmatch(name) for name in names):
            raise InputError(
                t("The folder {file} holds other files.", "文件夹 {file} 中有其他文件。", file=self.target),
                remedy=t("Name another output.", "请指定其他输出文件。"),
            )

    def _open(self, file: Place, encoding: str | None = None) -> Points:
        return open_points(file, self.datum, self.lon, self.lat, encoding)


@lru_cache(maxsize=1)
def _opened(place: Place) -> Locator:
    """Map a locator, once in a process; its checksums are checked before the first answer."""
    return Locator.open(here(place))


def _joined(files: Iterable[Path], target: Place) -> None:
    """Put files of CSV one after the other, with one head."""
    with written_whole(target) as beside, beside.open("wb") as whole:
        for i, file in enumerate(files):
            with file.open("rb") as part:
                if i:
                    part.readline()
                shutil.copyfileobj(part, whole, 2**22)


def _gathered(done: Sequence[Done], target: Path) -> None:
    """Move files into a folder of the target's name, in the place of one that was made so before."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        beside = Path(folder) / target.name
        beside.mkdir()
        for one in done:
            shutil.move(one.file, beside / one.place.name)
        if target.is_dir():
            target.rename(Path(folder) / "before")
        elif target.exists():
            target.unlink()
        beside.rename(target)


def _copied(places: Sequence[Place], target: Remote) -> None:
    """Copy files into a folder of a store, one made so before or none; a last one says that all are there."""
    before = [entry.name for entry in target.entries()]
    if DONE in before:
        target.remove([DONE])
    side_by_side(lambda place: _put(place, target / place.name), places)
    target.remove(sorted({*before} - {DONE, *(place.name for place in places)}))
    if target.exists():  # a file that was made without parts
        target.parent.remove([target.name])
    with tempfile.TemporaryDirectory(prefix="spatialgov-") as folder:
        (Path(folder) / DONE).touch()
        (target / DONE).put(Path(folder) / DONE)


def _put(place: Place, target: Remote) -> None:
    if isinstance(place, Path):
        target.put(place)
    else:
        place.copy(target)
