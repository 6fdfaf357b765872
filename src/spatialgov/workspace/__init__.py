"""The use cases, each once: import, partition, check, publish, locate, analyse, recommend.

The command line and the service are thin faces of a `Workspace`; neither holds logic of its own.
"""

from pathlib import Path
from typing import Self

from spatialgov.errors import StoreError
from spatialgov.language import t
from spatialgov.store import Store
from spatialgov.workspace.accounts import Accounts
from spatialgov.workspace.analysis import Analysis, CoverageResult, Period
from spatialgov.workspace.areas import Area, Areas
from spatialgov.workspace.imports import ImportReport, Imports
from spatialgov.workspace.locations import FoundAddress, Link, Location, Locations, OpenEdition
from spatialgov.workspace.plans import Plans
from spatialgov.workspace.rights import EVERYWHERE, PERMISSIONS, Permission

__all__ = [
    "EVERYWHERE",
    "PERMISSIONS",
    "Accounts",
    "Analysis",
    "Area",
    "Areas",
    "CoverageResult",
    "FoundAddress",
    "ImportReport",
    "Imports",
    "Link",
    "Location",
    "Locations",
    "OpenEdition",
    "Period",
    "Permission",
    "Plans",
    "Workspace",
]


class Workspace:
    """A store and the folder for what is derived from it, with every use case.

    Attributes
    ----------
    store
        Where everything is kept.
    data_dir
        Folder of locator files and computed results; all of it can be made anew from the store.
    imports, plans, locations, analysis, accounts
        The use cases by family.
    areas
        The ground that an account is limited to.
    """

    def __init__(self, store: Store, data_dir: Path) -> None:
        self.store = store
        self.data_dir = data_dir
        self.accounts = Accounts(store)
        self.areas = Areas(store)
        self.imports = Imports(store)
        self.plans = Plans(store, data_dir, self.areas)
        self.locations = Locations(store, data_dir)
        self.analysis = Analysis(store, data_dir, self.plans)

    @classmethod
    def open(cls, data_dir: str | Path, *, create: bool = True) -> Self:
        """Open the workspace in a folder; its store is the SQLite file `spatialgov.db` there.

        Parameters
        ----------
        data_dir
            The folder; made when it is missing and `create` is set.

        Raises
        ------
        StoreError
            When the folder has no store and `create` is not set, or the store can't be opened.
        """
        folder = Path(data_dir)
        file = folder / "spatialgov.db"
        if not create and not file.exists():
            raise StoreError(
                t("There is no store in {folder}.", "{folder} 中没有数据库。", folder=folder),
                remedy=t(
                    "Start with “spatialgov demo” or “spatialgov import”, or name the folder with --data-dir.",
                    "请先运行 spatialgov demo 或 spatialgov import，或用 --data-dir 指定文件夹。",
                ),
            )
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
        return cls(Store.open(f"sqlite:///{file}"), folder)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
