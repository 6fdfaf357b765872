"""What the cameras see, which gaps matter, and what to do about them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.coverage import sectors, sight_faults, visible_ground
from spatialgov.coverage.demand import DEMAND_KINDS
from spatialgov.coverage.gaps import gaps
from spatialgov.coverage.states import Split, measure
from spatialgov.faults import Fault
from spatialgov.store import Store
from spatialgov.topology import dissolve
from spatialgov.workspace.analysis import Analysis
from spatialgov.workspace.coverage_scenes import CoverageQuestion, CoverageScenes, Scene
from spatialgov.workspace.kept_frames import KeptFrames

__all__ = ["CoverageAnalysis"]


class CoverageAnalysis:
    """The analyses of coverage.

    Each takes a `CoverageQuestion`. Its area is what the asker is limited to: what should be seen beyond it is left
    out before anything is counted, and cameras beyond it are not told of, though what they see of it is seen.
    All raise `NotFoundError` where there are no cameras, or no ground that the asker may look at.
    """

    def __init__(self, store: Store, data_dir: Path, analysis: Analysis) -> None:
        self._scenes = CoverageScenes(store, analysis)
        self._kept = KeptFrames(data_dir / "results" / "coverage")

    def scene(self, question: CoverageQuestion) -> Scene:
        """Give what the cameras see of what should be seen, for maps."""
        return self._scenes.scene(question)

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
        return self._kept.get(self._scenes.state(), asked, lambda: self._by_area(question, level))

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
        """
        asked = ("gaps", _sorted(weights), question.key)
        found = self._kept.get(self._scenes.state(), asked, lambda: self._gaps(question, weights))
        chosen = np.ones(len(found), dtype=bool)
        for column, wanted in (("state", states), ("reason", reasons)):
            if wanted:
                chosen &= found[column].isin(wanted).to_numpy()
        return found[chosen].reset_index(drop=True)

    def _gaps(self, question: CoverageQuestion, weights: Mapping[str, float] | None) -> gpd.GeoDataFrame:
        scene = self.scene(question)
        found = gaps(scene.states, weights=weights)
        beyond = found["camera_id"].isin(scene.sight.views.table["camera_id"][~scene.own])
        found.loc[beyond, "camera_id"] = ""
        return found

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
        scene = self.scene(question)
        table = scene.sight.views.table[scene.own]
        missing: dict[str, int] = {}
        for columns in table["missing"]:
            for column in columns:
                missing[column] = missing.get(column, 0) + 1
        return {
            "needed": question.needed,
            "level": scene.areas.level,
            "edition": scene.edition,
            "cameras": len(table),
            "working": int(table["working"].sum()),
            "assumptions": dict(scene.sight.views.assumptions) if scene.own.all() else {},
            "missing": dict(sorted(missing.items(), key=lambda item: -item[1])),
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
