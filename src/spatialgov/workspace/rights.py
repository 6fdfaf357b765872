"""What each role may do, as data: the one matrix that the service asks and that docs/access.md shows."""

from enum import StrEnum
from types import MappingProxyType

from spatialgov.store import Role

__all__ = ["EVERYWHERE", "PERMISSIONS", "Permission"]

EVERYWHERE = "*"
"""In place of a division code: all ground."""


class Permission(StrEnum):
    """Something that a role may do, inside the account's jurisdictions."""

    READ = "read"
    """The API's description, one's own account and its API keys."""
    LOCATE = "locate"
    """The grid of a location or an address."""
    GRIDS = "grids"
    """The grids in force, and the counts of what the store holds."""
    COUNTS = "counts"
    """Incidents counted by place or time, hot spots, reviews; small counts are suppressed."""
    EXACT_COUNTS = "exact_counts"
    """The same without suppression."""
    INCIDENTS = "incidents"
    """Single incidents, and what is made of their exact places: densities, near repeats, forecasts."""
    CAMERAS = "cameras"
    """Device positions, what they cover, the gaps, and what to do about them. Tells of incidents' places too."""
    PLANS = "plans"
    """Plans that are not in force, comparisons, recommendations; service points, checkpoints and patrol beats."""
    EDIT = "edit"
    """Make, change and check plans, ask for any job, load incidents and cameras."""
    PUBLISH = "publish"
    """Put a plan in force."""
    AUDIT = "audit"
    """The audit log, and the API keys of all accounts."""


_P = Permission
_EVERYONE = frozenset({_P.READ, _P.LOCATE, _P.GRIDS})
_VIEWER = _EVERYONE | {_P.COUNTS}
_ANALYST = _VIEWER | {_P.EXACT_COUNTS, _P.INCIDENTS, _P.CAMERAS, _P.PLANS}
_PLANNER = _ANALYST | {_P.EDIT, _P.PUBLISH}

PERMISSIONS: MappingProxyType[Role, frozenset[Permission]] = MappingProxyType(
    {
        "viewer": _VIEWER,
        "field": _EVERYONE,
        "analyst": _ANALYST,
        "planner": _PLANNER,
        "admin": _PLANNER | {_P.AUDIT},
    }
)
"""Role → what it may do."""
