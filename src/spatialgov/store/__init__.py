"""The store: jurisdictions, units, layers, incidents, cameras, plans and editions, in a SQLite file or in PostGIS.

One set of models (`spatialgov.store.models`), one contract, two backends. Frames go in and out as they are used in
the core: GeoDataFrames in EPSG:4326, times in UTC. Every write is one transaction.
"""

from spatialgov.store.models import LAYERS
from spatialgov.store.records import (
    Basis,
    Edit,
    Edition,
    EntryKind,
    JobRecord,
    JobState,
    JournalEntry,
    LoadCounts,
    PlanRecord,
    PlanState,
    UnitMove,
    UnitSetRecord,
)
from spatialgov.store.store import Store

__all__ = [
    "LAYERS",
    "Basis",
    "Edit",
    "Edition",
    "EntryKind",
    "JobRecord",
    "JobState",
    "JournalEntry",
    "LoadCounts",
    "PlanRecord",
    "PlanState",
    "Store",
    "UnitMove",
    "UnitSetRecord",
]
