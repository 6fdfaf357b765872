"""Workload: what the staff of a grid must carry, in minutes a month, by weights that are stated."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["RURAL", "URBAN", "WorkloadProfile", "workload"]


@dataclass(frozen=True, slots=True)
class WorkloadProfile:
    """Weights of the workload, each an assumption until it is fitted to handling times.

    Attributes
    ----------
    name, version
        Cited wherever a workload is shown; other weights need another version.
    minutes_per_household, minutes_per_person
        Visits and services, a month.
    minutes_per_incident
        From the report to the end, the way included.
    minutes_per_km2
        Patrol, a month.
    """

    name: str
    version: str
    minutes_per_household: float
    minutes_per_person: float
    minutes_per_incident: float
    minutes_per_km2: float

    def __post_init__(self) -> None:
        for name, value in self.as_dict().items():
            if name.startswith("minutes") and not (np.isfinite(value) and value >= 0):
                raise InputError(
                    t("{name} is {value}.", "{name} 的值为 {value}。", name=name, value=value),
                    remedy=t("Give a number of minutes, zero or more.", "请给出非负的分钟数。"),
                )

    def as_dict(self) -> dict[str, Any]:
        """Give the profile as a plain mapping, for JSON: what a reader needs to check the figure."""
        return asdict(self)


URBAN = WorkloadProfile("urban", "1", 8.0, 1.0, 25.0, 600.0)
"""Assumed, not measured: dense housing, short ways."""
RURAL = WorkloadProfile("rural", "1", 10.0, 1.5, 45.0, 240.0)
"""Assumed, not measured: villages, long ways, patrols by vehicle."""


def workload(
    frame: pd.DataFrame, incidents_per_month: npt.ArrayLike | None = None, profile: WorkloadProfile = URBAN
) -> pd.Series:
    """Give the workload of each grid or unit.

    Parameters
    ----------
    frame
        Grids or units: ``households``, ``population``, ``area_m2``.
    incidents_per_month
        (n,) mean number in each, in the order of the frame; None where incidents are not considered.
    profile
        The weights.

    Returns
    -------
    pandas.Series
        float64, minutes a month, indexed like the frame, named ``workload_minutes``.

    Raises
    ------
    InputError
        When the incidents don't fit the frame or are negative.
    """
    incidents = np.zeros(len(frame)) if incidents_per_month is None else np.asarray(incidents_per_month, np.float64)
    if incidents.shape != (len(frame),) or not (np.isfinite(incidents) & (incidents >= 0)).all():
        raise InputError(
            t(
                "Incidents must be one number, zero or more, for each of {n} rows.",
                "须为 {n} 行各给出一个非负的事件数。",
                n=len(frame),
            ),
            remedy=t("Count them by grid first.", "请先按网格统计事件。"),
        )
    minutes = (
        frame["households"].to_numpy(np.float64) * profile.minutes_per_household
        + frame["population"].to_numpy(np.float64) * profile.minutes_per_person
        + frame["area_m2"].to_numpy(np.float64) / 1e6 * profile.minutes_per_km2
        + incidents * profile.minutes_per_incident
    )
    return pd.Series(minutes, index=frame.index, name="workload_minutes")
