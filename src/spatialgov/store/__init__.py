"""The store: jurisdictions, units, layers, incidents, cameras, plans and editions, in a SQLite file or in PostGIS.

One set of models (`spatialgov.store.models`), one contract, two backends. Frames go in and out as they are used in
the core: GeoDataFrames in EPSG:4326, times in UTC. Every write is one transaction.
"""

from spatialgov.store.accounts import AccountState
from spatialgov.store.audit import AuditLog
from spatialgov.store.models import LAYERS
from spatialgov.store.plans import no_such_plan
from spatialgov.store.reading import Reading, asking, current_reading, note_edition
from spatialgov.store.records import (
    ROLES,
    AccountRecord,
    ApiKeyRecord,
    AuditRecord,
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
    Role,
    ScenarioRecord,
    UnitMove,
    UnitSetRecord,
)
from spatialgov.store.replica import MOST_LAG_S, ReplicaState
from spatialgov.store.scenarios import no_such_scenario
from spatialgov.store.store import Store

__all__ = [
    "LAYERS",
    "MOST_LAG_S",
    "ROLES",
    "AccountRecord",
    "AccountState",
    "ApiKeyRecord",
    "AuditLog",
    "AuditRecord",
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
    "Reading",
    "ReplicaState",
    "Role",
    "ScenarioRecord",
    "Store",
    "UnitMove",
    "UnitSetRecord",
    "asking",
    "current_reading",
    "no_such_plan",
    "no_such_scenario",
    "note_edition",
]
