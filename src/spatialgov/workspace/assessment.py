"""How grids did in a week, a month, a quarter or a year, beside their peers; and centres beside their standard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.allocation import (
    Centres,
    CentreStandard,
    WorkloadProfile,
    centre_standard,
    hold_against,
    judged_centres,
    profile_named,
    read_centres,
    with_people,
)
from spatialgov.allocation.assessment import (
    INDICATORS,
    METHOD_VERSION,
    AssessedPeriod,
    Facts,
    PeriodKind,
    Satisfaction,
    assess,
    facts_of,
    judged_satisfaction,
    peers_of,
    read_satisfaction,
    whole_periods,
    workload_class,
)
from spatialgov.errors import InputError, NotFoundError
from spatialgov.faults import Fault
from spatialgov.incidents.times import zone_named
from spatialgov.language import t
from spatialgov.store import Edition, Store
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area
from spatialgov.workspace.coverage_analysis import CoverageAnalysis
from spatialgov.workspace.coverage_scenes import CoverageQuestion
from spatialgov.workspace.incident_ground import IncidentGround
from spatialgov.workspace.locations import Locations
from spatialgov.workspace.plain import plain, rows
from spatialgov.workspace.time_steps import DEFAULT_ZONE, moment_of

__all__ = ["AssessmentQuestion", "AssessmentResult", "Assessments", "StandardsResult"]

_SEEN = ("ground_m2", "ground_covered_m2", "ground_uncertain_m2")


@dataclass(frozen=True, slots=True)
class AssessmentQuestion:
    """What is assessed.

    Attributes
    ----------
    every
        Week, month, quarter or year, of the calendar.
    periods
        How many of them, up to the last that has ended.
    until
        That has ended by then; by default, by the midnight after the last incident.
    limit_hours, limits_by_category
        Time limit to close an incident, in general and of categories by their code or a class above it.
    profiles
        Weights of the workload in place of those that come with the product, by their names: urban, rural, dedicated.
    level
        Of intervals, and of what is said.
    zone
        IANA time zone whose days count.
    """

    every: PeriodKind = "month"
    periods: int = 1
    until: datetime | None = None
    limit_hours: float = 24.0
    limits_by_category: Mapping[str, float] = field(default_factory=dict, hash=False)
    profiles: tuple[WorkloadProfile, ...] = ()
    level: float = 0.95
    zone: str = DEFAULT_ZONE

    def __post_init__(self) -> None:
        for hours in (self.limit_hours, *self.limits_by_category.values()):
            if not 0 < hours < 1e6:
                raise InputError(
                    t("A time limit of {hours} hours.", "时限为 {hours} 小时。", hours=hours),
                    remedy=t("Give hours above 0.", "请给出大于 0 的小时数。"),
                )
        if not 0.5 <= self.level < 1:
            raise InputError(
                t("Intervals of {level}.", "区间水平为 {level}。", level=self.level),
                remedy=t("Give a level from 0.5 to below 1: 0.95.", "请给出不小于 0.5 且小于 1 的水平，如 0.95。"),
            )


@dataclass(frozen=True, slots=True, eq=False)
class AssessmentResult:
    """How grids did.

    Attributes
    ----------
    periods
        Oldest first.
    grids, kinds
        As `spatialgov.allocation.assessment.assess` gives them, with the label of the ``period`` first; `grids` with
        ``name`` after the code.
    faults
        Rows of the satisfaction that were refused.
    basis
        What a report cites: edition, plan, periods, versions of indicators, method and profiles, time limits.
    """

    periods: list[AssessedPeriod]
    grids: pd.DataFrame
    kinds: pd.DataFrame
    faults: tuple[Fault, ...]
    basis: Mapping[str, Any]

    def about(self) -> dict[str, Any]:
        """Give all but the rows of the grids, as plain values."""
        return {
            "periods": [_told(one) for one in self.periods],
            "indicators": [_described(key) for key in self.basis["indicators"]],
            "peers": rows(self.kinds),
            "faults": [fault.as_dict() for fault in self.faults],
            "basis": plain(self.basis),
        }


@dataclass(frozen=True, slots=True, eq=False)
class StandardsResult:
    """How centres compare with a standard.

    Attributes
    ----------
    table
        As `spatialgov.allocation.hold_against` gives it.
    centres
        As read, with the rows that were refused.
    basis
        What a report cites: the standard, and the units that people were counted in.
    """

    table: pd.DataFrame
    centres: Centres
    basis: Mapping[str, Any]

    def about(self) -> dict[str, Any]:
        """Give the counts by state, the refused rows and the basis, as plain values."""
        return {
            "states": {str(state): int(n) for state, n in self.table["state"].value_counts(sort=False).items()},
            "faults": [fault.as_dict() for fault in self.centres.faults],
            "dropped_columns": list(self.centres.dropped_columns),
            "basis": plain(self.basis),
        }


class Assessments:
    """The assessments of a workspace; each takes the `Area` that the asker is limited to, None for no limit."""

    def __init__(self, store: Store, analysis: Analysis, locations: Locations, coverage: CoverageAnalysis) -> None:
        self._store = store
        self._analysis = analysis
        self._locations = locations
        self._coverage = coverage
        self._ground = IncidentGround(store, analysis)

    def assess(
        self,
        question: AssessmentQuestion,
        *,
        satisfaction: Path | Sequence[Mapping[str, Any]] | None = None,
        area: Area | None = None,
    ) -> AssessmentResult:
        """Assess the grids in force by every indicator that the store tells of.

        Parameters
        ----------
        question
            What is assessed.
        satisfaction
            A table of counts of answers, or its rows; bad ones are refused.
        area
            What the asker is limited to: grids, their peers and incidents that lie in it.

        Raises
        ------
        NothingPublishedError
            When no plan is in force.
        NotFoundError
            When there are no incidents.
        InputError
            When no period has ended, or an option is none.
        """
        zone = zone_named(question.zone)
        edition = self._store.edition()
        grids = self._analysis.grids_in_force(area=area)
        span = self._ground.span(Period(until=question.until), zone, area)
        if span is None or span[0] >= span[1]:
            raise NotFoundError(
                t("There are no incidents to assess grids by.", "没有可供考核的事件。"),
                remedy=t(
                    "Import them: spatialgov import incidents FILE.", "请先导入：spatialgov import incidents FILE。"
                ),
            )
        known = [moment_of(day, zone) for day in span]
        periods = whole_periods(question.every, *known, count=question.periods, zone=zone)
        read = _satisfaction(satisfaction, grids["code"].tolist())
        seen = self._seen(grids, area)
        used = [profile_named(name, question.profiles) for name in _classes(grids)]
        tables, kinds = [], []
        for period in periods:
            facts = self._facts(question, period, edition, grids, used, known[1], area)
            newest = period is periods[-1]  # coverage is of now
            facts = replace(facts, **_answers(read, period.label, grids), seen=seen if newest else None)
            found, about = assess(grids["code"].tolist(), peers_of(grids), facts, level=question.level)
            tables.append(found.assign(period=period.label))
            kinds.append(about.assign(period=period.label))
        table = _period_first(pd.concat(tables, ignore_index=True))
        table.insert(3, "name", table["code"].map(dict(zip(grids["code"], grids["name"], strict=True))))
        basis = self._basis(question, edition, periods, table, read, used)
        faults = () if read is None else read.faults
        return AssessmentResult(periods, table, _period_first(pd.concat(kinds, ignore_index=True)), faults, basis)

    def standards(
        self,
        given: Path | Sequence[Mapping[str, Any]],
        *,
        standard: CentreStandard | None = None,
        area: Area | None = None,
    ) -> StandardsResult:
        """Hold the centres of subdistricts and communities against a standard.

        Parameters
        ----------
        given
            A table of centres, or its rows; bad ones are refused.
        standard
            What they need; by default the standard that comes with the product.
        area
            What the asker is limited to.

        Raises
        ------
        NotFoundError
            When there are no jurisdictions or units.
        """
        jurisdictions, units = self._store.jurisdictions(), self._analysis.units(area=area)
        if area is not None:
            jurisdictions = area.jurisdictions(jurisdictions)
        for there, name in ((not jurisdictions.empty, "jurisdictions"), (units is not None, "units")):
            if not there:
                raise NotFoundError(
                    t("There are no {name} to count people by.", "缺少 {name}，无法统计人口与户数。", name=name),
                    remedy=t(
                        "Import them: spatialgov import {name} FILE.",
                        "请先导入：spatialgov import {name} FILE。",
                        name=name,
                    ),
                )
        assert units is not None
        judged = judged_centres if not isinstance(given, Path) else read_centres
        centres = judged(given, jurisdictions)  # type: ignore[arg-type]
        used = standard or centre_standard()
        imported = self._store.unit_sets()[-1]
        basis = {
            "standard": {"name": used.name, "version": used.version, "source": dict(used.source)},
            "units": {"id": imported.id, "name": imported.name, "imported_at": imported.imported_at},
        }
        return StandardsResult(hold_against(used, with_people(jurisdictions, units), centres), centres, basis)

    def _facts(
        self,
        question: AssessmentQuestion,
        period: AssessedPeriod,
        edition: Edition,
        grids: gpd.GeoDataFrame,
        profiles: list[WorkloadProfile],
        known_until: datetime,
        area: Area | None,
    ) -> Facts:
        """Give what the incidents of a period tell of the grids in force."""
        found = self._analysis.incidents(Period(period.since, period.until), area=area)
        positions, codes, _ = self._locations.positions(
            found.geometry.x, found.geometry.y, "wgs84", as_of=edition.valid_from
        )
        place = np.append(pd.Index(grids["code"]).get_indexer(codes), -1)[positions]
        closed = found["closed_at"].dropna()
        exported = pd.Timestamp(known_until) if closed.empty else max(pd.Timestamp(known_until), closed.max())
        own: npt.NDArray[np.object_] = np.empty(len(grids), dtype=object)
        by_name = dict(zip(_classes(grids), profiles, strict=True))
        own[:] = [by_name[name] for name in _class_of_each(grids)]
        return facts_of(
            found,
            place,
            own,
            period.days,
            limit_hours=question.limit_hours,
            limits_by_category=dict(question.limits_by_category),
            as_of=exported,
        )

    def _seen(self, grids: gpd.GeoDataFrame, area: Area | None) -> npt.NDArray[np.float64] | None:
        """Give what cameras cover of each grid, as it was last measured; None where it is not kept."""
        kept = self._coverage.kept_by_grid(CoverageQuestion(area=area))
        if kept is None:
            return None
        found: npt.NDArray[np.float64] = kept.set_index("code")[list(_SEEN)].reindex(grids["code"]).to_numpy(np.float64)
        return np.nan_to_num(found)

    def _basis(
        self,
        question: AssessmentQuestion,
        edition: Edition,
        periods: list[AssessedPeriod],
        table: pd.DataFrame,
        read: Satisfaction | None,
        profiles: list[WorkloadProfile],
    ) -> dict[str, Any]:
        used = set(table["indicator"])
        return {
            "edition": edition.id,
            "plan": edition.plan_id,
            "periods": [_told(one) for one in periods],
            "timezone": question.zone,
            "indicators": {key: one.version for key, one in INDICATORS.items() if key in used},
            "method_version": METHOD_VERSION,
            "level": question.level,
            "limit_hours": question.limit_hours,
            "limits_by_category": dict(question.limits_by_category),
            "profiles": [{"name": one.name, "version": one.version, "basis": one.basis} for one in profiles],
            "satisfaction_rows": 0
            if read is None
            else int(read.frame["period"].isin([p.label for p in periods]).sum()),
        }


def _class_of_each(grids: pd.DataFrame) -> list[str]:
    return [workload_class(*row) for row in zip(grids["kind"], grids["parent_code"], strict=True)]


def _classes(grids: pd.DataFrame) -> list[str]:
    return sorted(set(_class_of_each(grids)))


def _satisfaction(given: Path | Sequence[Mapping[str, Any]] | None, codes: list[str]) -> Satisfaction | None:
    if given is None:
        return None
    return read_satisfaction(given, codes) if isinstance(given, Path) else judged_satisfaction(given, codes)


def _answers(read: Satisfaction | None, label: str, grids: pd.DataFrame) -> dict[str, Any]:
    """Give the answers of a period by grid, 0 where there are none; None where nothing was asked."""
    if read is None:
        return {}
    held = read.frame[read.frame["period"] == label].set_index("code")
    if held.empty:
        return {}
    return {name: held[name].reindex(grids["code"]).fillna(0).to_numpy(np.float64) for name in ("answers", "satisfied")}


def _period_first(table: pd.DataFrame) -> pd.DataFrame:
    return table[["period", *(name for name in table if name != "period")]]


def _told(period: AssessedPeriod) -> dict[str, Any]:
    """Give a period as plain values."""
    return {
        "label": period.label,
        "since": period.since.isoformat(),
        "until": period.until.isoformat(),
        "known_since": period.known_since.isoformat(),
    }


def _described(key: str) -> dict[str, Any]:
    one = INDICATORS[key]
    return {
        "key": key,
        "version": one.version,
        "name": one.title,
        "unit": one.unit,
        "better": one.better,
        "formula": one.told_formula,
    }
