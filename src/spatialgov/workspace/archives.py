"""Archives: incidents of files, counted and mapped without being taken into the store.

The cube of an archive is kept, named by the files that it was made of as they were then.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from spatialgov.bulk import Hands
from spatialgov.datum import parse_datum
from spatialgov.errors import StoreError
from spatialgov.incidents.cube import Cube
from spatialgov.incidents.in_parts import CubeOfFiles, CubeReport
from spatialgov.places import Place, pinned
from spatialgov.store import Store
from spatialgov.workspace.analysis import Analysis
from spatialgov.workspace.cubes import StoredCube
from spatialgov.workspace.incident_analysis import IncidentAnalysis
from spatialgov.workspace.locations import Locations
from spatialgov.workspace.plans import Plans

__all__ = ["Archive", "Archives"]


class Archive:
    """Incidents of files, with the grids in force as their ground.

    Attributes
    ----------
    analysis, incident_analysis
        The use cases, of these incidents.
    report
        What became of the rows; None where the cube was made before.
    """

    def __init__(self, store: Store, plans: Plans, held: StoredCube, report: CubeReport | None) -> None:
        self._held = held
        self.analysis = Analysis(store, plans, self)
        self.incident_analysis = IncidentAnalysis(store, self.analysis)
        self.report = report

    def newest(self) -> StoredCube:
        """Give the only cube there is."""
        return self._held


class Archives:
    """The archives of a workspace."""

    def __init__(self, store: Store, data_dir: Path, plans: Plans, locations: Locations) -> None:
        self._store, self._plans, self._locations = store, plans, locations
        self._folder = data_dir / "archives"

    def open(self, files: Sequence[Place], hands: Hands, *, datum: str, timezone: str | None = None) -> Archive:
        """Give the archive of some files; its cube is made where it is not there yet.

        Parameters
        ----------
        files, datum, timezone
            As for `spatialgov.incidents.in_parts.CubeOfFiles`.
        hands
            Who makes it.

        Raises
        ------
        InputError
            When a file can't be read; see `CubeOfFiles`.
        FaultyDataError
            When no row of them can be used.
        """
        job = CubeOfFiles(tuple(map(pinned, files)), self._folder.absolute(), str(parse_datum(datum)), timezone)
        name = hashlib.sha256(json.dumps(job.basis(), sort_keys=True).encode()).hexdigest()[:16]
        path = job.target / f"{name}.cube"
        report: CubeReport | None = None
        try:
            cube = Cube.open(path)
        except StoreError:  # not there, or damaged
            self._folder.mkdir(parents=True, exist_ok=True)
            report = hands.do(CubeOfFiles(job.sources, path, job.datum, timezone))
            cube = Cube.open(path)
        held = StoredCube(name, cube, self._folder, self._store, self._locations)
        return Archive(self._store, self._plans, held, report)
