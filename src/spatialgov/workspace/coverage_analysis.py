"""What the cameras see, which gaps matter, and what to do about them."""

import json
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatialgov.bulk import Hands
from spatialgov.coverage import sectors, seen_ground, sight_faults, visible_ground
from spatialgov.coverage.demand.demands import DEMAND_KINDS
from spatialgov.coverage.gaps.closure import LONGEST_BREAK_M, Closure, closure
from spatialgov.coverage.gaps.listing import gaps
from spatialgov.coverage.gaps.redundancy import Redundancy, redundancy
from spatialgov.coverage.gaps.states import Split, measure
from spatialgov.coverage.gaps.survey import survey_gains
from spatialgov.coverage.gaps.visits import REACH_M, visit_sites
from spatialgov.coverage.in_parts import gap_parts
from spatialgov.coverage.remedies.candidates import Device, candidates
from spatialgov.coverage.remedies.changes import Change, Changes, judged_changes, read_changes
from spatialgov.coverage.remedies.planning import REMEDIES, Remedy, RemedyPlan, plan_remedies
from spatialgov.coverage.remedies.what_if import WhatIf, what_if
from spatialgov.faults import Fault
from spatialgov.language import current_language
from spatialgov.store import Store
from spatialgov.topology import dissolve
from spatialgov.workspace.analysis import Analysis
from spatialgov.workspace.coverage_scenes import CoverageQuestion, CoverageScenes, Scene
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.kept_files import KeptFrames

__all__ = ["CoverageAnalysis", "RemedyWish"]

_MOST_PLANS = 4

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class RemedyWish:
    """What is to be done about gaps, and how much of it; see `spatialgov.coverage.plan_remedies`.

    Attributes
    ----------
    p, budget, share
        At most one: new devices, what all may cost, the share that should be covered in the end.
    remedies
        What may be done.
    weights
        Kind of what should be seen → its part among the others; all alike when not given.
    device
        What is installed; a usual camera when not given.
    posts_per_place
        Distinct posts that should see a key place.
    spacing_m
        New posts stand at least so far from others.
    turns
        The most cameras to turn; None for all that are worth it.
    seed
        The same gives the same plan, unless time cuts the search short.
    time_limit_s
        Of the search for new sites.
    """

    p: int | None = None
    budget: float | None = None
    share: float | None = None
    remedies: tuple[Remedy, ...] = REMEDIES
    weights: Mapping[str, float] | None = None
    device: Device | None = None
    posts_per_place: int = 1
    spacing_m: float = 20.0
    turns: int | None = None
    seed: int = 0
    time_limit_s: float = 1.0

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Make a wish from plain values: the ``device`` a mapping, whatever is no attribute left out."""
        given = {field.name: options[field.name] for field in fields(cls) if field.name in options}
        if given.get("device") is not None:
            given["device"] = Device(**given["device"])
        if "remedies" in given:
            given["remedies"] = tuple(dict.fromkeys(given["remedies"]))
        return cls(**given)

    @property
    def key(self) -> Hashable:
        """What tells this wish from others."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return tuple({**plain, "weights": _sorted(self.weights)}.items())


class CoverageAnalysis:
    """The analyses of coverage.

    Each takes a `CoverageQuestion`. Its area is what the asker is limited to: what should be seen beyond it is left
    out before anything is counted, and cameras beyond it are not told of, though what they see of it is seen.
    All raise `NotFoundError` where there are no cameras, or no ground that the asker may look at.
    """

    def __init__(self, store: Store, data_dir: Path, analysis: Analysis) -> None:
        self._scenes = CoverageScenes(store, data_dir / "results" / "coverage_scenes", analysis)
        self._kept = KeptFrames(data_dir / "results" / "coverage")
        self._plans = Kept(_MOST_PLANS)

    def scene(self, question: CoverageQuestion, hands: Hands | None = None) -> Scene:
        """Give what the cameras see of what should be seen, for maps and for what is asked next.

        Where it has to be made, it is made in parts with `hands`: all that is asked about it uses it then.
        """
        return self._scenes.scene(question, hands)

    def measure(self, question: CoverageQuestion, *, level: str | None = None, split: Split = "") -> pd.DataFrame:
        """Give how much of what should be seen is covered, uncertain or a gap; see `spatialgov.coverage.measure`."""
        return measure(self.scene(question).states, level=level, split=split)

    def by_area(self, question: CoverageQuestion, *, level: str | None = None) -> gpd.GeoDataFrame:
        """Give what `measure` gives with a row an area.

        Returns
        -------
        GeoDataFrame
            ``level``, ``code``, ``name``; for each of `DEMAND_KINDS`, with its unit in the name, such as
            ``ground_m2``, ``ground_covered_m2``, ``ground_uncertain_m2``, ``ground_gap_m2``, ``ground_lower_share``,
            ``ground_upper_share``; the area, EPSG:4326.
        """
        asked = ("by_area", level, question.key)
        return self._kept.get(self._scenes.state, asked, lambda: self._by_area(question, level))

    def kept_by_grid(self, question: CoverageQuestion) -> gpd.GeoDataFrame | None:
        """Give what `by_area` gave for the grids in force, if it was asked and nothing has changed since; else None."""
        for level in (None, "grid"):
            found = self._kept.peek(self._scenes.state, ("by_area", level, question.key))
            if found is not None and (found["level"] == "grid").all():
                return found
        return None

    def _by_area(self, question: CoverageQuestion, level: str | None) -> gpd.GeoDataFrame:
        scene = self.scene(question)
        table = measure(scene.states, level=level)
        parts = []
        for kind, unit in DEMAND_KINDS.items():
            rows = table[table["kind"] == kind].set_index("code")
            names = {
                "should_be_seen": f"{kind}_{unit}",
                **{state: f"{kind}_{state}_{unit}" for state in ("covered", "uncertain", "gap")},
                **{f"{end}_share": f"{kind}_{end}_share" for end in ("lower", "upper")},
            }
            parts.append(rows[list(names)].rename(columns=names))
        wide = pd.concat(parts, axis=1)
        heads = table.drop_duplicates("code").set_index("code")[["level", "name"]]
        found = heads.join(wide).reset_index()
        found = found[["level", *[name for name in found if name != "level"]]]
        return gpd.GeoDataFrame(found, geometry=_outlines(scene, found), crs=4326)

    def gaps(
        self,
        question: CoverageQuestion,
        *,
        weights: Mapping[str, float] | None = None,
        states: Sequence[str] = (),
        reasons: Sequence[str] = (),
        hands: Hands | None = None,
    ) -> gpd.GeoDataFrame:
        """Give what is not covered as objects, the weightiest first; see `spatialgov.coverage.gaps`.

        Parameters
        ----------
        question
            What is asked about.
        weights
            Kind of what should be seen → its part among the others; all alike when not given.
        states, reasons
            Only these; none for all.
        hands
            Who finds them in parts, where they have to be found; None to do it here.
        """
        asked = ("gaps", _sorted(weights), question.key)
        found = self._kept.get(self._scenes.state, asked, lambda: self._gaps(question, weights, hands))
        chosen = np.ones(len(found), dtype=bool)
        for column, wanted in (("state", states), ("reason", reasons)):
            if wanted:
                chosen &= found[column].isin(wanted).to_numpy()
        return found[chosen].reset_index(drop=True)

    def _gaps(
        self, question: CoverageQuestion, weights: Mapping[str, float] | None, hands: Hands | None
    ) -> gpd.GeoDataFrame:
        scene = self.scene(question, hands)
        parts = None if hands is None else gap_parts(hands, scene.states)
        found = gaps(scene.states, weights=weights, parts=parts)
        beyond = found["camera_id"].isin(scene.sight.views.table["camera_id"][~scene.own])
        found.loc[beyond, "camera_id"] = ""
        return found

    def visits(
        self, question: CoverageQuestion, found: gpd.GeoDataFrame, *, reach_m: float = REACH_M
    ) -> gpd.GeoDataFrame:
        """Gather gaps that `gaps` has given into sites that a crew can visit; see `spatialgov.coverage.visit_sites`."""
        return visit_sites(found, self.scene(question).demands, reach_m=reach_m)

    def survey(self, question: CoverageQuestion, *, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
        """Give which missing figures of which cameras would settle most of what is uncertain; see `survey_gains`."""
        scene = self.scene(question)
        found: pd.DataFrame = survey_gains(scene.states, weights=weights)
        mine: pd.DataFrame = found[scene.own[found["camera"].to_numpy(dtype=np.int64)]]
        return mine.reset_index(drop=True)

    def redundancy(
        self, question: CoverageQuestion, *, level: str | None = None, weights: Mapping[str, float] | None = None
    ) -> Redundancy:
        """Give how many posts see the same, and what goes dark when one fails; see `spatialgov.coverage.redundancy`.

        Only posts that stand where the asker may look are listed; the others' cameras count all the same.
        """
        scene = self.scene(question)
        found = redundancy(scene.states, level=level, weights=weights)
        posts = scene.sight.views.table["post"]
        beyond = posts[~scene.own]
        return replace(found, posts=found.posts[~found.posts["post"].isin(beyond)].reset_index(drop=True))

    def closure(self, question: CoverageQuestion, *, longest_break_m: float = LONGEST_BREAK_M) -> Closure:
        """Give which compounds are closed and which main roads joined up; see `spatialgov.coverage.closure`."""
        return closure(self.scene(question).states, longest_break_m=longest_break_m)

    def remedies(self, question: CoverageQuestion, wish: RemedyWish) -> RemedyPlan:
        """Plan what to do about gaps, the cheapest first; see `spatialgov.coverage.plan_remedies`.

        New devices stand, and cameras are repaired, surveyed or turned, only where the asker may look.

        Raises
        ------
        InputError
            When the wish makes no sense, or its target can't be reached.
        """
        # its reasons are in the language of who asks
        asked = self._scenes.state(), current_language(), question.key, wish.key
        return self._plans.get(asked, lambda: self._remedies(question, wish))

    def _remedies(self, question: CoverageQuestion, wish: RemedyWish) -> RemedyPlan:
        scene = self.scene(question)
        zones = self._scenes.layer("exclusion_zones")
        places = candidates(scene.sight, self._scenes.layer("roads"), zones, device=wish.device, area=scene.areas.frame)
        return plan_remedies(
            scene.states,
            places,
            zones,
            p=wish.p,
            budget=wish.budget,
            share=wish.share,
            remedies=wish.remedies,
            weights=wish.weights,
            posts_per_place=wish.posts_per_place,
            spacing_m=wish.spacing_m,
            turns=wish.turns,
            keep=scene.cameras["camera_id"][~scene.own].tolist(),
            seed=wish.seed,
            time_limit_s=wish.time_limit_s,
        )

    def judged(
        self, question: CoverageQuestion, given: Path | Sequence[Mapping[str, Any]], *, datum: str | None = None
    ) -> Changes:
        """Give the changes of cameras that a table or rows describe, and what is wrong with the others.

        See `spatialgov.coverage.read_changes` and `judged_changes`: no camera is put where an exclusion zone forbids
        it. Cameras beyond the asker's area are as if they were not there.
        """
        scene = self.scene(question)
        own = scene.cameras[scene.own].reset_index(drop=True)
        zones = self._scenes.layer("exclusion_zones")
        if isinstance(given, Path):
            return read_changes(given, own, datum=datum, zones=zones)
        return judged_changes(given, own, datum=datum, zones=zones)

    def what_if(self, question: CoverageQuestion, changes: Sequence[Change], *, level: str | None = None) -> WhatIf:
        """Measure what changes of cameras would do; nothing is changed. See `spatialgov.coverage.what_if`."""
        scene = self.scene(question)
        zones = self._scenes.layer("exclusion_zones")
        return what_if(scene.cameras, scene.states, changes, level=level, zones=zones)

    def seen_ground(self, question: CoverageQuestion) -> gpd.GeoDataFrame:
        """Give what each of the asker's cameras sees, for certain and perhaps; see `seen_ground` of the core."""
        scene = self.scene(question)
        return seen_ground(scene.sight, np.flatnonzero(scene.own))

    def surroundings(self, question: CoverageQuestion, box: Box) -> dict[str, gpd.GeoDataFrame]:
        """Give what is drawn around cameras: ``buildings`` (joined where they touch), ``exclusion_zones``, ``places``.

        Parameters
        ----------
        question
            What is asked about: there is only what lies in its area.
        box
            West, south, east, north, degrees, WGS 84: only what meets it.
        """
        sight, view = self.scene(question).sight, shapely.box(*box)
        (here,) = gpd.GeoSeries([view], crs=4326).to_crs(sight.crs)
        solids = sight.obstacles.solids[np.sort(sight.obstacles.tree.query(here))]
        found = {"buildings": gpd.GeoDataFrame(geometry=solids, crs=sight.crs).to_crs(4326)}
        for kind in ("exclusion_zones", "places"):
            layer = self._scenes.layer(kind)
            there = gpd.GeoDataFrame(geometry=[], crs=4326) if layer is None else layer
            found[kind] = there[there.intersects(view)]
        area = question.area
        return found if area is None else {kind: area.among(frame) for kind, frame in found.items()}

    def layers(self, question: CoverageQuestion, *, level: str | None = None) -> dict[str, gpd.GeoDataFrame]:
        """Give what is drawn: ``coverage`` by area, and of the asker's cameras ``visible`` ground and ``sectors``."""
        scene = self.scene(question)
        own = set(scene.sight.views.table["camera_id"][scene.own])
        drawn = {"visible": visible_ground(scene.sight), "sectors": sectors(scene.sight)}
        return {
            "coverage": self.by_area(question, level=level),
            **{name: frame[frame["camera_id"].isin(own)] for name, frame in drawn.items()},
        }

    def about(self, question: CoverageQuestion) -> dict[str, Any]:
        """Give what is to be said about every answer: class, areas, cameras, and how much is assumed of them."""

        def made() -> gpd.GeoDataFrame:
            text = json.dumps(self._about(question))
            return gpd.GeoDataFrame({"about": [text]}, geometry=np.array([None], dtype=object), crs=4326)

        kept = self._kept.get(self._scenes.state, ("about", question.key), made)
        told: dict[str, Any] = json.loads(kept["about"].iloc[0])
        return told

    def _about(self, question: CoverageQuestion) -> dict[str, Any]:
        scene = self.scene(question)
        table = scene.sight.views.table[scene.own]
        missing = Counter(column for columns in table["missing"] for column in columns)
        return {
            "needed": question.needed,
            "level": scene.areas.level,
            "edition": scene.edition,
            "cameras": len(table),
            "working": int(table["working"].sum()),
            "assumptions": dict(scene.sight.views.assumptions) if scene.own.all() else {},
            "missing": dict(missing.most_common()),
            "left_out": dict(scene.demands.left_out),
        }

    def faults(self, question: CoverageQuestion) -> list[Fault]:
        """List what was odd about the cameras where the asker may look: inside buildings, far from everything."""
        scene = self.scene(question)
        own = set(scene.sight.views.table["camera_id"][scene.own])
        return [fault for fault in sight_faults(scene.sight) if fault.item in own]


def _sorted(weights: Mapping[str, float] | None) -> tuple[tuple[str, float], ...] | None:
    return None if weights is None else tuple(sorted(weights.items()))


def _outlines(scene: Scene, found: pd.DataFrame) -> Any:
    """Give the ground of each row: areas merged by the code that they have at its level."""
    frame = scene.areas.frame
    level = str(found["level"].iloc[0]) if len(found) else scene.areas.level
    codes = np.full(len(frame), "", dtype=object)
    if level != "all":
        codes = frame["code" if level == scene.areas.level else f"{level}_code"].to_numpy()
    position = {code: i for i, code in enumerate(found["code"])}
    labels = np.array([position[code] for code in codes], dtype=np.int32)
    return dissolve(frame.geometry.to_numpy(), labels, len(found))
