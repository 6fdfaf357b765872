"""Features for other software, collection by collection: what GIS clients read from the service."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd

from spatialgov.errors import NotFoundError, ParameterError
from spatialgov.filters import Kind
from spatialgov.language import t
from spatialgov.store import Edition, Store
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area
from spatialgov.workspace.coverage_analysis import CoverageAnalysis
from spatialgov.workspace.coverage_scenes import CoverageQuestion
from spatialgov.workspace.feature_crs import CRS84, ExchangeCrs, exchange_crs
from spatialgov.workspace.feature_tables import FeaturePage, FeatureQuery, FeatureTable
from spatialgov.workspace.incident_features import incident_feature, incident_features
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.time_steps import DEFAULT_ZONE

__all__ = ["COLLECTIONS", "Asker", "Collection", "Features"]

_FRESH_S = 0.5
"""So long a state of the data is taken for the newest without asking the store."""
_MOST_POINTS = 20_000_000
"""Of the shapes that are kept, about 80 bytes each: in memory, as GeoJSON and as tiles."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A kind of features.

    Attributes
    ----------
    name
        Its name in addresses.
    id_column
        What a feature is known by.
    kinds
        Column → what it holds. Units have more: those that came with them.
    is_timed
        Whether a period means anything.
    has_tiles
        Whether there are vector tiles of it.
    """

    name: str
    id_column: str
    kinds: Mapping[str, Kind]
    is_timed: bool = False
    has_tiles: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the area that they are limited to, the smallest count that they may see, whose clock counts."""

    area: Area | None = None
    minimum: int = 1
    zone: str = DEFAULT_ZONE


def _kinds(text: str = "", **others: str) -> dict[str, Kind]:
    named: dict[str, Any] = dict.fromkeys(text.split(), "text")
    for kind, names in others.items():
        named |= dict.fromkeys(names.split(), kind)
    return {**named, "geometry": "geometry"}


_LISTED = (
    Collection("jurisdictions", "code", _kinds("code level name name_en parent_code"), has_tiles=True),
    Collection(
        "grids",
        "code",
        _kinds("code name kind parent_code", integer="households population n_units", number="area_m2"),
        has_tiles=True,
    ),
    Collection(
        "units", "unit_id", _kinds("unit_id kind", integer="households population", number="area_m2"), has_tiles=True
    ),
    Collection(
        "incidents",
        "source_id",
        _kinds(
            "source_id category time_precision status closed_level channel location_source grid_code",
            time="occurred_at occurred_until reported_at closed_at",
            number="accuracy_m",
        ),
        is_timed=True,
    ),
    Collection(
        "cameras",
        "camera_id",
        _kinds(
            "camera_id post_id gb_code kind status owner",
            number="height_m azimuth_deg azimuth_error_deg fov_deg tilt_deg range_m width_px",
        ),
    ),
    Collection(
        "gaps",
        "gap_id",
        _kinds(
            "gap_id state form code reason camera_id attribute building_id road_id road_class",
            number="size_m2 size_m weight places people incidents",
            boolean="sliver",
        ),
        is_timed=True,
    ),
    Collection(
        "hot_spots",
        "rank",
        _kinds(
            integer="rank n_incidents n_cells n_hot_cells",
            number="area_km2 incidents_per_km2 households per_1000_households road_km per_road_km expected "
            "relative_risk risk_low risk_high lowest_p",
        ),
        is_timed=True,
    ),
)
COLLECTIONS: MappingProxyType[str, Collection] = MappingProxyType({one.name: one for one in _LISTED})
"""All kinds of features, by name."""


class Features:
    """The features of a workspace. What does not change stays encoded, as long as there is room."""

    def __init__(self, store: Store, analysis: Analysis, coverage_analysis: CoverageAnalysis) -> None:
        self._store = store
        self._analysis = analysis
        self._coverage_analysis = coverage_analysis
        self._tables = Kept(_MOST_POINTS, lambda table: table.size)
        self._fresh: dict[tuple[str, int | None], tuple[float, FeatureTable]] = {}

    def title(self, name: str) -> str:
        """Give what a collection is called."""
        return {
            "jurisdictions": t("Jurisdictions", "行政区划"),
            "grids": t("Grids", "网格"),
            "units": t("Basic units", "基本单元"),
            "incidents": t("Incidents", "事件"),
            "cameras": t("Cameras", "视频监控点"),
            "gaps": t("Coverage gaps", "覆盖盲区"),
            "hot_spots": t("Hot spots", "热点"),
        }[name]

    def description(self, name: str) -> str:
        """Say what a collection holds."""
        return {
            "jurisdictions": t("Districts, subdistricts and communities.", "区县、街道与社区。"),
            "grids": t(
                "The grids in force; with `edition` or `as_of` those of another edition.",
                "现行网格；可用 edition 或 as_of 查询其他版本。",
            ),
            "units": t("The basic units of the latest import.", "最近一次导入的基本单元。"),
            "incidents": t("Category, time, place and status.", "类别、时间、地点与状态。"),
            "cameras": t("Where cameras stand and what they can look at.", "摄像机的位置与观察方向。"),
            "gaps": t("Ground and roads that no camera covers, and why.", "未被摄像机覆盖的地面与道路及原因。"),
            "hot_spots": t(
                "Where incidents gather more than chance explains (Gi*, H3 resolution 10); `datetime` is the period.",
                "事件聚集程度超出随机解释的区域（Gi*，H3 分辨率 10）；datetime 为时段。",
            ),
        }[name]

    def has(self, name: str, asker: Asker) -> bool:
        """Whether there is anything of a kind."""
        if name == "grids":
            return bool(self._store.editions())
        if name == "units":
            return bool(self._store.unit_sets())
        if name == "jurisdictions":
            return len(self.table(name, asker)) > 0
        counts = self._store.counts()
        if name == "hot_spots":
            return counts["incidents"] > 0 and bool(self._store.editions())
        return counts["cameras" if name == "gaps" else name] > 0

    def kinds(self, name: str, asker: Asker) -> Mapping[str, Kind]:
        """Give what the columns of a collection hold."""
        return self.table(name, asker).kinds if name == "units" else COLLECTIONS[name].kinds

    def systems(self) -> list[ExchangeCrs]:
        """Give the coordinate reference systems in which features are exchanged, the metric plane of the data last."""
        bounds = self.extent(Asker())
        return exchange_crs((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2) if bounds else [CRS84]

    def extent(self, asker: Asker) -> tuple[float, float, float, float] | None:
        """Give west, south, east and north of the ground: of the jurisdictions, else of the grids or the units."""
        for name in ("jurisdictions", "grids", "units"):
            try:
                bounds = self.table(name, asker).bounds
            except NotFoundError:
                continue
            if bounds is not None:
                return bounds
        return None

    def span(self, name: str, asker: Asker) -> tuple[datetime, datetime] | None:
        """Give when the first and the last feature happened, UTC; None where they have no time, or there is none."""
        return self._analysis.chosen(Period(), area=asker.area)[0].span() if name == "incidents" else None

    def edition_number(self, edition: int | None, as_of: datetime | None) -> int | None:
        """Give the number of the edition that is asked for by its number or by a time; None for that in force."""
        return self._store.edition(as_of=as_of).id if edition is None and as_of is not None else edition

    def page(self, name: str, asked: FeatureQuery, asker: Asker, *, edition: int | None = None) -> FeaturePage:
        """Give a page of a collection.

        Raises
        ------
        NotFoundError
            When there is nothing of the kind.
        ParameterError
            When the page is asked for with what is no end of one before.
        """
        if name == "incidents":
            _check_incident_mark(asked.after)
            return incident_features(self._store, self._analysis, asked, asker.area)
        page = self.table(name, asker, edition=edition, period=asked.period).page(asked)
        assert page is not None
        return page

    def feature(
        self, name: str, feature_id: str, crs: ExchangeCrs, asker: Asker, *, edition: int | None = None
    ) -> bytes:
        """Give one feature, or raise `NotFoundError`."""
        if name == "incidents":
            found = incident_feature(self._store, feature_id, crs, asker.area)
        else:
            found = self.table(name, asker, edition=edition).feature(feature_id, crs)
        if found is None:
            raise NotFoundError(
                t(
                    "{title}: there is no {id}.",
                    "{title}：没有 {id}。",
                    title=self.title(name),
                    id=repr(feature_id[:60]),
                )
            )
        return found

    def table_at_once(self, name: str, edition: int | None) -> FeatureTable | None:
        """Give what was the newest state half a second ago without asking the store, so that an event loop may call it.

        For whoever is limited to no area; None where it is time to ask.
        """
        read_at, table = self._fresh.get((name, edition), (0.0, None))
        return table if time.monotonic() - read_at < _FRESH_S else None

    def table(
        self, name: str, asker: Asker, *, edition: int | None = None, period: Period | None = None
    ) -> FeatureTable:
        """Give all features of a collection but incidents.

        Raises
        ------
        NotFoundError
            When there is nothing of the kind, or no such edition.
        """
        begun = time.monotonic()
        table = _SOURCES[name](self, asker, edition, period or Period())
        if asker.area is None and name in _KEPT:
            still = {key: one for key, one in list(self._fresh.items()) if begun - one[0] < _FRESH_S}
            self._fresh = {**still, (name, edition): (begun, table)}  # what is old is let go
        return table

    def _jurisdictions(self, asker: Asker, _edition: int | None, _period: Period) -> FeatureTable:
        def read() -> gpd.GeoDataFrame:
            frame = self._store.jurisdictions()
            return frame if asker.area is None else asker.area.jurisdictions(frame)

        return self._kept("jurisdictions", asker, (self._store.revision("jurisdictions"),), read)

    def _grids(self, asker: Asker, number: int | None, _period: Period) -> FeatureTable:
        edition: Edition = self._store.edition(edition_id=number)
        known = (edition.id, edition.valid_from)  # the number alone may mean another one after a backup was restored
        return self._kept("grids", asker, known, lambda: self._analysis.grids(edition.id, area=asker.area), edition.id)

    def _units(self, asker: Asker, _edition: int | None, _period: Period) -> FeatureTable:
        sets = self._store.unit_sets()
        if not sets:
            raise NotFoundError(
                t("There are no basic units.", "尚无基本单元。"), remedy=t("Import units first.", "请先导入基本单元。")
            )

        def read() -> gpd.GeoDataFrame:
            frame = self._analysis.units(area=asker.area)
            assert frame is not None
            return frame

        return self._kept("units", asker, (sets[-1].id, sets[-1].imported_at), read)

    def _cameras(self, asker: Asker, _edition: int | None, _period: Period) -> FeatureTable:
        known = (self._store.revision("cameras"),)
        return self._kept("cameras", asker, known, lambda: self._analysis.cameras(area=asker.area))

    def _gaps(self, asker: Asker, _edition: int | None, period: Period) -> FeatureTable:
        question = CoverageQuestion(period=period, zone=asker.zone, area=asker.area)
        return _table("gaps", self._coverage_analysis.gaps(question))

    def _hot_spots(self, asker: Asker, _edition: int | None, period: Period) -> FeatureTable:
        found = self._analysis.hot_spots(10, period, minimum=asker.minimum, area=asker.area)
        return _table("hot_spots", found.spots)

    def _kept(
        self,
        name: str,
        asker: Asker,
        known: tuple[object, ...],
        read: Callable[[], gpd.GeoDataFrame],
        edition: int | None = None,
    ) -> FeatureTable:
        return self._tables.get((name, known, asker.area), lambda: _table(name, read(), edition))


_Source = Callable[[Features, Asker, int | None, Period], FeatureTable]
_SOURCES: dict[str, _Source] = {
    "jurisdictions": Features._jurisdictions,
    "grids": Features._grids,
    "units": Features._units,
    "cameras": Features._cameras,
    "gaps": Features._gaps,
    "hot_spots": Features._hot_spots,
}
_KEPT = frozenset({"jurisdictions", "grids", "units", "cameras"})


def _table(name: str, frame: gpd.GeoDataFrame, edition: int | None = None) -> FeatureTable:
    """Make a table of the columns that are known, and of those that came with units."""
    collection = COLLECTIONS[name]
    kinds = dict(collection.kinds)
    if name == "units":
        kinds |= {str(column): _kind_of(frame[column]) for column in frame if column not in kinds}
    return FeatureTable(name, frame[list(kinds)], collection.id_column, kinds, edition)


def _kind_of(series: "pd.Series[Any]") -> Kind:
    """Tell what a column that came with units holds: texts, or numbers (see `Store.add_unit_set`)."""
    numbers = pd.to_numeric(series, errors="coerce") if not pd.api.types.is_string_dtype(series) else None
    if numbers is None or (numbers.isna() & series.notna()).any():
        return "text"
    return "integer" if bool((numbers.dropna() % 1 == 0).all()) else "number"


def _check_incident_mark(after: str) -> None:
    if after and not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise ParameterError(
            t("after={after} is no page's end.", "after={after} 不是有效的分页位置。", after=repr(after[:60])),
            remedy=t("Follow the links of rel=next.", "请使用 rel=next 的链接。"),
        )
