"""What can be asked about service points, checkpoints and patrol beats, and what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd

from spatialgov.allocation import DRIVING, WALKING, Checkpoints, NewCentres, Service, SpeedProfile
from spatialgov.allocation.beats import Beats
from spatialgov.allocation.service_points import Goal
from spatialgov.faults import Fault
from spatialgov.workspace.areas import Area

__all__ = [
    "DEMANDS",
    "SPEEDS",
    "BeatPlan",
    "BeatQuestion",
    "CheckpointPlan",
    "CheckpointQuestion",
    "Demand",
    "ServicePlan",
    "ServiceQuestion",
    "Speeds",
]

Demand = Literal["households", "population", "workload"]
DEMANDS: tuple[Demand, ...] = ("households", "population", "workload")
Speeds = Literal["walking", "driving"]
SPEEDS: Mapping[str, SpeedProfile] = {profile.name: profile for profile in (WALKING, DRIVING)}


@dataclass(frozen=True, slots=True)
class ServiceQuestion:
    """Which centre serves which grid, and where new ones should stand.

    Attributes
    ----------
    kinds
        Kinds of places in the store that are the existing centres; none where all are to be placed anew.
    demand
        What of a grid is served.
    capacity
        Demand that each centre can serve, where it does not say itself; None for no limit.
    divide
        Whether several centres may share a grid, where capacities ask for it.
    new
        Number of new centres; none are placed for 0.
    goal
        What new ones are placed for (`spatialgov.allocation.Goal`).
    within_min
        Minutes that count as near enough.
    at
        Kinds of places where new ones could stand; none for a point inside each grid.
    speeds
        Name of the speeds, one of `SPEEDS`.
    seed, time_limit_s
        Of the search.
    area
        What the asker is limited to; None for no limit.
    """

    kinds: tuple[str, ...] = ("service_centre",)
    demand: Demand = "households"
    capacity: float | None = None
    divide: bool = False
    new: int = 0
    goal: Goal = "median"
    within_min: float = 15.0
    at: tuple[str, ...] = ()
    speeds: Speeds = "walking"
    seed: int = 0
    time_limit_s: float = 10.0
    area: Area | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ServicePlan:
    """Which centre serves which grid.

    Attributes
    ----------
    centres
        EPSG:4326, a row a centre, the existing ones first: ``place_id``, ``kind``, ``name``, ``name_en``, ``new``
        bool, ``capacity`` (missing where there is no limit), ``demand``, ``n_grids``, ``mean_s``, ``worst_s``; ``kind``
        is "grid" for a point inside a grid.
    grids
        EPSG:4326, a row a grid and centre that serves it: ``code``, ``name``, ``parent_code``, ``place_id`` ("" where
        none reaches it), ``demand``, ``seconds`` (missing there).
    service
        With mean, bound and gap.
    placed
        How good the new centres are; None where none were asked for.
    share_within
        Share of the demand that is served within the minutes that count as near enough.
    faults
        Grids that no centre reaches; roads that nothing joins to the network, or that look as if they should meet.
    basis
        What a report cites.
    """

    centres: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    service: Service
    placed: NewCentres | None
    share_within: float
    faults: tuple[Fault, ...]
    basis: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckpointQuestion:
    """Where to stand so that nobody leaves a jurisdiction unseen.

    Attributes
    ----------
    code
        Of the jurisdiction; all ground that the asker may look at when not given.
    belt_m
        Who is farther than this from it has left.
    posts
        Class of road and posts that a checkpoint there takes; 1 for those not named.
    road_classes
        Classes of road that lead out, those that vehicles take for example; none for all.
    area
        What the asker is limited to; None for no limit.
    """

    code: str | None = None
    belt_m: float = 2_000.0
    posts: tuple[tuple[str, int], ...] = ()
    road_classes: tuple[str, ...] = ()
    area: Area | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointPlan:
    """Roads to watch.

    Attributes
    ----------
    exits
        EPSG:4326, a row a checkpoint: ``checkpoint`` from 1, and the columns of `Checkpoints.frame`.
    found
        With the number of posts, which no other checkpoints go below, and that of a closed border.
    ground
        EPSG:4326, one row: ``code``, ``name``, ``name_en``, and what nobody leaves unseen.
    faults
        Of the roads.
    basis
        What a report cites.
    """

    exits: gpd.GeoDataFrame
    found: Checkpoints
    ground: gpd.GeoDataFrame
    faults: tuple[Fault, ...]
    basis: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BeatQuestion:
    """The streets of a jurisdiction in beats.

    Attributes
    ----------
    code
        Of the jurisdiction; all ground that the asker may look at when not given.
    beats
        How many; None for as many as it takes to be walked within the shift.
    shift_h
        Hours of a shift that are for the walk.
    road_classes
        Classes of road to patrol; none for all.
    speeds
        Name of the speeds, one of `SPEEDS`.
    tolerance
        The longest beat may be longer than the shortest by this share.
    seed, time_limit_s
        Of each search; where the number of beats is not given there may be four.
    area
        What the asker is limited to; None for no limit.
    """

    code: str | None = None
    beats: int | None = None
    shift_h: float = 4.0
    road_classes: tuple[str, ...] = ()
    speeds: Speeds = "walking"
    tolerance: float = 0.1
    seed: int = 0
    time_limit_s: float = 10.0
    area: Area | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BeatPlan:
    """Beats.

    Attributes
    ----------
    beats
        EPSG:4326, a row a beat: the columns of `Beats.frame`, ``hours`` of the walk, ``over_shift`` whether that is
        more than a shift has.
    streets
        EPSG:4326, a row a segment of the ground's streets: the columns of `RoadNetwork.frame`, and ``beat`` (Int64,
        missing for those that no street joins to the others).
    found
        With bound, gap and spread.
    balanced
        Whether the beats' lengths keep the tolerance.
    ground
        As that of `CheckpointPlan`; empty where the store has no jurisdictions.
    faults
        Of the roads.
    basis
        What a report cites.
    """

    beats: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    found: Beats
    balanced: bool
    ground: gpd.GeoDataFrame
    faults: tuple[Fault, ...]
    basis: Mapping[str, Any]

    @property
    def left_out_m(self) -> float:
        """Metres of street that belong to no beat."""
        return float(self.streets.loc[self.streets["beat"].isna(), "length_m"].sum())
