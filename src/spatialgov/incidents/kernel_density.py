"""Density of incidents on a metric raster: Gaussian kernels, exact to a part in ten thousand, in milliseconds.

Points are weighed onto the raster with a quadratic B-spline, and the raster is multiplied in Fourier space with the
Gaussian's transform over the B-spline's, which takes the blur of the weighing off again (as the non-uniform fast
Fourier transforms do). Linear binning with its mean variance taken off the bandwidth leaves ten times the error.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft as sf
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.errors import InputError
from spatialgov.incidents._kernels import gather, spread
from spatialgov.incidents.raster import MOST_RASTER_CELLS, Raster, checked_points
from spatialgov.language import t
from spatialgov.time_limit import check_time

__all__ = [
    "DEFAULT_BANDWIDTH_M",
    "Block",
    "bandwidth",
    "block_density",
    "block_reach",
    "blocks_of",
    "check_bandwidth",
    "density",
    "smoothed",
]

DEFAULT_BANDWIDTH_M = 250.0
"""What `bandwidth` answers where the incidents lie in fewer than three places, so that nothing can be chosen."""

_REACH = 6.0  # bandwidths; a Gaussian has e⁻¹⁸ of its height there
_FINEST = 2.0  # steps in a bandwidth: then the Gaussian's transform is e⁻²⁰ where the raster's ends
_BLOCK = 1024  # cells along the side of what is transformed at once; larger for kernels that reach that far
_POINT, _SPLINE, _SQUARE = 0, 3, -1  # orders of the B-spline to divide by; -1 multiplies with that of a square cell

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def density(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    bounds: Sequence[float],
    cell_m: float = 100.0,
    bandwidth_m: float | None = DEFAULT_BANDWIDTH_M,
    *,
    weights: npt.ArrayLike | None = None,
    boundary: BaseGeometry | None = None,
    barriers: BaseGeometry | None = None,
) -> Floats:
    """Give the density of incidents at the middle of each cell of a raster.

    Parameters
    ----------
    x_m, y_m
        (n,) metres in one plane. Incidents outside the bounds count as far as their kernels reach in (with barriers
        they do not).
    bounds
        x_min, y_min, x_max, y_max of the raster, metres.
    cell_m
        Side of a cell.
    bandwidth_m
        Standard deviation of the Gaussian kernel; at least half a cell. None: by `bandwidth`.
    weights
        (n,) ≥ 0, for example the shares of an incident whose time is an interval, or households; None: 1 each.
    boundary
        Polygon in metres: only incidents within it count, and what their kernels would lay outside is made up for by
        dividing by the kernel's mass inside, so that an even spread of incidents gives an even density up to the
        border. Cells outside are NaN.
    barriers
        Lines in metres that no incident's influence crosses (rivers, railways): kernels flow around their ends. The
        density is then the heat that flowed from the incidents through the cells, which keeps all of it within the
        boundary.

    Returns
    -------
    float64 (ny, nx)
        Incidents per km². Row 0 is the southernmost, column 0 the westernmost; the middle of cell [j, i] is
        ``x_min + (i + ½) · cell_m, y_min + (j + ½) · cell_m``. Multiplied with a cell's area it sums to the number
        of incidents, but for kernels that reach over the border.

    Raises
    ------
    InputError
        When a coordinate is not a number, the raster is none, or the bandwidth is less than half a cell.

    Notes
    -----
    Without barriers the values are the sums of Gaussians to 0.05 % in the median (a lone incident's to 2 % where
    they are a thousandth of its height); what lies more than 6 bandwidths from every incident is about
    zero. The correction at the border is the uniform one (Jones 1993; Diggle 1985); barriers by diffusion (Botev,
    Grotowski and Kroese 2010; Barry and McIntyre 2011).
    """
    x, y, *rest = checked_points(x_m, y_m, *(() if weights is None else (weights,)))
    weight = rest[0] if rest else np.empty(0)
    if weight.min(initial=0.0) < 0:
        raise InputError(t("A weight is negative.", "存在负的权重。"))
    raster = Raster.over(bounds, cell_m)
    sigma_m = bandwidth(x, y) if bandwidth_m is None else float(bandwidth_m)
    if bandwidth_m is None:
        sigma_m = max(sigma_m, cell_m / 2)
    check_bandwidth(sigma_m, cell_m)
    if boundary is not None:
        shapely.prepare(boundary)
        within = np.asarray(shapely.intersects_xy(boundary, x, y), dtype=np.bool_)
        x, y = x[within], y[within]
        weight = weight[within] if len(weight) else weight
    if barriers is not None:
        inside = raster.inside(boundary)
        flowed = _diffused(raster.cells_of(x, y), weight, raster, sigma_m, inside, barriers)
        return np.where(inside, flowed * 1e6, np.nan)
    found = np.empty(raster.shape)
    for block in blocks_of(raster, sigma_m):
        found[block.rows, block.columns] = block_density([(x, y, weight)], raster, block, sigma_m, boundary)
    return found


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of a raster's cells, by rows and columns."""

    rows: slice
    columns: slice


def blocks_of(raster: Raster, sigma_m: float) -> list[Block]:
    """Cut a raster into blocks whose densities are computed by themselves: always the same for it and the kernel."""
    side = max(_BLOCK, 4 * _margin(sigma_m / raster.cell_m))
    return [
        Block(slice(row, min(row + side, raster.ny)), slice(column, min(column + side, raster.nx)))
        for row in range(0, raster.ny, side)
        for column in range(0, raster.nx, side)
    ]


def block_density(
    points: Iterable[tuple[Floats, Floats, Floats]],
    raster: Raster,
    block: Block,
    sigma_m: float,
    boundary: BaseGeometry | None,
) -> Floats:
    """Give what `density` gives for the cells of a block.

    Parameters
    ----------
    points
        x, y (metres) and weights of incidents within the boundary, some at a time; those beyond `block_reach` may be
        missing.
    raster, block, sigma_m, boundary
        The raster, one of its `blocks_of`, the bandwidth, and the boundary.
    """
    check_time()
    raw = _smoothed_points(points, _raster_of(raster, block), sigma_m)
    if boundary is None:
        return raw * 1e6
    reach = _margin(sigma_m / raster.cell_m)
    rows, row = _around(block.rows, raster.ny, reach)
    columns, column = _around(block.columns, raster.nx, reach)
    inside = raster.inside(boundary, rows, columns)
    mass = smoothed(inside.astype(np.float64), sigma_m / raster.cell_m)[row, column]
    inside = inside[row, column]
    return np.where(inside, raw / np.where(inside, mass, 1.0) * 1e6, np.nan)


def block_reach(raster: Raster, block: Block, sigma_m: float) -> tuple[float, float, float, float, int]:
    """Give x_min, y_min, x_max, y_max of what `block_density` looks at, metres; and of how many nodes it makes that."""
    nodes = _Nodes.around(_raster_of(raster, block), sigma_m)
    rows, columns = nodes.shape
    x1_m, y1_m = nodes.x0_m + columns * nodes.step_m, nodes.y0_m + rows * nodes.step_m
    return nodes.x0_m, nodes.y0_m, x1_m, y1_m, rows * columns


def _raster_of(raster: Raster, block: Block) -> Raster:
    """Give the cells of a block as a raster."""
    x0_m = raster.x0_m + block.columns.start * raster.cell_m
    y0_m = raster.y0_m + block.rows.start * raster.cell_m
    nx, ny = block.columns.stop - block.columns.start, block.rows.stop - block.rows.start
    return Raster(x0_m, y0_m, raster.cell_m, nx, ny)


def _around(part: slice, n: int, reach: int) -> tuple[slice, slice]:
    """Give a part of an axis with what is in reach of it, and where in that the part is."""
    begin = max(part.start - reach, 0)
    return slice(begin, min(part.stop + reach, n)), slice(part.start - begin, part.stop - begin)


def bandwidth(x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> float:
    """Choose the bandwidth under which each place of incidents is likeliest, given the incidents elsewhere.

    Parameters
    ----------
    x_m, y_m
        (n,) metres.

    Returns
    -------
    float
        Standard deviation of a Gaussian kernel, metres; `DEFAULT_BANDWIDTH_M` for fewer than three places.

    Raises
    ------
    InputError
        When a coordinate is not a number.

    Notes
    -----
    Likelihood cross-validation (Habbema 1974; Silverman 1986, 3.4.4) with two cares for incidents. All incidents at a
    place are left out together: many share an address, and with its twins kept in, the likeliest bandwidth would be
    zero. One more incident is spread evenly over the bounds, so that a lone outlier doesn't rule the choice.
    """
    from scipy.optimize import minimize_scalar

    x, y = checked_points(x_m, y_m)
    places, times = np.unique(np.column_stack([x, y]), axis=0, return_counts=True)
    if len(places) < 3:
        return DEFAULT_BANDWIDTH_M
    px, py, count = np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1]), times.astype(np.float64)
    extent = float(max(np.ptp(px), np.ptp(py)))

    def loss(log_sigma: float) -> float:
        return -_log_likelihood(px, py, count, math.exp(log_sigma))

    tried: list[tuple[float, float]] = []
    for halving in range(20):
        log_sigma = math.log(extent / 2) - halving * 0.5 * math.log(2)
        tried.append((loss(log_sigma), log_sigma))
        best = min(range(len(tried)), key=lambda k: tried[k])
        if halving - best >= 4:  # long past the best
            break
    middle = tried[best][1]
    found = minimize_scalar(
        loss, bounds=(middle - 0.35, middle + 0.35), method="bounded", options={"xatol": 0.01, "maxiter": 12}
    )
    return float(math.exp(found.x))


def smoothed(cells: Floats, sigma: float) -> Floats:
    """Blur a raster of square cells with a Gaussian, zeros around it: the integral over each cell, at the middles.

    Parameters
    ----------
    cells
        (ny, nx) values per cell.
    sigma
        Standard deviation in cells, > 0.

    Returns
    -------
    float64 (ny, nx)
        Sums of the kernel's mass in each cell times the cell's value: 1 far inside a raster of ones.
    """
    margin = _margin(sigma)
    shape = _sizes(cells.shape, margin)
    return np.maximum(_convolved(cells, shape, sigma, _SQUARE)[: cells.shape[0], : cells.shape[1]], 0.0)


def check_bandwidth(sigma_m: float, cell_m: float) -> None:
    """Refuse a bandwidth that cells are too large for; raises `InputError`."""
    if math.isfinite(sigma_m) and sigma_m >= cell_m / 2:
        return
    raise InputError(
        t(
            "A bandwidth of {b} m is too small for cells of {c} m.",
            "带宽 {b} 米相对于 {c} 米的单元过小。",
            b=sigma_m,
            c=cell_m,
        ),
        remedy=t(
            "Use a bandwidth of half a cell or more, or smaller cells.", "请使用不小于半个单元的带宽，或更小的单元。"
        ),
    )


def _margin(sigma: float) -> int:
    return math.ceil(_REACH * sigma) + 2


def _sizes(shape: tuple[int, ...], margin: int) -> tuple[int, int]:
    rows, columns = (sf.next_fast_len(n + margin, real=True) for n in shape)
    return rows, columns


def _smoothed_points(points: Iterable[tuple[Floats, Floats, Floats]], raster: Raster, sigma_m: float) -> Floats:
    """Give the sum of the points' Gaussians at the cells' middles, per m²."""
    nodes = _Nodes.around(raster, sigma_m)
    grid = np.zeros(nodes.shape)
    for x, y, weight in points:
        spread(x, y, weight, nodes.x0_m, nodes.y0_m, nodes.step_m, grid)
    blurred = _convolved(grid, grid.shape, sigma_m / nodes.step_m, _SPLINE)
    middle = nodes.margin + nodes.parts // 2
    ends = [nodes.margin + n * nodes.parts for n in raster.shape]
    found = blurred[middle : ends[0] : nodes.parts, middle : ends[1] : nodes.parts]
    return np.maximum(found, 0.0) / (nodes.step_m * nodes.step_m)


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The nodes that points are weighed onto: those of a raster, and around it what kernels reach.

    Attributes
    ----------
    x0_m, y0_m
        Place of the first.
    parts, step_m
        How many there are along a cell, an odd number, so that the cell's middle is a node; and their distance.
    margin
        How many lie before the raster.
    shape
        (rows, columns).
    """

    x0_m: float
    y0_m: float
    parts: int
    step_m: float
    margin: int
    shape: tuple[int, int]

    @classmethod
    def around(cls, raster: Raster, sigma_m: float) -> "_Nodes":
        parts = 1
        while parts * sigma_m < _FINEST * raster.cell_m:
            parts += 2
        step_m = raster.cell_m / parts
        margin = _margin(sigma_m / step_m)
        shape = _sizes((raster.ny * parts + margin, raster.nx * parts + margin), margin)
        _check_memory(shape[0] * shape[1], raster.cell_m)
        first = (0.5 - margin) * step_m
        return cls(raster.x0_m + first, raster.y0_m + first, parts, step_m, margin, shape)


def _check_memory(nodes: int, cell_m: float) -> None:
    if nodes > 4 * MOST_RASTER_CELLS:
        raise InputError(
            t(
                "The raster with what its kernels need around it has {n} nodes, too many.",
                "栅格连同核函数所需的外围共有 {n} 个节点，过多。",
                n=nodes,
            ),
            remedy=t("Use cells larger than {c} m.", "请使用大于 {c} 米的单元。", c=cell_m),
        )


def _convolved(grid: Floats, shape: tuple[int, ...], sigma: float, order: int) -> Floats:
    """Blur a raster with a Gaussian of `sigma` steps, and take a B-spline of an order off (or lay a square on)."""
    transform = sf.rfft2(grid, s=shape)
    transform *= _response(sf.fftfreq(shape[0]), sigma, order)[:, None]
    transform *= _response(sf.rfftfreq(shape[1]), sigma, order)
    return np.asarray(sf.irfft2(transform, s=shape, overwrite_x=True))


def _response(frequency: Floats, sigma: float, order: int) -> Floats:
    return np.asarray(np.exp(-2 * (np.pi * sigma * frequency) ** 2) / np.sinc(frequency) ** order)


def _log_likelihood(x: Floats, y: Floats, count: Floats, sigma: float) -> float:
    """Give the cross-validated log likelihood of a bandwidth, places being left out one by one."""
    step = sigma / _FINEST
    margin = _margin(_FINEST)
    x0, y0 = float(x.min()) - margin * step, float(y.min()) - margin * step
    wide, high = (math.ceil(float(np.ptp(axis)) / step) + 2 * margin for axis in (x, y))
    grid = np.zeros(_sizes((high, wide), 0))
    spread(x, y, count, x0, y0, step, grid)
    blurred = _convolved(grid, grid.shape, _FINEST, 2 * _SPLINE)  # once for weighing in, once for reading out
    own = np.array([_kernel_by_node(n) for n in grid.shape[::-1]])
    read, self_given = gather(x, y, x0, y0, step, blurred, own)
    elsewhere = np.maximum(read - count * self_given, 0.0) / (step * step)
    total = float(count.sum())
    area = max(float(np.ptp(x)), sigma) * max(float(np.ptp(y)), sigma)
    return float((count * np.log((elsewhere + 1.0 / area) / (total - count + 1.0))).sum())


def _kernel_by_node(n: int) -> Floats:
    """Give what a unit at a node gives to the nodes 0, 1 and 2 steps away, along one axis of `n` nodes."""
    return np.asarray(sf.irfft(_response(sf.rfftfreq(n), _FINEST, 2 * _SPLINE), n)[:3])


def _diffused(
    cells: npt.NDArray[np.int64], weight: Floats, raster: Raster, sigma_m: float, inside: Bools, barriers: BaseGeometry
) -> Floats:
    """Let the incidents flow as heat through the cells inside, for as long as the kernel's variance takes, per m²."""
    held = cells >= 0
    amounts = np.bincount(
        cells[held], weights=weight[held] if len(weight) else None, minlength=raster.nx * raster.ny
    ).astype(np.float64)
    # an incident near the boundary may lie in a cell whose middle is outside; its heat must not be lost
    heat = _moved_inside(amounts.reshape(raster.shape), inside)
    east, north = _open_sides(raster, inside, barriers)
    variance = (sigma_m / raster.cell_m) ** 2 - 1 / 12  # a cell's own spread is there already
    steps = math.ceil(variance / 2 / 0.2)  # above 0.25 the explicit scheme would swing
    share = variance / 2 / steps
    east_share, north_share = share * east, share * north
    for step in range(steps):
        if step % 20 == 0:
            check_time()
        to_east = east_share * (heat[:, :-1] - heat[:, 1:])
        to_north = north_share * (heat[:-1] - heat[1:])
        heat[:, :-1] -= to_east
        heat[:, 1:] += to_east
        heat[:-1] -= to_north
        heat[1:] += to_north
    return heat / raster.cell_m**2


def _moved_inside(heat: Floats, inside: Bools) -> Floats:
    from scipy.ndimage import distance_transform_edt

    lost = np.argwhere((heat > 0) & ~inside)
    if not len(lost) or not inside.any():
        return heat
    nearest = distance_transform_edt(~inside, return_distances=False, return_indices=True)
    for j, i in lost:
        heat[nearest[0, j, i], nearest[1, j, i]] += heat[j, i]
        heat[j, i] = 0.0
    return heat


def _open_sides(raster: Raster, inside: Bools, barriers: BaseGeometry) -> tuple[Bools, Bools]:
    """Say which neighbouring cells heat passes between: both inside, and no barrier between their middles."""
    x, y = np.meshgrid(*raster.centres())
    middles = np.stack([x, y], axis=-1)
    lines = shapely.get_parts(barriers)
    tree = shapely.STRtree(lines)

    def open_between(first: Floats, second: Floats, both: Bools) -> Bools:
        links = shapely.linestrings(np.stack([first.reshape(-1, 2), second.reshape(-1, 2)], axis=1))
        free = np.ones(both.size, dtype=np.bool_)
        free[tree.query(links, predicate="intersects")[0]] = False
        return np.asarray(free.reshape(both.shape) & both)

    return (
        open_between(middles[:, :-1], middles[:, 1:], inside[:, :-1] & inside[:, 1:]),
        open_between(middles[:-1], middles[1:], inside[:-1] & inside[1:]),
    )
