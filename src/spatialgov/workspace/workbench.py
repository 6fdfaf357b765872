"""What the planner's page is given: units encoded once for all who ask, and a plan by the positions of its units."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from spatialgov.plan import Plan, parent_of_units
from spatialgov.store import PlanRecord, Store
from spatialgov.units import Units
from spatialgov.workspace.areas import Area
from spatialgov.workspace.encoded import EncodedJson, encoded_size
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.plain import feature_collection_of
from spatialgov.workspace.plans import Plans

__all__ = ["DEGREES", "OpenPlan", "Workbench", "encoded"]

DEGREES = 1e-7
"""Coordinates are whole multiples of this: about 1 cm."""

_LEVELS = ("district_code", "subdistrict_code", "community_code", "parent_code")
_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False, slots=True)
class OpenPlan:
    """A plan, ready to be edited.

    Attributes
    ----------
    record
        What is known of it, without measures.
    sequence
        Number of its newest journal entry.
    plan
        Its units and grids; labels are in the order of `encoded`.
    taken
        Codes that new grids must not have, although the plan has no such grid.
    """

    record: PlanRecord
    sequence: int
    plan: Plan
    taken: list[str]


class Workbench:
    """The planner's page of a workspace."""

    def __init__(self, store: Store, plans: Plans) -> None:
        self._store = store
        self._plans = plans
        self._encoded = Kept(_MOST_BYTES, encoded_size)

    def units(self, plan_id: int) -> EncodedJson:
        """Give the units of a plan, or raise `NotFoundError`; they are encoded once and kept."""
        record = self._store.plan(plan_id)
        own = {name: record.settings.get(name) for name in ("within", "merged", "barriers", "borders")}
        marks = json.dumps(own if own["merged"] or own["barriers"] or own["borders"] else None, sort_keys=True)
        key = record.unit_set_id, self._store.revision("barriers"), marks
        return self._encoded.get(key, lambda: encoded(self._plans.units_of(record)))

    def open(self, plan_id: int) -> OpenPlan:
        """Give a plan to be edited, or raise `NotFoundError`."""
        record = self._store.plan(plan_id)
        plan, sequence = self._plans.load_with_sequence(plan_id)
        # codes of other ground are nothing to whoever may see this plan only
        prefixes = tuple(set(parent_of_units(plan.units, plan.settings.within).tolist()))
        ever = self._store.codes_ever_used().difference(plan.codes)
        return OpenPlan(record, sequence, plan, sorted(code for code in ever if code.startswith(prefixes)))

    def surroundings(self, plan_id: int, *, area: Area | None = None) -> dict[str, Any]:
        """Give what lies around the units of a plan, a GeoJSON FeatureCollection (WGS 84) a layer.

        Only places of the `area` and its jurisdictions, if one is given.
        """
        self._store.plan(plan_id)
        jurisdictions, places = self._store.jurisdictions(), self._store.layer("places")
        if area is not None:
            jurisdictions, places = area.jurisdictions(jurisdictions), area.among(places)
        names = ["name", "name_en"]
        return {
            "jurisdictions": feature_collection_of(jurisdictions, ["code", "level", *names]),
            "places": feature_collection_of(places, ["kind", *names]),
            "barriers": feature_collection_of(self._store.layer("barriers"), ["barrier_id", "kind", "effect", *names]),
            "roads": feature_collection_of(self._store.layer("roads"), ["road_class", *names]),
        }


def encoded(units: Units) -> EncodedJson:
    """Encode units for a page that paints them.

    Returns
    -------
    EncodedJson
        An object of columns in the order of the units: `ids`, `households`, `population`, `area_m2`, `workload`
        (null where units don't say it); `levels`, by column: the `codes` there are and for each unit which one it has;
        `edges`, pairs of units that share a border, one after the other, and which of the pairs a `hard` barrier
        separates; `shapes` (`_shapes`).
    """
    frame, graph = units.frame, units.graph
    source = graph.sources()
    once = source < graph.indices
    pairs = np.column_stack([source[once], graph.indices[once]])
    levels = {}
    for name in _LEVELS:
        if name in frame:
            position, codes = pd.factorize(frame[name].astype(str))
            levels[name] = {"codes": codes.tolist(), "of": position.tolist()}
    answer = {
        "ids": frame["unit_id"].tolist(),
        "households": frame["households"].tolist(),
        "population": frame["population"].tolist(),
        "area_m2": graph.area_m2.round(1).tolist(),
        "workload": units.amounts("workload").tolist() if "workload" in frame else None,
        "levels": levels,
        "edges": pairs.ravel().tolist(),
        "hard": np.flatnonzero(graph.barrier[once] > 0).tolist(),
        "shapes": _shapes(frame.geometry.to_numpy()),
    }
    return EncodedJson.of(answer)


def _shapes(polygons: Any) -> dict[str, Any]:
    """Give polygons as whole numbers.

    `xy` holds longitude and latitude of every vertex by turns, in steps of `step` degrees, each less that of the vertex
    before; the first is less `origin`. `ring_vertices`, `polygon_rings` and `unit_polygons` say how many there are.
    """
    # always all three levels, whether there are polygons in several parts or not
    whole = [shapely.multipolygons(shapely.get_parts(polygon)) for polygon in polygons]
    _, lonlat, (rings, parts, members) = shapely.to_ragged_array(np.array(whole, dtype=object))
    whole_steps = np.rint(lonlat / DEGREES).astype(np.int64)
    origin = whole_steps[0] if len(whole_steps) else np.zeros(2, np.int64)
    return {
        "step": DEGREES,
        "origin": origin.tolist(),
        "xy": np.diff(whole_steps, axis=0, prepend=origin[None]).ravel().tolist(),
        "ring_vertices": np.diff(rings).tolist(),
        "polygon_rings": np.diff(parts).tolist(),
        "unit_polygons": np.diff(members).tolist(),
    }
