"""What to do about gaps, the cheapest first: repair, survey what is not known, turn what hangs there, then build."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.coverage.candidates import Candidates, Support
from spatialgov.coverage.changes import Change
from spatialgov.coverage.demand import Demands
from spatialgov.coverage.sight import Sight
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.projection import WGS84

__all__ = ["COSTS", "REMEDIES", "Costs", "Remedy", "RemedyPlan", "plan_remedies"]

Remedy = Literal["repair", "survey", "turn", "build"]
REMEDIES: tuple[Remedy, ...] = get_args(Remedy)
"""In the order in which they are done."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What each remedy costs, in any unit; by default in parts of a new pole with a device and all its lines.

    The defaults are assumptions of ours.
    """

    repair: float = 0.2
    survey: float = 0.02
    turn: float = 0.0
    post: float = 0.4
    facade: float = 0.6
    pole: float = 1.0
    junction: float = 1.0

    def __post_init__(self) -> None:
        for name in ("repair", "survey", "turn", "post", "facade", "pole", "junction"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0.0) or (value == 0.0 and name not in ("repair", "survey", "turn")):
                raise InputError(
                    t(
                        "A cost of {value:g} for “{name}” is none.",
                        "“{name}”的费用 {value:g} 无效。",
                        name=name,
                        value=value,
                    ),
                    remedy=t(
                        "Give numbers of 0 or more, above 0 for what is built.",
                        "请填写不小于 0 的数值，新建项须大于 0。",
                    ),
                )

    def of(self, support: Support) -> float:
        """Give the cost of a new device by what it hangs on."""
        return float(getattr(self, support))


COSTS = Costs()


@dataclass(frozen=True, eq=False)
class RemedyPlan:
    """What to do, step by step, each with what it gains after the steps before it.

    Shares are of all that should be seen, each kind weighed by its importance: 0.01 is one hundredth of it.

    Attributes
    ----------
    steps
        A row a step, EPSG:4326, points:

        * ``step`` (from 1), ``remedy`` (`REMEDIES`), ``camera_id`` (for ``build`` the name of the new one), ``reason``
          (for a planner, in the language in force when the plan was made);
        * ``what`` (for ``survey`` the columns that are missing, for ``build`` what it hangs on, of `SUPPORTS`), ``on``
          (for ``build``: the camera whose post it is, the road, or ""), ``consent`` (the zone that asks for one, or "");
        * ``azimuth_before_deg``, ``azimuth_deg``, ``cost``;
        * ``gain``: the share that is covered more, all in all; ``lost``: what of before is no longer covered, which
          ``gain`` has off already; ``settles``: for ``survey`` the share that is uncertain for want of it and no
          earlier survey settles, for ``build`` what of its gain is uncertain now, so that a survey may show it to be
          covered;
        * ``verified``, ``verified_low``, ``verified_high``: the gain on another sample, which the search did not see,
          and the interval of 95 % in which the true one lies; ``gain_ground`` … ``gain_incident``: the same gain by
          kind, in square metres, metres, places, people, incidents, only of the kinds that count;
        * ``no_view_m2``: how much more the camera sees of ground that nobody may look at.
    curve
        A row for every number of new sites from 0, in the order of the plan: ``p``, ``cost``, ``covered`` (share, all
        other remedies included), ``gain`` and ``verified``, ``verified_low``, ``verified_high`` of the p sites.
    before, after
        Share that is covered for certain.
    gain, verified, verified_low, verified_high
        Of all steps: what the search found, and what the other sample says with its interval of 95 %.
    bound
        Proven limit of the share that could be covered by the same number (cost) of new sites after the same other
        remedies; for a target share, the least cost of the sites that reach it. NaN where nothing was to be built.
    gap, proved
        How far from the limit the new sites may be at most, as `Siting` has it, and whether they meet it.
    cost
        Of all steps.
    no_view_m2
        How much of the ground that nobody may look at is seen for certain, before and after, each square metre once
        for every camera.
    importance
        Kind of demand → its part of the whole.
    left_out
        Directions of candidates that were not offered to the search: ``no_view`` (they see such ground), ``too_near``
        (to a post that is there).
    """

    steps: gpd.GeoDataFrame
    curve: pd.DataFrame
    before: float
    after: float
    gain: float
    verified: float
    verified_low: float
    verified_high: float
    bound: float
    gap: float
    proved: bool
    cost: float
    no_view_m2: tuple[float, float]
    importance: Mapping[str, float]
    left_out: Mapping[str, int]
    changes: tuple[Change, ...]


def plan_remedies(
    sight: Sight,
    demands: Demands,
    candidates: Candidates | None = None,
    zones: gpd.GeoDataFrame | None = None,
    *,
    p: int | None = None,
    budget: float | None = None,
    share: float | None = None,
    remedies: Sequence[Remedy] = REMEDIES,
    importance: Mapping[str, float] | None = None,
    posts_per_place: int = 1,
    spacing_m: float = 20.0,
    no_view_m2: float = 0.0,
    turns: int | None = None,
    keep: Sequence[str] = (),
    costs: Costs = COSTS,
    seed: int = 0,
    time_limit_s: float = 1.0,
) -> RemedyPlan:
    """Plan what to do about gaps: repair, survey, turn, build, in this order.

    Parameters
    ----------
    sight
        What the cameras see now.
    demands
        What should be seen, in the same plane.
    candidates
        Places and directions for new devices; None for none.
    zones
        Exclusion zones; ``no_view`` ground is kept out of new views, and no turn sees more of it.
    p, budget, share
        At most one: the number of new sites at most; what all remedies may cost; the share that should be covered in
        the end, with new sites as cheap as possible. None of them builds nothing.
    remedies
        What may be done.
    importance
        Kind of demand → its part of the whole; see `scene_of`.
    posts_per_place
        Distinct posts that should see a key place.
    spacing_m
        New posts stand at least so far from each other and from posts that are there.
    no_view_m2
        New views may see at most so much ground that nobody may look at.
    turns
        The most cameras to turn; None for all that are worth a visit.
    keep
        Cameras that stay as they are.
    costs
        What each remedy costs.
    seed
        Of samples and search: the same gives the same plan, unless time cuts the search short.
    time_limit_s
        Of the search for new sites.

    Raises
    ------
    InputError
        When the arguments make no sense, or a target can't be reached; says by how much.
    """
    raise NotImplementedError
