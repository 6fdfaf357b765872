"""What the data says: where incidents gather, what the store holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from shapely.geometry.base import BaseGeometry

from spatialgov.bulk import Hands
from spatialgov.errors import InputError, NothingPublishedError
from spatialgov.incidents import (
    PUBLIC_MINIMUM,
    Against,
    HeatMap,
    HotSpots,
    Method,
    StudyArea,
    WeekHours,
    heat_map_of,
    hot_spots_of,
    study_area,
)
from spatialgov.incidents.cells import Cells
from spatialgov.incidents.cube import Slice
from spatialgov.incidents.in_parts import CellCounts
from spatialgov.incidents.times import zone_named
from spatialgov.language import t
from spatialgov.store import Edition, Store
from spatialgov.topology import dissolve
from spatialgov.workspace.areas import Area, no_grid_in_area
from spatialgov.workspace.cubes import StoredCube
from spatialgov.workspace.imports import OSM_NOTE, SAMPLE_NOTE
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.plans import Plans

__all__ = ["AREA_KINDS", "Analysis", "Period", "parse_time"]


AREA_KINDS = ("unit", "community", "subdistrict", "district")
"""What incidents can be counted by besides grids and cells."""

_MOST_CELLS_KEPT = 200_000
"""Of all study areas, and of all heat maps, that stay in memory, half a kilobyte each."""


@dataclass(frozen=True, slots=True)
class Period:
    """Which incidents to look at.

    Attributes
    ----------
    since, until
        Aware; occurred at or after `since` and before `until`. None for no limit.
    categories
        Category codes; None for all.
    hours
        Hours of the week; None for all. Of what is not known to the hour none is among them.

    Raises
    ------
    InputError
        When `until` is not after `since`.
    """

    since: datetime | None = None
    until: datetime | None = None
    categories: Sequence[str] | None = None
    hours: WeekHours | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise InputError(
                t("The period ends before it starts.", "时段的结束早于开始。"),
                remedy=t("Give an “until” that is later than “since”.", "until 应晚于 since。"),
            )

    @classmethod
    def parse(cls, since: str | None, until: str | None, categories: Sequence[str]) -> Self:
        """Make a period from text: ISO 8601 times with an offset, category codes (none = all).

        Raises
        ------
        InputError
            When a time can't be read or has no offset, or `until` is not after `since`.
        """
        first, last = (
            None if text is None else parse_time(name, text) for name, text in (("since", since), ("until", until))
        )
        return cls(first, last, list(categories) or None)


def _in(area: Area | None, jurisdictions: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return jurisdictions if area is None else area.jurisdictions(jurisdictions)


def parse_time(name: str, text: str) -> datetime:
    """Read an ISO 8601 time with an offset; `InputError` names what it was given for."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(
            t(
                "{name}={text} is not a time with an offset from UTC.",
                "{name}={text} 不是带时区偏移的时间。",
                name=name,
                text=repr(text),
            ),
            remedy=t("Write it like 2026-11-01T00:00:00+08:00.", "请写成 2026-11-01T00:00:00+08:00 的形式。"),
        )
    return moment


class HasCube(Protocol):
    """What gives the cube that incidents are counted in, such as `Cubes`."""

    def newest(self) -> StoredCube:
        """Give it."""


class Analysis:
    """The analyses of a workspace.

    Each takes the `Area` that the asker is limited to, None for no limit: what lies outside is left out before
    anything is counted, so that no total and no density tells of it.
    """

    def __init__(self, store: Store, plans: Plans, cubes: HasCube) -> None:
        self._store = store
        self._cubes = cubes
        self._plans = plans
        self._study_areas = Kept(_MOST_CELLS_KEPT, lambda ground: len(ground.cells))
        self._heat_maps = Kept(_MOST_CELLS_KEPT, lambda found: len(found.cells))

    def incidents(self, period: Period, *, area: Area | None = None) -> gpd.GeoDataFrame:
        """Give the incidents of a period with their grid codes."""
        self._check_categories(period.categories)
        found = self._store.incidents(since=period.since, until=period.until, categories=period.categories)
        if period.hours is not None:
            found = found[period.hours.hold(found["occurred_at"], found["occurred_until"])].reset_index(drop=True)
        return found if area is None else area.among(found).reset_index(drop=True)

    def chosen(self, period: Period, *, area: Area | None = None) -> tuple[Slice, StoredCube]:
        """Choose the incidents of a period, to be counted; and give the cube that knows what they are counted by."""
        self._check_categories(period.categories)
        held = self._cubes.newest()
        found = held.cube.slice(
            since=period.since,
            until=period.until,
            categories=period.categories,
            inside=held.inside(area),
            hours=None if period.hours is None else held.hours(zone_named(period.hours.zone)),
            open_hours=None if period.hours is None else period.hours.table(),
        )
        return found, held

    def places(
        self, period: Period, *, area: Area | None = None
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Give longitude and latitude, WGS 84, of the incidents of a period, oldest first."""
        found, held = self.chosen(period, area=area)
        rows = found.positions()
        return held.cube.lon[rows], held.cube.lat[rows]

    def incident_page(
        self, period: Period, *, limit: int, offset: int = 0, area: Area | None = None
    ) -> tuple[gpd.GeoDataFrame, int]:
        """Give a page of what `incidents` gives, and how many there are in all."""
        found, _ = self.chosen(period, area=area)
        page = self._store.incident_page(found.ids(offset, offset + limit))
        # one that has been moved out of the area since it was chosen is not shown
        return (page if area is None else area.among(page).reset_index(drop=True)), found.total()

    def area_counts(self, kind: str, period: Period, *, area: Area | None = None) -> tuple[pd.DataFrame, int]:
        """Count the incidents of a period by area, whatever grids were in force.

        Parameters
        ----------
        kind
            One of `AREA_KINDS`: the units of the latest import, or the jurisdictions of a level.
        area
            What the asker is limited to: the incidents and the areas that lie in it.

        Returns
        -------
        table, outside
            A row an area: `code`, `name` ("" for units), `incidents`; and the incidents that lie in none.

        Raises
        ------
        NotFoundError
            When there are no units.
        InputError
            When `kind` is something else, a category is unknown, or (`FaultyDataError`) the areas overlap.
        """
        if kind not in AREA_KINDS:
            raise InputError(
                t("Incidents can't be counted by {kind}.", "不能按 {kind} 统计事件。", kind=repr(kind)),
                remedy=t("Use one of {names}.", "请使用：{names}。", names=", ".join(AREA_KINDS)),
            )
        found, held = self.chosen(period, area=area)
        if kind == "unit":
            frame = self._store.unit_set()
            groups = held.units(self._store.unit_sets()[-1].id)
            table = pd.DataFrame({"code": frame["unit_id"], "name": ""})
            shown = frame if area is None else area.among(frame)
        else:
            frame, groups = self._store.jurisdictions(kind), held.jurisdictions(kind)
            table = pd.DataFrame(frame[["code", "name"]])
            shown = frame if area is None else area.jurisdictions(frame)
        counts, outside = found.counts(groups)
        return table.assign(incidents=counts).loc[shown.index].reset_index(drop=True), outside

    def span(self, period: Period, *, area: Area | None = None) -> tuple[datetime, datetime] | None:
        """Give when the first and the last incident of a period occurred, UTC; None where there is none."""
        return self.chosen(period, area=area)[0].span()

    def cameras(self, *, area: Area | None = None) -> gpd.GeoDataFrame:
        """Give the cameras."""
        found = self._store.cameras()
        return found if area is None else area.among(found).reset_index(drop=True)

    def grids(self, edition_id: int, *, area: Area | None = None) -> gpd.GeoDataFrame:
        """Give the grids of an edition."""
        found = self._store.edition_grids(edition_id)
        return found if area is None else area.grids(found).reset_index(drop=True)

    def grids_in_force(self, *, area: Area | None = None) -> gpd.GeoDataFrame:
        """Give the grids of the newest edition.

        Raises
        ------
        NotFoundError
            When none of them lies in the area.
        """
        found = self.grids(self._store.edition().id, area=area)
        if area is not None and found.empty:
            raise no_grid_in_area()
        return found

    def heat_map(
        self, resolution: int, period: Period, *, minimum: int = PUBLIC_MINIMUM, area: Area | None = None
    ) -> HeatMap:
        """Count incidents in H3 cells; cells below `minimum` are left out and counted.

        The latest are kept: everybody asks for the same few.
        """
        self._check_categories(period.categories)
        categories = None if period.categories is None else tuple(period.categories)
        asked = (resolution, period.since, period.until, categories, period.hours, minimum, area)
        return self._heat_maps.get(
            (self._cubes.newest().revision, *asked),
            lambda: heat_map_of(*self.cell_counts(resolution, period, area=area), resolution, minimum=minimum),
        )

    def cell_counts(
        self, resolution: int, period: Period, *, area: Area | None = None, hands: Hands | None = None
    ) -> tuple[Cells, npt.NDArray[np.int64]]:
        """Give what `spatialgov.incidents.h3_counts` gives for the incidents of a period; in parts with `hands`."""
        found, held = self.chosen(period, area=area)
        in_file = None if hands is None else held.in_file(found, hands)
        if hands is not None and in_file is not None:
            counted: tuple[Cells, npt.NDArray[np.int64]] = hands.do(CellCounts(in_file, resolution))
            return counted
        cells = held.cells(resolution)
        counts, _ = found.counts(cells)
        occupied = counts > 0
        return cells.keys[occupied], counts[occupied]

    def hot_spots(
        self,
        resolution: int,
        period: Period,
        *,
        alpha: float = 0.05,
        method: Method = "gi_star",
        against: Against = "even",
        minimum: int = 1,
        area: Area | None = None,
        hands: Hands | None = None,
    ) -> HotSpots:
        """Find where incidents gather more than chance explains, over the ground of the newest edition.

        Parameters
        ----------
        resolution
            H3 resolution.
        period
            Which incidents.
        alpha
            Share of false cells tolerated; with the scans the chance of any false zone.
        method
            One of `spatialgov.incidents.METHODS`; `spatialgov.incidents.question` says which question each answers.
        against
            What incidents are expected in proportion to: ground, households, km of road, or the incidents of all
            categories in the same time, which asks where more of them than elsewhere are of these categories.
        minimum
            Fewest incidents of a spot that is shown, see `HotSpots.at_least`.
        area
            What the asker is limited to.
        hands
            Who counts the incidents in parts; None to count them here.

        Raises
        ------
        InputError
            When an option is none, or it is not known what incidents are to be compared with.
        """
        ground = self.study_area(resolution, area=area)
        cells, counts = self.cell_counts(resolution, period, area=area, hands=hands)
        held, outside = ground.placed(cells, counts)
        if against == "incidents":
            ground = self.among_all_categories(ground, [period], area=area, hands=hands)
        found = hot_spots_of(held, ground, alpha=alpha, method=method, against=against, outside=outside)
        return found.at_least(minimum)

    def among_all_categories(
        self, ground: StudyArea, periods: Sequence[Period], *, area: Area | None = None, hands: Hands | None = None
    ) -> StudyArea:
        """Give a ground with the incidents of all categories in some periods, to compare those of some with.

        They are counted in parts with `hands`.

        Raises
        ------
        InputError
            When the periods are of all categories themselves.
        """
        if not all(period.categories for period in periods):
            raise InputError(
                t("All incidents can't be compared with themselves.", "全部事件无法与自身比较。"),
                remedy=t("Name the categories that are looked at.", "请指定要分析的类别。"),
            )
        everything = [
            ground.placed(*self.cell_counts(ground.resolution, replace(one, categories=None), area=area, hands=hands))
            for one in periods
        ]
        return ground.with_incidents(np.sum([counts for counts, _ in everything], axis=0))

    def study_area(self, resolution: int, *, area: Area | None = None) -> StudyArea:
        """Give the cells over the ground of the newest edition, with their households and roads; raises as `ground`.

        Raises
        ------
        InputError
            When the resolution is none, or too fine for the ground.
        """
        edition = self._store.edition()
        unit_sets, roads = self._store.unit_sets(), self._store.revision("roads")
        key = edition.id, edition.valid_from, resolution, area, len(unit_sets), roads

        def made() -> StudyArea:
            units, lines = self.units(area=area), self._store.layer("roads")
            ground = self.ground(area=area)
            return study_area(ground, resolution, units=units, roads=None if lines.empty else lines)

        return self._study_areas.get(key, made)

    def units(self, *, area: Area | None = None) -> gpd.GeoDataFrame | None:
        """Give the units of the latest import; None when there are none."""
        if not self._store.unit_sets():
            return None
        found = self._store.unit_set()
        return found if area is None else area.among(found)

    def ground(self, *, area: Area | None = None) -> BaseGeometry:
        """Give the ground of the newest edition, WGS 84; `NotFoundError` when none of it lies in the area."""
        grids = self.grids_in_force(area=area)
        ground: BaseGeometry = dissolve(grids.geometry.to_numpy(), np.zeros(len(grids), np.int32), 1)[0]
        return ground

    def summary(self, *, area: Area | None = None) -> dict[str, Any]:
        """Give the jurisdiction, the data's source, all counts, and the edition in force or None."""
        top = self._store.jurisdictions()
        heads = top[top["parent_code"] == ""] if area is None else top[top["code"].isin(area.granted)]
        edition = self._edition_or_none()
        head = heads.iloc[0] if len(heads) else None
        return {
            "jurisdiction": None if head is None else {k: head[k] for k in ("code", "name", "name_en")},
            "source": self.source(),
            "counts": {
                "communities": int((_in(area, top)["level"] == "community").sum()),
                "grids": len(self.grids(edition.id, area=area)) if edition else 0,
                "plans": len(self._plans.records(area=area)),
                **self._counts(area),
            },
            "edition": None if edition is None else {"id": edition.id, "valid_from": edition.valid_from.isoformat()},
        }

    def _counts(self, area: Area | None) -> dict[str, int]:
        unit_sets = self._store.unit_sets()
        if area is None:
            counts = self._store.counts()
            kinds = ("incidents", "cameras", "buildings")
            return {"units": unit_sets[-1].n_units if unit_sets else 0, **{kind: counts[kind] for kind in kinds}}
        return {
            "units": len(area.among(self._store.unit_set(unit_sets[-1].id))) if unit_sets else 0,
            "incidents": self.chosen(Period(), area=area)[0].total(),
            "cameras": len(self.cameras(area=area)),
            "buildings": len(area.among(self._store.layer("buildings"))),
        }

    def source(self) -> str:
        """Say where the data come from, for the corner of a map; OpenStreetMap's licence asks for it."""
        if self._store.note(SAMPLE_NOTE) is not None:
            return t("Made-up sample city", "样例城市（虚构）")
        sources = []
        if sets := self._store.unit_sets():
            sources.append(
                t(
                    "Units: {name}, imported {date}",
                    "基本单元：{name}，{date} 导入",
                    name=sets[-1].name,
                    date=f"{sets[-1].imported_at:%Y-%m-%d}",
                )
            )
        if self._store.note(OSM_NOTE) is not None:
            sources.append(t("© OpenStreetMap contributors, ODbL", "© OpenStreetMap 贡献者，ODbL"))
        return " · ".join(sources)

    def _edition_or_none(self) -> Edition | None:
        try:
            return self._store.edition()
        except NothingPublishedError:
            return None

    def _check_categories(self, codes: Sequence[str] | None) -> None:
        if not codes:
            return
        known = set(self._store.category_codes())
        unknown = [code for code in codes if known and code not in known]
        if unknown:
            raise InputError(
                t("There is no incident category {code}.", "没有事件类别 {code}。", code=repr(unknown[0])),
                remedy=t("Categories are: {codes}.", "可用类别：{codes}。", codes=", ".join(sorted(known))),
            )
