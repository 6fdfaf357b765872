"""Load incidents and cameras: batch by batch into one transaction, what is refused into a file to be mended."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import geopandas as gpd

from spatialgov.columns import JudgedRows, SeenIds
from spatialgov.errors import InputError
from spatialgov.faults import Fault, errors_only
from spatialgov.language import t
from spatialgov.store.records import LoadCounts
from spatialgov.vector_io import Batch, BatchedFile, Report
from spatialgov.workspace.locations import OpenEdition
from spatialgov.workspace.reports import ImportReport

__all__ = ["MOST_FAULTS", "Rules", "Upsert", "default_refused_file", "load"]

MOST_FAULTS = 10_000
"""So many are listed one by one; all are counted, and all refused rows are in their file."""

Upsert = Callable[[Iterator[gpd.GeoDataFrame]], LoadCounts]
"""Takes the sound rows to the store."""


class Rules(Protocol):
    """What makes a row of a file one of a kind: `IncidentRules`, `CameraRules`."""

    def require(self, file: str, there: Sequence[str]) -> None:
        """Refuse a file without the columns that are needed."""

    def unused(self, there: Sequence[str]) -> list[str]:
        """Give the columns that are read of every file and of no use in this one."""

    def judge(
        self, rows: gpd.GeoDataFrame, known: list[Fault], *, offset: int = 0, seen: SeenIds | None = None
    ) -> JudgedRows:
        """Tell the sound rows from the others."""


def load(
    what: str,
    file: BatchedFile,
    rules: Rules,
    upsert: Upsert,
    *,
    edition: OpenEdition | None,
    refused: Path | None,
    dry_run: bool,
) -> ImportReport:
    """Load a file.

    Parameters
    ----------
    what
        For the report.
    file
        It is open, and not read yet.
    rules
        What makes a sound row.
    upsert
        Is given the sound rows frame by frame, with the column `grid_code` where there is an edition.
    edition
        The edition in force, None when nothing is published or what is loaded is not assigned.
    refused
        Where to write the rows that were refused; nowhere when None. What is there from an earlier run is replaced, or
        removed when no row was refused. It is written when all else is done.
    dry_run
        For the report.

    Raises
    ------
    InputError
        When the file can't be read at all, or `refused` can't be written; the store is as it was.
    """
    with ExitStack() as stack:
        sink = _Refused(refused, file, stack) if refused is not None else None
        loading = _Loading(file, rules, edition, sink)
        counts = upsert(stack.enter_context(closing(loading.sound_frames())))
        written = sink.keep() if sink is not None else None
    return loading.report(what, counts, written, dry_run=dry_run)


def default_refused_file(path: Path) -> Path:
    """Give the file beside `path` for its refused rows, without a suffix."""
    stem = Path(path.stem) if path.suffix.lower() == ".gz" else path
    return path.with_name(f"{stem.stem}.refused")


class _Loading:
    """A file on its way into the store: hands its sound rows on and keeps account of all."""

    def __init__(self, file: BatchedFile, rules: Rules, edition: OpenEdition | None, sink: "_Refused | None") -> None:
        self._file, self._rules, self._edition, self._sink = file, rules, edition, sink
        self._refused: list[Fault] = []
        self._warnings: list[Fault] = []
        self._left_out: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self._refused_rows = self._located = self._outside = 0

    def sound_frames(self) -> Generator[gpd.GeoDataFrame]:
        """Read the file; give the sound rows and take note of the others."""
        seen = SeenIds()
        for batch in self._file:
            if batch.offset == 0 and len(batch.unreadable_rows) < len(batch.frame):
                self._rules.require(self._file.path.name, self._file.names)
            judged = self._rules.judge(batch.frame, batch.faults, offset=batch.offset, seen=seen)
            self._note(batch, batch.of_readable_rows(judged.faults), judged)
            if len(judged.frame):
                yield self._assigned(judged.frame)

    def _note(self, batch: Batch, faults: list[Fault], judged: JudgedRows) -> None:
        errors = errors_only(faults)
        rows: dict[int, list[Fault]] = {}
        for fault in errors:
            rows.setdefault(fault.row or 0, []).append(fault)
        self._refused_rows += len(rows)
        self._refused += errors[: MOST_FAULTS - len(self._refused)]
        warnings = [fault for fault in faults if fault.severity == "warning" and fault.row not in rows]
        self._warnings += warnings[: MOST_FAULTS - len(self._warnings)]
        self._left_out.update(judged.left_out)
        self._unknown.update(judged.unknown)
        if rows and self._sink is not None:
            self._sink.write(batch, [_report(row, found) for row, found in sorted(rows.items())])

    def _assigned(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        if self._edition is None:
            return frame
        codes = self._edition.codes_at(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy())
        outside = sum(code is None for code in codes)
        self._outside += outside
        self._located += len(codes) - outside
        return frame.assign(grid_code=codes)

    def report(self, what: str, counts: LoadCounts, refused_file: Path | None, *, dry_run: bool) -> ImportReport:
        """Give the account of the whole file."""
        return ImportReport(
            what,
            counts.accepted + counts.updated,
            counts.unchanged,
            counts.updated,
            refused=self._refused,
            warnings=self._warnings,
            dropped_columns=[*self._file.dropped_columns, *self._rules.unused(self._file.names)],
            left_out=dict(self._left_out),
            unknown=dict(self._unknown),
            refused_rows=self._refused_rows,
            refused_file=refused_file,
            edition=None if self._edition is None else self._edition.edition.id,
            located=self._located,
            outside=self._outside,
            dry_run=dry_run,
        )


def _report(row: int, faults: list[Fault]) -> Report:
    """Give what a file of refused rows says of one: every column, reason and remedy."""
    columns = dict.fromkeys(fault.column for fault in faults if fault.column)
    remedies = dict.fromkeys(fault.remedy for fault in faults if fault.remedy)
    return Report(row, "; ".join(columns), " ".join(fault.message for fault in faults), " ".join(remedies))


class _Refused:
    """The file of refused rows: written beside, when there is the first one, and renamed into place at the end."""

    def __init__(self, target: Path, file: BatchedFile, stack: ExitStack) -> None:
        source = file.path
        if target.suffix.lower() in ("", ".refused"):
            target = target.with_name(target.name + file.refused_suffixes[0])
        if target.suffix.lower() not in file.refused_suffixes:
            raise InputError(
                t(
                    "Refused rows of {file} can't be written to {target}.",
                    "{file} 中被拒绝的行无法写入 {target}。",
                    file=source.name,
                    target=target.name,
                ),
                remedy=t(
                    "Let its name end in {names}.", "文件名应以 {names} 结尾。", names=", ".join(file.refused_suffixes)
                ),
            )
        if target.exists() and target.samefile(source):
            raise InputError(
                t("The file and that of its refused rows are the same.", "输入文件与被拒绝行的文件相同。"),
                remedy=t("Name another file.", "请指定其他文件。"),
            )
        self._target, self._file, self._stack = target, file, stack
        self._beside: Path | None = None

    def write(self, batch: Batch, reports: list[Report]) -> None:
        """Write rows of a batch."""
        try:
            if self._beside is None:
                prefix = f".{self._target.name}."
                folder = self._stack.enter_context(tempfile.TemporaryDirectory(dir=self._target.parent, prefix=prefix))
                self._beside = Path(folder) / self._target.name
                self._writing = self._stack.enter_context(ExitStack())
                self._write = self._writing.enter_context(self._file.open_refused(self._beside))
            self._write(batch, reports)
        except OSError as error:
            raise self._failed(error) from error

    def keep(self) -> Path | None:
        """Put the file in its place, or remove that of an earlier run; gives the file if there is one."""
        try:
            if self._beside is None:
                self._target.unlink(missing_ok=True)
                return None
            self._writing.close()
            with self._beside.open("rb") as file:
                os.fsync(file.fileno())
            self._beside.replace(self._target)
        except OSError as error:
            raise self._failed(error) from error
        return self._target

    def _failed(self, error: OSError) -> InputError:
        return InputError(
            t(
                "The refused rows can't be written to {file}: {reason}.",
                "无法将被拒绝的行写入 {file}：{reason}。",
                file=self._target,
                reason=error.strerror,
            ),
            remedy=t("Name another file for them.", "请为其指定其他文件。"),
        )
