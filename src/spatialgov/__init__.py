"""GIS for spatial governance: cut a jurisdiction into fair grids, find any location's grid, see what to change.

The public surface, imported on first use so that ``import spatialgov`` is quick::

    import spatialgov as sg

    units = sg.read_units("units.gpkg", datum="wgs84")
    plan = sg.partition(units, households_per_grid=400, within="community_code")
    locator = sg.Locator.build(plan.grids())
    locator.locate(116.4, 33.9)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spatialgov.errors import SpatialGovError
    from spatialgov.faults import Fault
    from spatialgov.locate import Locator
    from spatialgov.partition import ContiguityGraph, partition
    from spatialgov.plan import Plan
    from spatialgov.store import Store
    from spatialgov.units import Units, read_units
    from spatialgov.workspace import Workspace

__all__ = [
    "ContiguityGraph",
    "Fault",
    "Locator",
    "Plan",
    "SpatialGovError",
    "Store",
    "Units",
    "Workspace",
    "__version__",
    "partition",
    "read_units",
]

__version__ = "0.1.0"

_HOME = {
    "ContiguityGraph": "partition",
    "Fault": "faults",
    "Locator": "locate",
    "Plan": "plan",
    "SpatialGovError": "errors",
    "Store": "store",
    "Units": "units",
    "Workspace": "workspace",
    "partition": "partition",
    "read_units": "units",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
