"""Choosing where new devices go: what each candidate would see, which exclude each other, and the search among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial import KDTree

from spatialgov.coverage.remedies.candidates import Candidates
from spatialgov.coverage.remedies.scenes import Tally, Visible
from spatialgov.coverage.sight.lines_of_sight import Eyes, LinesOfSight, in_sector, lines_of_sight
from spatialgov.coverage.sight.seeing import Sight
from spatialgov.coverage.siting import Siting, least_sites, maximal_covering

__all__ = ["Limit", "Offers", "built", "offered"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Limit:
    """What bounds new sites: their number, what they may cost, or the share of everything that is the target."""

    p: int | None = None
    budget: float | None = None
    share: float | None = None


@dataclass(frozen=True, eq=False)
class Offers:
    """Oriented candidates that would add something and may be chosen.

    Attributes
    ----------
    site
        (k,) int64: position of each in the candidates.
    place
        (k,) int64: its place.
    visible
        What each sees of what is not seen by enough posts, a view each.
    left_out
        Oriented candidates that may not be chosen: ``no_view``, ``too_near``.
    """

    site: IntArray
    place: IntArray
    visible: Visible
    left_out: Mapping[str, int]


def post_of(candidates: Candidates, sight: Sight) -> IntArray:
    """Give the post of each place of candidates, new numbers for new ones."""
    post = candidates.places["post"].to_numpy(np.int64)
    first = int(sight.views.table["post"].max()) + 1 if len(sight.views.table) else 0
    return np.where(post >= 0, post, first + np.arange(len(post)))


def offered(
    tally: Tally,
    sight: Sight,
    candidates: Candidates,
    private_m: FloatArray,
    most_private: float,
    spacing_m: float,
) -> Offers:
    """Find what candidates would add.

    Parameters
    ----------
    tally
        Who sees what before anything is built.
    sight, candidates
        The cameras that are there, and the places and directions for new ones.
    private_m
        (p, 2) places that nobody may look at, each for the same area.
    most_private
        How many of them a new view may see.
    spacing_m
        New posts nearer than this to one that is there are left out.
    """
    places, scene = candidates.places, tally.scene
    eyes = Eyes(*(places[name].to_numpy(np.float64) for name in Eyes._fields))
    lacking = np.flatnonzero(tally.count < scene.need)
    lines = lines_of_sight(eyes, KDTree(scene.xy_m[lacking]), sight.obstacles)
    post = post_of(candidates, sight)
    # What a post sees already it sees with a new device too.
    lines = lines.only(~tally.sees(post[lines.camera], lacking[lines.point]))
    private = _by_direction(lines_of_sight(eyes, KDTree(private_m), sight.obstacles), candidates, len(private_m))
    forbidden = np.diff(private.indptr) > most_private
    near = _near_posts(sight, candidates, spacing_m)[candidates.place] & ~forbidden
    cover = _by_direction(lines, candidates, len(lacking))
    chosen = np.flatnonzero(~forbidden & ~near & (np.diff(cover.indptr) > 0))
    cover = cover[chosen]
    return Offers(
        chosen,
        candidates.place[chosen],
        Visible(post[candidates.place[chosen]], cover.indptr.astype(np.int64), lacking[cover.indices]),
        {"no_view": int(forbidden.sum()), "too_near": int(near.sum())},
    )


def _by_direction(lines: LinesOfSight, candidates: Candidates, n: int) -> sparse.csr_array:
    """Give which of n places each oriented candidate sees, of the lines of sight all round."""
    count = np.bincount(candidates.place, minlength=len(candidates.places))
    first = np.cumsum(count) - count
    place = lines.camera
    sites, points = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for turn in range(int(count.max(initial=0))):
        rows = np.flatnonzero(turn < count[place])
        site = first[place[rows]] + turn
        there = in_sector(lines.bearing_deg[rows], candidates.azimuth_deg[site], candidates.device.fov_deg)
        sites.append(site[there])
        points.append(lines.point[rows[there]])
    pairs = np.concatenate(sites), np.concatenate(points)
    return sparse.csr_array((np.ones(len(pairs[0]), dtype=np.int8), pairs), shape=(len(candidates), n))


def _near_posts(sight: Sight, candidates: Candidates, spacing_m: float) -> Mask:
    """Tell which places would be new posts too near to one that is there."""
    places = candidates.places
    if not len(sight.x_m):
        return np.zeros(len(places), dtype=bool)
    tree = KDTree(np.column_stack([sight.x_m, sight.y_m]))
    distance_m, _ = tree.query(places[["x_m", "y_m"]].to_numpy(), distance_upper_bound=spacing_m)
    return np.asarray(np.isfinite(distance_m) & (places["post"] < 0).to_numpy())


def built(
    tally: Tally,
    offers: Offers,
    candidates: Candidates,
    limit: Limit,
    cost: FloatArray,
    spacing_m: float,
    *,
    seed: int,
    time_limit_s: float,
) -> Siting | None:
    """Choose the sites; None when there is nothing to choose, or no need to.

    Parameters
    ----------
    tally
        Who sees what before anything is built.
    offers, candidates
        What there is to choose from.
    limit
        One of its values; what a budget has left after the other remedies.
    cost
        (k,) of each offer, above 0.
    spacing_m
        Between new posts.
    seed, time_limit_s
        As for `maximal_covering`.

    Raises
    ------
    InputError
        When the share can't be reached; says what can.
    """
    scene = tally.scene
    if limit.share is not None and tally.covered() >= limit.share * float(scene.weight.sum()):
        return None
    if limit.share is None and not len(offers.site):
        return None
    visible = offers.visible
    shape = (len(scene.need), len(offers.site))
    cover = sparse.csc_array((np.ones(len(visible.point)), visible.point, visible.start), shape=shape).tocsr()
    asked: dict[str, Any] = {
        "seed": seed,
        "time_limit_s": time_limit_s,
        "base": tally.count,
        "need": scene.need,
        "conflicts": _conflicts(offers, candidates, spacing_m),
    }
    if limit.share is not None:
        return least_sites(cover, scene.weight, limit.share, cost=cost, **asked)
    if limit.p is not None:
        return maximal_covering(cover, scene.weight, min(limit.p, shape[1]), **asked)
    if limit.budget is None or limit.budget < cost.min():
        return None
    return maximal_covering(cover, scene.weight, cost=cost, budget=limit.budget, **asked)


def _conflicts(offers: Offers, candidates: Candidates, spacing_m: float) -> sparse.csr_array:
    """Give the pairs of sites that may not both be chosen: views of one post that overlap, new posts too near."""
    places, k = candidates.places, len(offers.site)
    of_place = sparse.csr_array((np.ones(k), (np.arange(k), offers.place)), shape=(k, len(places)))
    one_post = sparse.coo_array(sparse.triu(of_place @ of_place.T, 1))
    azimuth_deg = candidates.azimuth_deg[offers.site]
    # Two views of one place that only share their edge may both be chosen.
    overlap = in_sector(azimuth_deg[one_post.row], azimuth_deg[one_post.col], 2.0 * candidates.device.fov_deg - 1e-6)
    used = np.unique(offers.place)
    new = used[places["post"].to_numpy()[used] < 0]
    pairs = new[KDTree(places[["x_m", "y_m"]].to_numpy()[new]).query_pairs(spacing_m, output_type="ndarray")]
    near = sparse.csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(places), len(places)))
    apart = sparse.coo_array(of_place @ near @ of_place.T)
    row = np.concatenate([one_post.row[overlap], apart.row])
    column = np.concatenate([one_post.col[overlap], apart.col])
    return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(k, k))
