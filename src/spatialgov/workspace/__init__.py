"""The use cases, each once: import, partition, check, publish, locate, analyse, recommend.

The command line and the service are thin faces of a `Workspace`; neither holds logic of its own.
"""

from pathlib import Path
from typing import Self

from spatialgov.errors import StoreError
from spatialgov.language import t
from spatialgov.quick_imports import quick_imports

with quick_imports():
    from spatialgov.store import MOST_LAG_S, Store
    from spatialgov.workspace.accounts import Accounts
    from spatialgov.workspace.advice import Advice, AdviceResult, Question
    from spatialgov.workspace.analysis import Analysis, Period
    from spatialgov.workspace.archives import Archive, Archives
    from spatialgov.workspace.areas import Area, Areas
    from spatialgov.workspace.assessment import AssessmentQuestion, AssessmentResult, Assessments, StandardsResult
    from spatialgov.workspace.checking import check
    from spatialgov.workspace.coverage_analysis import CoverageAnalysis, RemedyWish
    from spatialgov.workspace.coverage_scenes import CoverageQuestion
    from spatialgov.workspace.cubes import Cubes, StoredCube
    from spatialgov.workspace.editions import Editions, IncidentCounts
    from spatialgov.workspace.features import COLLECTIONS, Asker, Collection, Features
    from spatialgov.workspace.field_packs import FieldPack
    from spatialgov.workspace.field_work import FieldWork, ListedPack, NearestGrid, Post, Responsible
    from spatialgov.workspace.ground_layers import GroundLayers
    from spatialgov.workspace.imports import Imports
    from spatialgov.workspace.incident_analysis import IncidentAnalysis
    from spatialgov.workspace.incident_frames import IncidentFrames
    from spatialgov.workspace.incident_times import IncidentTimes
    from spatialgov.workspace.jobs import ANALYSES, JOB_KINDS, JobKind, Jobs
    from spatialgov.workspace.loading import default_refused_file
    from spatialgov.workspace.locations import (
        FoundAddress,
        Link,
        Location,
        Locations,
        NearestAddress,
        OpenEdition,
    )
    from spatialgov.workspace.plans import EditResult, Plans
    from spatialgov.workspace.reports import ImportReport
    from spatialgov.workspace.rights import EVERYWHERE, PERMISSIONS, Permission
    from spatialgov.workspace.scenario_results import ScenarioComparison
    from spatialgov.workspace.scenarios import Scenarios, ShownScenario
    from spatialgov.workspace.service_analysis import ServiceAnalysis
    from spatialgov.workspace.service_questions import (
        BeatPlan,
        BeatQuestion,
        CheckpointPlan,
        CheckpointQuestion,
        ServicePlan,
        ServiceQuestion,
    )
    from spatialgov.workspace.shared_files import SharedFiles
    from spatialgov.workspace.staffing import StaffingAnalysis, StaffingQuestion, StaffingResult
    from spatialgov.workspace.tile_archives import TileArchive, TileArchives
    from spatialgov.workspace.workbench import Workbench

__all__ = [
    "ANALYSES",
    "COLLECTIONS",
    "EVERYWHERE",
    "JOB_KINDS",
    "PERMISSIONS",
    "Accounts",
    "Advice",
    "AdviceResult",
    "Analysis",
    "Archive",
    "Archives",
    "Area",
    "Areas",
    "Asker",
    "AssessmentQuestion",
    "AssessmentResult",
    "BeatPlan",
    "BeatQuestion",
    "CheckpointPlan",
    "CheckpointQuestion",
    "Collection",
    "CoverageAnalysis",
    "CoverageQuestion",
    "Cubes",
    "EditResult",
    "Editions",
    "Features",
    "FieldPack",
    "FieldWork",
    "FoundAddress",
    "GroundLayers",
    "ImportReport",
    "Imports",
    "IncidentAnalysis",
    "IncidentCounts",
    "IncidentFrames",
    "IncidentTimes",
    "JobKind",
    "Jobs",
    "Link",
    "ListedPack",
    "Location",
    "Locations",
    "NearestAddress",
    "NearestGrid",
    "OpenEdition",
    "Period",
    "Permission",
    "Plans",
    "Post",
    "Question",
    "RemedyWish",
    "Responsible",
    "ScenarioComparison",
    "Scenarios",
    "ServiceAnalysis",
    "ServicePlan",
    "ServiceQuestion",
    "ShownScenario",
    "StaffingAnalysis",
    "StaffingQuestion",
    "StaffingResult",
    "StandardsResult",
    "StoredCube",
    "TileArchive",
    "TileArchives",
    "Workbench",
    "Workspace",
    "check",
    "default_refused_file",
    "store_url",
]


class Workspace:
    """A store and the folder for what is derived from it, with every use case.

    Attributes
    ----------
    store
        Where everything is kept.
    data_dir
        Folder of locator files and computed results; all of it can be made anew from the store.
    imports, plans, locations, analysis, advice, incident_analysis, incident_frames, incident_times, coverage_analysis,
    service_analysis
    imports, plans, locations, analysis, advice, staffing, incident_analysis, incident_frames, incident_times,
    coverage_analysis
        The use cases by family.
    scenarios, editions, jobs, accounts
    assessments, editions, jobs, accounts
    editions, jobs, accounts, workbench
        Further ones.
    ground_layers
        What the analyst's page draws under its layers.
    field_work
        What is asked out in the field.
    features
        What other software reads.
    features, tile_archives
        What other software reads, and its tiles as files.
    cubes
        The incidents, ready to be counted.
    archives
        Incidents of files beside them.
    areas
        The ground that an account is limited to.
    """

    def __init__(self, store: Store, data_dir: Path, shared_url: str | None = None) -> None:
        self.store = store
        self.data_dir = data_dir
        shared = SharedFiles(store, shared_url)
        self.accounts = Accounts(store)
        self.areas = Areas(store)
        self.plans = Plans(store, data_dir, self.areas, shared)
        self.locations = Locations(store, data_dir, shared)
        self.field_work = FieldWork(store, self.locations)
        self.imports = Imports(store, self.locations)
        self.cubes = Cubes(store, data_dir, self.locations)
        self.analysis = Analysis(store, self.plans, self.cubes)
        self.advice = Advice(store, self.plans)
        self.staffing = StaffingAnalysis(store, self.plans)
        self.scenarios = Scenarios(store, self.plans, self.advice, self.areas)
        self.incident_analysis = IncidentAnalysis(store, self.analysis)
        self.incident_frames = IncidentFrames(self.analysis)
        self.incident_times = IncidentTimes(store, self.analysis)
        self.coverage_analysis = CoverageAnalysis(store, data_dir, self.analysis)
        self.service_analysis = ServiceAnalysis(store, self.plans, self.analysis, self.advice)
        self.assessments = Assessments(store, self.analysis, self.locations, self.coverage_analysis)
        self.features = Features(store, self.analysis, self.coverage_analysis)
        self.tile_archives = TileArchives(data_dir, self.features, self.analysis, shared)
        self.editions = Editions(store, self.locations, self.analysis)
        self.workbench = Workbench(store, self.plans)
        self.ground_layers = GroundLayers(store)
        self.archives = Archives(store, data_dir, self.plans, self.locations)
        self.jobs = Jobs(
            store, data_dir, self.plans, self.areas, self.analysis, self.incident_times, self.coverage_analysis,
            self.scenarios, shared,
        )  # fmt: skip

    @classmethod
    def open(
        cls,
        data_dir: str | Path,
        database_url: str | None = None,
        *,
        create: bool = True,
        replica_url: str | None = None,
        most_lag_s: float = MOST_LAG_S,
        shared_url: str | None = None,
    ) -> Self:
        """Open the workspace in a folder.

        Parameters
        ----------
        data_dir
            The folder of what is derived; made when it is missing.
        database_url
            The store (see `Store.open`), which several machines may share, each with a folder of its own; by default
            the SQLite file `spatialgov.db` in the folder.
        create
            Whether a store that is not there is made.
        replica_url, most_lag_s
            A read replica of the store, see `Store.open`.
        shared_url
            Folder or URL by which the hosts of the store hand each other files, see `SharedFiles`.

        Raises
        ------
        StoreError
            When there is no store and `create` is not set, or the store can't be opened.
        """
        folder = Path(data_dir)
        url = store_url(folder, database_url, create=create)
        if database_url is None:
            _make(folder)
        store = Store.open(url, create=create, replica_url=replica_url, most_lag_s=most_lag_s)
        try:
            _make(folder)
            return cls(store, folder, shared_url)
        except BaseException:
            store.close()
            raise

    @property
    def place(self) -> str:
        """Where the store is, for messages: the folder, or the URL without its password."""
        own = self.store.url == store_url(self.data_dir, None)
        return str(self.data_dir) if own else self.store.shown_url

    def close(self) -> None:
        """Close the store."""
        self.cubes.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def store_url(data_dir: Path, database_url: str | None, *, create: bool = True) -> str:
    """Give the URL of the store that the caller named, by its URL or by its folder.

    Raises
    ------
    StoreError
        When the folder has none and `create` is not set.
    """
    if database_url is not None:
        return database_url
    file = data_dir / "spatialgov.db"
    if not create and not file.exists():
        raise StoreError(
            t("There is no store in {folder}.", "{folder} 中没有数据库。", folder=data_dir),
            remedy=t(
                "Start with “spatialgov demo” or “spatialgov import”, or name the folder with --data-dir.",
                "请先运行 spatialgov demo 或 spatialgov import，或用 --data-dir 指定文件夹。",
            ),
        )
    return f"sqlite:///{file}"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            t(
                "The folder {folder} can't be made: {error}.",
                "无法创建文件夹 {folder}：{error}。",
                folder=folder,
                error=error.strerror,
            )
        ) from error
