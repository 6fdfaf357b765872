"""Load incidents and cameras: batch by batch into one transaction, what is refused into a file to be mended."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatialgov.columns import JudgedRows, SeenIds
from spatialgov.errors import InputError
from spatialgov.faults import Fault, errors_only
from spatialgov.language import t
from spatialgov.store.records import LoadCounts
from spatialgov.vector_io import Batch, BatchedFile, Report
from spatialgov.workspace.locations import OpenEdition
from spatialgov.workspace.reports import ImportReport

__all__ = ["MOST_FAULTS", "Account", "Judging", "RefusedRows", "Rules", "Upsert", "default_refused_file", "load"]

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
        sink = RefusedRows(refused, file, stack) if refused is not None else None
        judging = Judging(file, rules, edition, None if sink is None else sink.write)
        counts = upsert(stack.enter_context(closing(judging.sound_frames())))
        written = sink.keep() if sink is not None else None
    return judging.account.report(what, counts, file, rules, edition=edition, refused_file=written, dry_run=dry_run)


def default_refused_file(path: Path) -> Path:
    """Give the file beside `path` for its refused rows, without a suffix."""
    stem = Path(path.stem) if path.suffix.lower() == ".gz" else path
    return path.with_name(f"{stem.stem}.refused")


class Grids(Protocol):
    """What gives places their grids: an `OpenEdition`, a `Locator` with its codes."""

    def codes_at(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.object_]:
        """Give the grid code of each place, None outside all grids."""


@dataclass(slots=True)
class Account:
    """What became of rows.

    Attributes
    ----------
    refused, warnings
        Faults of rows that were left out, and of others; of each the first 10,000.
    left_out, unknown
        See `JudgedRows`.
    refused_rows
        How many were left out.
    located, outside
        How many of the others lie in a grid, and in none.
    """

    refused: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    refused_rows: int = 0
    located: int = 0
    outside: int = 0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Make one of what `as_dict` gave."""
        faults = {name: [Fault(**fault) for fault in given[name]] for name in ("refused", "warnings")}
        counters = {name: Counter(given[name]) for name in ("left_out", "unknown")}
        return cls(**{**given, **faults, **counters})

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain mappings, for JSON."""
        return asdict(self)

    def add(self, later: "Account") -> None:
        """Add that of the rows that follow."""
        self.refused += later.refused[: MOST_FAULTS - len(self.refused)]
        self.warnings += later.warnings[: MOST_FAULTS - len(self.warnings)]
        self.left_out.update(later.left_out)
        self.unknown.update(later.unknown)
        self.refused_rows += later.refused_rows
        self.located += later.located
        self.outside += later.outside

    def report(
        self,
        what: str,
        counts: LoadCounts,
        file: BatchedFile,
        rules: Rules,
        *,
        edition: OpenEdition | None,
        refused_file: Path | None,
        dry_run: bool,
    ) -> ImportReport:
        """Give the account of the whole file."""
        return ImportReport(
            what,
            counts.accepted + counts.updated,
            counts.unchanged,
            counts.updated,
            refused=self.refused,
            warnings=self.warnings,
            dropped_columns=[*file.dropped_columns, *rules.unused(file.names)],
            left_out=dict(self.left_out),
            unknown=dict(self.unknown),
            refused_rows=self.refused_rows,
            refused_file=refused_file,
            edition=None if edition is None else edition.edition.id,
            located=self.located,
            outside=self.outside,
            dry_run=dry_run,
        )


class Judging:
    """A file whose rows are told apart: hands the sound ones on and keeps account of all.

    Parameters
    ----------
    file, rules
        What is read, and what makes a sound row.
    grids
        Give the sound rows their `grid_code`; None for no such column.
    refuse
        Is given the rows that are refused, with what is said of them.
    seen
        Identifiers of the rows before these.
    """

    def __init__(
        self,
        file: BatchedFile,
        rules: Rules,
        grids: Grids | None,
        refuse: Callable[[Batch, list[Report]], None] | None,
        seen: SeenIds | None = None,
    ) -> None:
        self._file, self._rules, self._grids, self._refuse = file, rules, grids, refuse
        self._seen = seen or SeenIds()
        self.account = Account()

    def sound_frames(self) -> Generator[gpd.GeoDataFrame]:
        """Read the file; give the sound rows and take note of the others."""
        for batch in self._file:
            if batch.offset == 0 and len(batch.unreadable_rows) < len(batch.frame):
                self._rules.require(self._file.path.name, self._file.names)
            judged = self._rules.judge(batch.frame, batch.faults, offset=batch.offset, seen=self._seen)
            self._note(batch, batch.of_readable_rows(judged.faults), judged)
            if len(judged.frame):
                yield self._assigned(judged.frame)

    def _note(self, batch: Batch, faults: list[Fault], judged: JudgedRows) -> None:
        errors = errors_only(faults)
        rows: dict[int, list[Fault]] = {}
        for fault in errors:
            rows.setdefault(fault.row or 0, []).append(fault)
        warnings = [fault for fault in faults if fault.severity == "warning" and fault.row not in rows]
        left_out, unknown = Counter(judged.left_out), Counter(judged.unknown)
        self.account.add(Account(errors, warnings, left_out, unknown, refused_rows=len(rows)))
        if rows and self._refuse is not None:
            self._refuse(batch, [_report(row, found) for row, found in sorted(rows.items())])

    def _assigned(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        if self._grids is None:
            return frame
        codes = self._grids.codes_at(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy())
        outside = sum(code is None for code in codes)
        self.account.outside += outside
        self.account.located += len(codes) - outside
        return frame.assign(grid_code=codes)


def _report(row: int, faults: list[Fault]) -> Report:
    """Give what a file of refused rows says of one: every column, reason and remedy."""
    columns = dict.fromkeys(fault.column for fault in faults if fault.column)
    remedies = dict.fromkeys(fault.remedy for fault in faults if fault.remedy)
    return Report(row, "; ".join(columns), " ".join(fault.message for fault in faults), " ".join(remedies))


class RefusedRows:
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
        self._write: Callable[[Batch, list[Report]], None] | None = None

    def write(self, batch: Batch, reports: list[Report]) -> None:
        """Write rows of a batch."""
        try:
            if self._write is None:
                beside = self._begun()
                self._write = self._writing.enter_context(self._file.open_refused(beside))
            self._write(batch, reports)
        except OSError as error:
            raise self._failed(error) from error

    def append(self, text: bytes, n_head: int) -> None:
        """Add what another one has written, but for its first bytes where this is not the first."""
        try:
            first = self._beside is None
            with self._begun().open("ab") as file:
                file.write(text if first else text[n_head:])
        except OSError as error:
            raise self._failed(error) from error

    def _begun(self) -> Path:
        """Give the file beside the target, in a folder of its own, made when there is the first row."""
        if self._beside is None:
            prefix = f".{self._target.name}."
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(dir=self._target.parent, prefix=prefix))
            self._beside = Path(folder) / self._target.name
            self._writing = self._stack.enter_context(ExitStack())
        return self._beside

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
