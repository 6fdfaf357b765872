"""What each route needs, as data: a route that is not in this table is refused, whoever asks.

``docs/access.md`` shows the table; tests compare it with the routes of the application, both ways.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from starlette.routing import compile_path

from spatialgov.workspace import Permission

__all__ = ["RULES", "Rule", "RuleTable"]

_P = Permission
_LAGGING = frozenset((_P.LOCATE, _P.GRIDS, _P.COUNTS, _P.INCIDENTS, _P.CAMERAS))


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route needs, and how it stands in the audit log.

    Attributes
    ----------
    permission
        None for everybody: the route gives nothing of what the store holds.
    kind
        All but a ``question`` are written to the audit log, whether they are carried out or refused; a ``change`` that
        changed nothing is not, and of a ``reading``, which a GIS client does at every move of its map, the first of an
        account in an hour.
    current
        Whether it must see what was written a moment ago, although it asks for what may lag.
    """

    permission: Permission | None
    kind: Literal["question", "change", "export", "reading", "sign_in"] = "question"
    current: bool = False

    @property
    def may_lag(self) -> bool:
        """Whether a replica may answer: questions about what is in force and what happened, not about drafts."""
        return self.permission in _LAGGING and self.kind != "change" and not self.current


_PUBLIC, _READ = Rule(None), Rule(_P.READ)
_ASK_PLAN, _EDIT, _PUBLISH = Rule(_P.PLANS), Rule(_P.EDIT, "change"), Rule(_P.PUBLISH, "change")

_COLLECTIONS = {
    "jurisdictions": Rule(_P.GRIDS, "reading"),
    "grids": Rule(_P.GRIDS, "reading"),
    "units": Rule(_P.PLANS, "reading"),  # the latest import need not be in force anywhere
    "incidents": Rule(_P.INCIDENTS, "export"),
    "cameras": Rule(_P.CAMERAS, "export"),
    "gaps": Rule(_P.CAMERAS, "export"),
    "hot_spots": Rule(_P.COUNTS, "export"),
}
_TILED = ("jurisdictions", "grids", "units")


def _collection_rules() -> dict[tuple[str, str], Rule]:
    """Give the rules of the collections for other software: what tells of them needs the same as what is in them."""
    found: dict[tuple[str, str], Rule] = {}
    for name, rule in _COLLECTIONS.items():
        here = f"/ogc/collections/{name}"
        about = ["", "/schema", "/queryables"]
        content = ["/items", "/items/{feature_id}"]
        if name in _TILED:
            about += ["/tilejson", "/tiles", "/tiles/WebMercatorQuad"]
            content += ["/tiles/WebMercatorQuad/{z}/{y}/{x}", f"/{name}.pmtiles"]
        found |= {("GET", here + end): Rule(rule.permission) for end in about}
        found |= {("GET", here + end): rule for end in content}
    return found


RULES: MappingProxyType[tuple[str, str], Rule] = MappingProxyType(
    {
        # pages and files
        ("GET", "/"): _PUBLIC,
        ("GET", "/static/{path:path}"): _PUBLIC,
        # the field app stays on a phone after a sign-in has ended: it holds nothing, what it asks for has rules
        ("GET", "/field"): _PUBLIC,
        ("GET", "/field-worker.js"): _PUBLIC,
        ("GET", "/healthz"): _PUBLIC,
        ("GET", "/readyz"): _PUBLIC,
        ("GET", "/metrics"): _READ,
        ("GET", "/sign-in"): _PUBLIC,
        ("POST", "/sign-in"): Rule(None, "sign_in"),
        ("POST", "/sign-out"): _PUBLIC,
        ("GET", "/docs"): _READ,
        ("GET", "/openapi.json"): _READ,
        ("GET", "/maps/plan"): Rule(_P.GRIDS, "export", current=True),
        ("GET", "/maps/heatmap"): Rule(_P.COUNTS, "export"),
        ("GET", "/maps/times"): Rule(_P.COUNTS, "export"),
        ("GET", "/maps/hotspots"): Rule(_P.COUNTS, "export"),
        ("GET", "/maps/clock"): Rule(_P.COUNTS, "export"),
        ("GET", "/maps/change"): Rule(_P.COUNTS, "export"),
        ("GET", "/maps/forecast"): Rule(_P.INCIDENTS, "export"),
        ("GET", "/maps/coverage"): Rule(_P.CAMERAS, "export"),
        ("GET", "/maps/gaps"): Rule(_P.CAMERAS, "export"),
        ("GET", "/maps/sites"): Rule(_P.CAMERAS, "export"),
        ("GET", "/maps/recommendations"): Rule(_P.PLANS, "export"),
        ("GET", "/maps/service-points"): Rule(_P.PLANS, "export"),
        ("GET", "/maps/checkpoints"): Rule(_P.PLANS, "export"),
        ("GET", "/maps/beats"): Rule(_P.PLANS, "export"),
        ("GET", "/maps/scenario/{scenario_id}"): Rule(_P.PLANS, "export"),
        ("GET", "/maps/assessment"): Rule(_P.CAMERAS, "export"),
        ("GET", "/workbench"): Rule(_P.PLANS),
        ("GET", "/analyst"): Rule(_P.COUNTS),
        # other software
        ("GET", "/ogc"): _READ,
        ("GET", "/ogc/"): _READ,
        ("GET", "/ogc/conformance"): _READ,
        ("GET", "/ogc/api"): _READ,
        ("GET", "/ogc/collections"): _READ,
        ("GET", "/ogc/tileMatrixSets"): _READ,
        ("GET", "/ogc/tileMatrixSets/WebMercatorQuad"): _READ,
        **_collection_rules(),
        # accounts
        ("POST", "/api/v1/token"): Rule(None, "sign_in"),
        ("GET", "/api/v1/account"): _READ,
        ("GET", "/api/v1/api-keys"): _READ,
        ("POST", "/api/v1/api-keys"): Rule(_P.READ, "change"),
        ("DELETE", "/api/v1/api-keys/{key_id}"): Rule(_P.READ, "change"),
        ("GET", "/api/v1/audit"): Rule(_P.AUDIT, "export"),
        # lookup
        ("GET", "/api/v1/locate"): Rule(_P.LOCATE),
        ("POST", "/api/v1/locate"): Rule(_P.LOCATE),
        ("GET", "/api/v1/addresses"): Rule(_P.LOCATE),
        ("GET", "/api/v1/addresses/nearest"): Rule(_P.LOCATE),
        ("GET", "/api/v1/field-packs/{code}"): Rule(_P.LOCATE, "export"),
        ("GET", "/api/v1/field-packs/{code}/addresses"): Rule(_P.LOCATE, "export"),
        ("GET", "/api/v1/field-packs"): Rule(_P.LOCATE),
        ("GET", "/api/v1/responsible-posts/{code}"): Rule(_P.LOCATE),
        ("GET", "/api/v1/locate/nearest"): Rule(_P.LOCATE),
        # the national table
        ("GET", "/api/v1/nation"): Rule(_P.GRIDS),
        ("GET", "/api/v1/nation/jurisdictions/{code}"): Rule(_P.LOCATE),
        ("GET", "/api/v1/nation/locate"): Rule(_P.LOCATE),
        ("POST", "/api/v1/nation/locate"): Rule(_P.LOCATE),
        # plans and editions
        ("GET", "/api/v1/grids"): Rule(_P.GRIDS, "export"),
        ("GET", "/api/v1/plans"): _ASK_PLAN,
        ("POST", "/api/v1/plans"): _EDIT,
        ("POST", "/api/v1/plans/alternatives"): _EDIT,
        ("GET", "/api/v1/plans/{plan_id}"): _ASK_PLAN,
        ("DELETE", "/api/v1/plans/{plan_id}"): _EDIT,
        ("POST", "/api/v1/plans/division"): Rule(_P.EDIT),
        ("GET", "/api/v1/plans/{plan_id}/grids"): Rule(_P.PLANS, "export"),
        ("POST", "/api/v1/plans/{plan_id}/moves"): _EDIT,
        ("GET", "/api/v1/plans/{plan_id}/assignment"): Rule(_P.PLANS, "export"),
        ("GET", "/api/v1/plans/{plan_id}/open"): Rule(_P.PLANS, "export"),
        ("GET", "/api/v1/plans/{plan_id}/units"): Rule(_P.PLANS, "export"),
        ("GET", "/api/v1/plans/{plan_id}/surroundings"): _ASK_PLAN,
        ("GET", "/api/v1/plans/{plan_id}/journal"): _ASK_PLAN,
        ("POST", "/api/v1/plans/{plan_id}/undo"): _EDIT,
        ("POST", "/api/v1/plans/{plan_id}/redo"): _EDIT,
        ("POST", "/api/v1/plans/{plan_id}/copy"): _EDIT,
        ("POST", "/api/v1/plans/{plan_id}/rebalance"): _EDIT,
        ("GET", "/api/v1/plans/{plan_id}/compare/{other_id}"): _ASK_PLAN,
        ("POST", "/api/v1/plans/{plan_id}/check"): _EDIT,
        ("POST", "/api/v1/plans/{plan_id}/publish"): _PUBLISH,
        ("GET", "/api/v1/editions"): Rule(_P.GRIDS),
        ("GET", "/api/v1/editions/{edition_id}"): Rule(_P.GRIDS),
        ("GET", "/api/v1/editions/{edition_id}/changes/{second_id}"): Rule(_P.GRIDS),
        ("POST", "/api/v1/editions/{edition_id}/republish"): _PUBLISH,
        # scenarios
        ("GET", "/api/v1/scenarios"): _ASK_PLAN,
        ("POST", "/api/v1/scenarios"): _EDIT,
        ("GET", "/api/v1/scenarios/compare"): _ASK_PLAN,
        ("GET", "/api/v1/scenarios/{scenario_id}"): _ASK_PLAN,
        # jobs
        ("GET", "/api/v1/jobs"): _ASK_PLAN,
        # analysts ask for analyses, and end their own; for the rest the routes require EDIT
        ("POST", "/api/v1/jobs"): Rule(_P.INCIDENTS, "change"),
        ("GET", "/api/v1/jobs/{job_id}"): _ASK_PLAN,
        ("POST", "/api/v1/jobs/{job_id}/cancel"): Rule(_P.INCIDENTS, "change"),
        ("GET", "/api/v1/jobs/{job_id}/result"): Rule(_P.INCIDENTS, "export", current=True),
        # analysis
        ("GET", "/api/v1/summary"): Rule(_P.GRIDS),
        ("GET", "/api/v1/categories"): Rule(_P.GRIDS),
        ("GET", "/api/v1/heatmap"): Rule(_P.COUNTS, "export"),
        ("GET", "/api/v1/analyst/ground"): Rule(_P.GRIDS, "reading"),
        ("GET", "/api/v1/analyst/surroundings"): Rule(_P.GRIDS),
        ("GET", "/api/v1/analyst/profile"): Rule(_P.COUNTS, "export"),
        ("GET", "/api/v1/analyst/density"): Rule(_P.INCIDENTS, "export"),
        # with coverage only for whoever may see cameras, as the route looks after
        ("GET", "/api/v1/analyst/report"): Rule(_P.COUNTS, "export"),
        ("GET", "/api/v1/significance"): Rule(_P.COUNTS, "export"),
        ("GET", "/api/v1/hotspots"): Rule(_P.COUNTS, "export"),
        ("GET", "/api/v1/review"): Rule(_P.COUNTS, "export"),
        ("GET", "/api/v1/emerging"): Rule(_P.COUNTS, "export"),
        ("GET", "/api/v1/clock"): Rule(_P.COUNTS, "export"),
        ("GET", "/api/v1/seasons"): Rule(_P.COUNTS, "export"),
        ("GET", "/api/v1/density"): Rule(_P.INCIDENTS, "export"),
        ("GET", "/api/v1/near-repeat"): Rule(_P.INCIDENTS, "export"),
        ("GET", "/api/v1/forecast"): Rule(_P.INCIDENTS, "export"),
        ("GET", "/api/v1/incidents"): Rule(_P.INCIDENTS, "export"),
        ("GET", "/api/v1/incidents/coarse"): Rule(_P.COUNTS, "export"),
        ("GET", "/api/v1/incidents/counts"): Rule(_P.COUNTS, "export"),
        ("POST", "/api/v1/incidents"): _EDIT,
        ("POST", "/api/v1/cameras"): _EDIT,
        ("GET", "/api/v1/cameras"): Rule(_P.CAMERAS, "export"),
        # where incidents are covered tells of their exact places: whoever has CAMERAS has INCIDENTS too
        ("GET", "/api/v1/coverage"): Rule(_P.CAMERAS, "export"),
        ("GET", "/api/v1/coverage/measures"): Rule(_P.CAMERAS, "export"),
        ("GET", "/api/v1/coverage/gaps"): Rule(_P.CAMERAS, "export"),
        ("GET", "/api/v1/coverage/visits"): Rule(_P.CAMERAS, "export"),
        ("GET", "/api/v1/coverage/seen"): Rule(_P.CAMERAS, "export"),
        ("GET", "/api/v1/coverage/surroundings"): Rule(_P.CAMERAS),
        ("GET", "/api/v1/coverage/remedies"): Rule(_P.CAMERAS, "export"),
        ("GET", "/api/v1/coverage/survey"): Rule(_P.CAMERAS, "export"),
        ("GET", "/api/v1/coverage/redundancy"): Rule(_P.CAMERAS, "export"),
        ("GET", "/api/v1/coverage/closure"): Rule(_P.CAMERAS, "export"),
        ("POST", "/api/v1/coverage/what-if"): Rule(_P.CAMERAS),
        # recommendations
        ("GET", "/api/v1/recommendations"): _ASK_PLAN,
        ("POST", "/api/v1/recommendations"): _ASK_PLAN,
        ("GET", "/api/v1/recommendations/borders"): _ASK_PLAN,
        ("POST", "/api/v1/recommendations/review"): _ASK_PLAN,
        ("POST", "/api/v1/recommendations/take"): _EDIT,
        ("POST", "/api/v1/service-points"): _ASK_PLAN,
        ("POST", "/api/v1/checkpoints"): _ASK_PLAN,
        ("POST", "/api/v1/beats"): _ASK_PLAN,
        # tells how many incidents each grid has, to one
        ("POST", "/api/v1/staffing"): Rule(_P.INCIDENTS, current=True),
        # coverage is one of its indicators
        ("POST", "/api/v1/assessment"): Rule(_P.CAMERAS, "export"),
        ("POST", "/api/v1/standards"): _ASK_PLAN,
    }
)
"""Method and path of a route → what it needs. A ``GET`` stands for ``HEAD`` too."""


class RuleTable:
    """Finds the rule for a request."""

    def __init__(self, rules: MappingProxyType[tuple[str, str], Rule]) -> None:
        self._plain = {key: (rule, key[1]) for key, rule in rules.items() if "{" not in key[1]}
        self._patterns: list[tuple[str, re.Pattern[str], Rule, str]] = [
            (method, compile_path(path)[0], rule, path) for (method, path), rule in rules.items() if "{" in path
        ]

    def find(self, method: str, path: str) -> tuple[Rule, str] | None:
        """Give the rule for a request and the path of its route; None when there is no rule."""
        method = "GET" if method == "HEAD" else method
        if (plain := self._plain.get((method, path))) is not None:
            return plain
        for its_method, pattern, rule, template in self._patterns:
            if its_method == method and pattern.match(path):
                return rule, template
        return None

    def methods(self, path: str) -> list[str]:
        """Give the methods that a path has rules for."""
        return [method for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if self.find(method, path)]
