"""What analyses of coverage start from: what the cameras see, and what should be seen where the asker may look."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj

from spatialgov.bulk import Hands
from spatialgov.coverage import Sight, see, views_of
from spatialgov.coverage.demand.demands import Demands, demands
from spatialgov.coverage.demand.study_areas import StudyAreas, study_areas
from spatialgov.coverage.gaps.state_files import (
    open_demands,
    open_sight,
    open_states,
    save_demands,
    save_sight,
    save_states,
)
from spatialgov.coverage.gaps.states import States, states_of
from spatialgov.coverage.in_parts import see_in_parts, states_in_parts
from spatialgov.errors import NotFoundError, NothingPublishedError
from spatialgov.language import current_language, t
from spatialgov.store import Store
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.kept_files import KeptFiles
from spatialgov.workspace.time_steps import DEFAULT_ZONE

__all__ = ["CoverageQuestion", "CoverageScenes", "Scene"]

_MOST_SIGHTS, _MOST_DEMANDS, _MOST_SCENES = 3, 4, 4
_FROM = ("cameras", "buildings", "roads", "places", "exclusion_zones", "incidents", "jurisdictions")


@dataclass(frozen=True, slots=True)
class CoverageQuestion:
    """What coverage is asked about.

    Attributes
    ----------
    needed
        The class of picture that counts, one of `spatialgov.coverage.CLASSES`.
    period
        Which incidents should have been seen.
    zone
        IANA name of the time zone whose clock the hours of incidents are told by.
    area
        What the asker is limited to; None for no limit.
    """

    needed: str = "detect"
    period: Period = field(default_factory=Period)
    zone: str = DEFAULT_ZONE
    area: Area | None = None

    @property
    def key(self) -> tuple[Hashable, ...]:
        """What tells this question from others."""
        period = self.period
        granted = None if self.area is None else tuple(sorted(self.area.granted))
        return self.needed, period.since, period.until, tuple(period.categories or ()), period.hours, self.zone, granted


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """What the cameras see of what should be seen.

    Attributes
    ----------
    question
        What is asked about.
    cameras
        All cameras, in the order of the sight.
    states
        The state of all that should be seen where the asker may look. Its sight is that of all cameras, also of those
        beyond the asker's area: they may see into it.
    own
        bool, aligned with ``sight.views.table``: which cameras stand where the asker may look. The others are not to
        be told of.
    edition
        Number of the edition that the areas are the grids of; None where they are something else.
    """

    question: CoverageQuestion
    cameras: gpd.GeoDataFrame
    states: States
    own: npt.NDArray[np.bool_]
    edition: int | None

    @property
    def sight(self) -> Sight:
        """What the cameras see."""
        return self.states.sight

    @property
    def demands(self) -> Demands:
        """What should be seen."""
        return self.states.demands

    @property
    def areas(self) -> StudyAreas:
        """What is measured by."""
        return self.demands.areas


class CoverageScenes:
    """The scenes of a workspace, kept until what they came from changes: the last in memory, their parts in files."""

    def __init__(self, store: Store, folder: Path, analysis: Analysis) -> None:
        self._store = store
        self._folder = folder
        self._analysis = analysis
        self._sights = Kept(_MOST_SIGHTS)
        self._demands = Kept(_MOST_DEMANDS)
        self._scenes = Kept(_MOST_SCENES)
        self._sight_files = KeptFiles(folder / "sights", lambda path, made: save_sight(path, *made), open_sight)
        self._demand_files = KeptFiles(folder / "demands", save_demands, open_demands)

    def state(self) -> Hashable:
        """Give what differs as soon as anything differs that a scene is made from."""
        units = [(one.id, one.imported_at.isoformat()) for one in self._store.unit_sets()[-1:]]
        # Without an edition the area may be one around the cameras, which is named in the language of who asks.
        return self._edition() or current_language(), *units, *(self._store.revision(kind) for kind in _FROM)

    def scene(self, question: CoverageQuestion, hands: Hands | None = None) -> Scene:
        """Give the scene of a question; where it has to be made, in parts with `hands`.

        Raises
        ------
        NotFoundError
            When there are no cameras, or no ground that the asker may look at.
        InputError
            When there is no such class of picture, category or time zone.
        """
        return self._scenes.get((self.state(), question.key), lambda: self._made(question, hands))

    def _made(self, question: CoverageQuestion, hands: Hands | None) -> Scene:
        before = self.state()
        cameras, sight = self._sight(question.needed, hands)
        table = sight.views.table
        own = np.ones(len(table), dtype=bool)
        if question.area is not None:
            own = question.area.holds_at(table["lon"], table["lat"])
        edition = self._edition()
        demands = self._should(question, sight.crs)

        def made() -> States:
            return states_of(sight, demands) if hands is None else states_in_parts(hands, sight, demands)

        if self.state() == before:
            files = KeptFiles(self._folder / "states", save_states, lambda path: open_states(path, sight, demands))
            # asked by their own state too: another edition may come into force just now
            states = files.get(self.state, (before, question.key), made)
        else:  # something has changed meanwhile: what the files hold may be of another sight, or of other demands
            states = made()
        return Scene(question, cameras, states, own, None if edition is None else edition[0])

    def _edition(self) -> tuple[int, str] | None:
        try:
            edition = self._store.edition()
        except NothingPublishedError:
            return None
        return edition.id, edition.valid_from.isoformat()

    def _cameras(self) -> gpd.GeoDataFrame:
        cameras = self._store.cameras()
        if cameras.empty:
            raise NotFoundError(
                t("There are no cameras yet.", "尚无摄像机。"),
                remedy=t(
                    "Import them: spatialgov import cameras FILE, or spatialgov import osm FILE.",
                    "请先导入：spatialgov import cameras FILE，或 spatialgov import osm FILE。",
                ),
            )
        return cameras

    def _sight(self, needed: str, hands: Hands | None) -> tuple[gpd.GeoDataFrame, Sight]:
        def state() -> Hashable:
            return self._store.revision("cameras"), self._store.revision("buildings")

        def made() -> tuple[gpd.GeoDataFrame, Sight]:
            cameras, buildings = self._cameras(), self.layer("buildings")
            views = views_of(cameras, needed=needed)
            return cameras, see(views, buildings) if hands is None else see_in_parts(hands, views, buildings)

        return self._sights.get((needed, state()), lambda: self._sight_files.get(state, needed, made))

    def _areas(self, area: Area | None) -> StudyAreas:
        grids = None
        if self._edition() is not None:
            grids = self._analysis.grids_in_force(area=area)
        jurisdictions = self._store.jurisdictions()
        cameras: gpd.GeoDataFrame | None = self._cameras()
        if area is not None:
            jurisdictions = area.jurisdictions(jurisdictions)
            cameras = None  # an account without ground of its own has none here
            if grids is None and jurisdictions.empty:
                raise NotFoundError(
                    t("No ground lies in the jurisdictions of this account.", "本账户辖区内没有任何范围。"),
                    remedy=t("Ask for an account with other jurisdictions.", "请申请其他辖区的账户。"),
                )
        return study_areas(grids, jurisdictions, cameras)

    def _should(self, question: CoverageQuestion, crs: pyproj.CRS) -> Demands:
        area = question.area

        def made() -> Demands:
            incidents = self._analysis.incidents(question.period, area=area)
            places = self.layer("places")
            return demands(
                self._areas(area),
                buildings=self.layer("buildings"),
                roads=self.layer("roads"),
                zones=self.layer("exclusion_zones"),
                places=places if area is None or places is None else area.among(places),
                units=self._analysis.units(area=area),
                incidents=incidents,
                timezone=question.zone,
                crs=crs,
            )

        asked = question.key[1:]  # what should be seen is the same whatever the class of picture
        return self._demands.get((self.state(), asked), lambda: self._demand_files.get(self.state, asked, made))

    def layer(self, kind: str) -> gpd.GeoDataFrame | None:
        """Give a layer; None when it is empty."""
        found = self._store.layer(kind)
        return None if found.empty else found
