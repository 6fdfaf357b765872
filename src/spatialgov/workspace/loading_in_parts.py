"""Incidents read, judged and assigned in parts; what is sound is then loaded in one transaction, as ever."""

import base64
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.bulk import Done, Hands, Job, Part
from spatialgov.columns import SeenIds
from spatialgov.incidents.reading import IncidentRules
from spatialgov.locate import Locator
from spatialgov.places import Place, here, state
from spatialgov.vector_io import Batch, BatchedFile, Report, open_batches
from spatialgov.vector_io.records import RecordPiece
from spatialgov.workspace.loading import Account, Judging, RefusedRows, Upsert
from spatialgov.workspace.locations import OpenEdition
from spatialgov.workspace.locator_files import ship_locator
from spatialgov.workspace.reports import ImportReport

__all__ = ["JudgeIncidents", "load_in_parts"]

_PIECE = 2**24
"""About so many bytes of a CSV are a worker's work: some 100,000 rows, seconds."""
_LEAST_PIECE = 2**20
_TIMES = 50
"""What is in memory while a piece is judged: so many times its bytes."""


@dataclass(frozen=True)
class JudgeIncidents(Job):
    """Read the rows of a CSV, tell the sound ones from the others, and give each the code of its grid.

    Attributes
    ----------
    source, datum, timezone, columns
        See `spatialgov.incidents.read_incidents`.
    locator
        A copy for the workers; None for no grids.
    load
        Takes the results; it stays here.
    """

    name: ClassVar[str] = "import"
    suffix: ClassVar[str] = ".parquet"
    source: Place
    datum: str | None
    timezone: str | None
    columns: Mapping[str, str]
    locator: Place | None = None
    load: "Callable[[JudgeIncidents, Sequence[Done]], ImportReport] | None" = None

    def __getstate__(self) -> dict[str, Any]:
        """Go to a worker without what stays here."""
        return {**self.__dict__, "load": None}

    def basis(self) -> Mapping[str, Any]:
        """Give the source as it is now, the locator and the options."""
        return {
            "source": state(self.source),
            "locator": None if self.locator is None else self.locator.name,
            "options": [self.datum, self.timezone, sorted(self.columns.items())],
        }

    def parts(self, memory: int) -> list[Part]:
        """Give pieces of whole rows."""
        n_bytes = min(max(memory // _TIMES, _LEAST_PIECE), _PIECE)
        pieces = self._open(self._rules()).pieces(n_bytes)
        return [
            Part(i, {"piece": list(piece)}, _TIMES * min(piece.end - piece.begin, n_bytes))
            for i, piece in enumerate(pieces)
        ]

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Judge a piece as if no identifier stood in another one too."""
        return self.judge(RecordPiece(*part.about["piece"]), result, SeenIds())

    def judge(self, piece: RecordPiece, result: Path, seen: SeenIds) -> dict[str, Any]:
        """Judge a piece, given identifiers of rows before it."""
        rules = self._rules()
        file = self._open(rules, piece)
        grids = None if self.locator is None else _opened(self.locator)
        refused: list[tuple[Batch, list[Report]]] = []
        judging = Judging(file, rules, grids, lambda *rows: refused.append(rows), seen)
        frames = list(judging.sound_frames())
        if frames:
            pd.concat(frames, ignore_index=True).to_parquet(result)
        else:
            result.touch()
        text, n_head = _written(file, refused, result.with_name("refused.csv"))
        keys, rows = seen.known()
        return {
            "piece": list(piece),
            "account": judging.account.as_dict(),
            "sound": bool(frames),
            "refused": text,
            "refused_head": n_head,
            "seen": base64.b64encode(keys.tobytes()).decode(),
            "seen_rows": base64.b64encode(rows.tobytes()).decode(),
        }

    def finish(self, done: Sequence[Done]) -> ImportReport:
        """Load what the parts have found."""
        assert self.load is not None
        return self.load(self, done)

    def belongings(self) -> Sequence[Place]:
        """Give the locator."""
        return () if self.locator is None else (self.locator,)

    def _rules(self) -> IncidentRules:
        return IncidentRules(self.columns, self.timezone)

    def _open(self, rules: IncidentRules, piece: RecordPiece | None = None) -> BatchedFile:
        return open_batches(here(self.source), rules.names.values(), datum=self.datum, piece=piece)


def load_in_parts(
    job: JudgeIncidents,
    hands: Hands,
    file: BatchedFile,
    rules: IncidentRules,
    upsert: Upsert,
    *,
    edition: OpenEdition | None,
    refused: Path | None,
    dry_run: bool,
) -> ImportReport:
    """Do what `spatialgov.workspace.loading.load` does, having the rows judged in parts.

    Rows whose identifier stood in an earlier part are found here, and their parts are judged once more. What comes out
    is the same, whatever the parts.

    Parameters
    ----------
    job, hands
        What is done in parts, without its locator, and by whom.
    file, rules, upsert, edition, refused, dry_run
        As for `load`.
    """
    with ExitStack() as stack:
        sink = RefusedRows(refused, file, stack) if refused is not None else None

        def taken(judged: JudgeIncidents, done: Sequence[Done]) -> ImportReport:
            account = Account()
            counts = upsert(stack.enter_context(closing(_sound_frames(judged, done, account, sink))))
            written = sink.keep() if sink is not None else None
            return account.report(
                "incidents", counts, file, rules, edition=edition, refused_file=written, dry_run=dry_run
            )

        if edition is None:
            whole = replace(job, load=taken)
        else:
            whole = replace(job, load=taken, locator=ship_locator(edition.file, hands.folder))
        report: ImportReport = hands.do(whole)
    return report


def _sound_frames(
    job: JudgeIncidents, done: Sequence[Done], account: Account, sink: RefusedRows | None
) -> Generator[gpd.GeoDataFrame]:
    """Give the sound rows part by part, and keep account of all."""
    seen = SeenIds()
    with tempfile.TemporaryDirectory(prefix="spatialgov-") as folder:
        for one in done:
            file, outcome = one.file, one.outcome
            keys = np.frombuffer(base64.b64decode(outcome["seen"]), dtype=SeenIds.KEY)
            rows = np.frombuffer(base64.b64decode(outcome["seen_rows"]), dtype=np.int64)
            first = seen.remember(keys, rows)
            again = first != rows
            if again.any():
                file = Path(folder) / "again.parquet"
                outcome = job.judge(RecordPiece(*outcome["piece"]), file, SeenIds.of(keys[again], first[again]))
            account.add(Account.of(outcome["account"]))
            if sink is not None and outcome["refused"]:
                sink.append(outcome["refused"].encode(), outcome["refused_head"])
            if outcome["sound"]:
                yield _read(file)


def _read(file: Path) -> gpd.GeoDataFrame:
    """Read the sound rows of a part, with texts as objects and None, as they were."""
    frame = gpd.read_parquet(file)
    names: list[str] = frame.select_dtypes("string").columns.tolist()
    for name in names:
        column = frame[name].astype(object)
        frame[name] = column.where(column.notna(), None)
    return frame


def _written(file: BatchedFile, refused: Sequence[tuple[Batch, list[Report]]], beside: Path) -> tuple[str, int]:
    """Give refused rows as a file has them, and how many bytes of that are its head."""
    if not refused:
        return "", 0
    with file.open_refused(beside):
        pass
    n_head = beside.stat().st_size
    with file.open_refused(beside) as write:
        for batch, reports in refused:
            write(batch, reports)
    return beside.read_bytes().decode(), n_head


@dataclass(frozen=True, slots=True)
class _Grids:
    locator: Locator

    def codes_at(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.object_]:
        return np.array([*self.locator.codes, None], dtype=object)[self.locator.locate_many(lon, lat)]


@lru_cache(maxsize=1)
def _opened(place: Place) -> _Grids:
    """Map a locator, once in a process."""
    return _Grids(Locator.open(here(place)))
