"""One task in a process of its own: ``python -m tests.bench.hotspots.worker TASK FOLDER`` prints a JSON object."""

import json
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import geopandas as gpd
import h3.api.numpy_int as h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
import shapely
from numba import njit

from spatialgov.incidents import Raster, density, forecast, getis_ord, h3_cells, h3_counts, knox, mann_kendall
from spatialgov.incidents.backtest import USED, Backtest, roll
from spatialgov.incidents.cells import cell_neighbours, cells_covering
from spatialgov.incidents.surfaces import BLEND, METHODS, history_of
from tests.bench.hotspots.cube import slices_of
from tests.bench.hotspots.seeds import found_in_seeds
from tests.bench.partition.worker import memory_mib

__all__: list[str] = []

Floats = npt.NDArray[np.float64]
_FOOT_M = 0.3048
_SIDE = 230


def density_task(folder: Path) -> dict[str, float]:
    """Sum of Gaussians: ours, KDEpy, scikit-learn."""
    from KDEpy import FFTKDE
    from sklearn.neighbors import KernelDensity

    x, y = _thefts(folder, 1_000_000)
    bounds = (x.min() - 200, y.min() - 200, x.max() + 200, y.max() + 200)  # KDEpy wants every point inside
    ours, found = _best(lambda: density(x, y, bounds))
    raster = Raster.over(bounds, 100)
    columns, rows = raster.centres()
    chosen = np.random.default_rng(1).choice(np.flatnonzero(found > 1), 3000, replace=False)
    middles = np.column_stack([columns[chosen % raster.nx], rows[chosen // raster.nx]])
    truth = _sum_of_gaussians(x, y, middles, 250.0) * 1e6
    points = np.column_stack([x, y])
    nodes = np.stack(np.meshgrid(columns, rows, indexing="ij"), axis=-1).reshape(-1, 2)
    theirs, errors = [], []
    for unit in (1.0, 1000.0):

        def kdepy(unit: float = unit) -> Floats:
            values = FFTKDE(kernel="gaussian", bw=250.0 / unit).fit(points / unit).evaluate(nodes / unit)
            return np.asarray(values.reshape(raster.nx, raster.ny).T * len(x) * (1000 / unit) ** 2)

        cpu, values = _best(kdepy, 3)
        theirs.append(cpu)
        errors.append(_error(values.ravel()[chosen], truth))
    begun = time.process_time()
    tree = KernelDensity(bandwidth=250.0, rtol=1e-2).fit(points)
    fitted = time.process_time()
    some = np.random.default_rng(2).choice(raster.nx * raster.ny, 1000, replace=False)
    places = np.column_stack([columns[some % raster.nx], rows[some // raster.nx]])
    values = np.exp(tree.score_samples(places))
    answered = time.process_time()
    dense = found.ravel()[some] > 1
    return {
        "cells": raster.nx * raster.ny,
        "cpu_ours": ours,
        "cpu_kdepy": min(theirs),
        "cpu_sklearn": fitted - begun + (answered - fitted) * raster.nx * raster.ny / 1000,
        "error_ours": _error(found.ravel()[chosen], truth),
        "error_kdepy": min(errors),
        "error_kdepy_metres": errors[0],
        "error_sklearn": _error(values[dense] * len(x), _sum_of_gaussians(x, y, places[dense], 250.0)),
    }


def gi_star(folder: Path) -> dict[str, float]:
    """Gi*: z, time, tails, false discoveries."""
    import esda
    import libpysal

    warnings.simplefilter("ignore")
    y, matrix = _counts(), _lattice()
    ours, found = _best(lambda: getis_ord(y, matrix))

    def theirs() -> Floats:
        others = sp.csr_array(matrix - sp.eye_array(len(y), dtype=np.int64))
        others.eliminate_zeros()
        weights = libpysal.weights.WSP(others).to_W(silence_warnings=True)
        return np.asarray(esda.G_Local(y.astype(float), weights, transform="B", star=True, permutations=0).Zs)

    esdas, z = _best(theirs, 1)
    rng = np.random.default_rng(2)
    sums, sizes, draws = matrix @ y, np.diff(matrix.indptr), 400_000
    chosen = rng.choice(np.flatnonzero((found.p_upper > 1e-3) & (found.p_upper < 0.2)), 100, replace=False)
    drawn = np.array(
        [(y[rng.integers(0, len(y), (int(sizes[c]), draws))].sum(axis=0) >= sums[c]).mean() for c in chosen]
    )
    p = found.p_upper[chosen]
    table = pd.read_parquet(folder / "memphis_robberies_2019.parquet", columns=["lon", "lat"])
    cells = cells_covering(shapely.MultiPoint(table.to_numpy()).convex_hull, 9)
    occupied, held = h3_counts(table["lon"], table["lat"], 9)
    counts = np.zeros(len(cells), dtype=np.int64)
    counts[np.searchsorted(cells, occupied)] = held
    around = cell_neighbours(cells)
    shuffled = [getis_ord(rng.permutation(counts), around).hot.sum() for _ in range(200)]
    return {
        "cells": len(y),
        "zeros": float((y == 0).mean()),
        "cpu_ours": ours,
        "cpu_esda": esdas,
        "z_difference": float(np.abs(z - found.z).max()),
        "inside": float((np.abs(drawn - p) <= 2.576 * np.sqrt(p * (1 - p) / draws)).mean()),
        "ratio_off": abs(float(np.median(p / drawn)) - 1),
        "shuffled_zeros": float((counts == 0).mean()),
        "false_shuffles": float(np.mean(np.array(shuffled) > 0)),
        "false_cells": float(np.mean(shuffled)),
    }


def h3_task(folder: Path) -> dict[str, float]:
    """H3 counts: time, and cells against h3's own."""
    from h3ronpy.vector import coordinates_to_cells

    table = pd.read_parquet(folder / "nyc_vehicle_thefts_2014_2017.parquet", columns=["longitude", "latitude"]).dropna()
    rng = np.random.default_rng(0)
    lon, lat = (
        (table.sample(1_000_000, replace=True, random_state=0) + rng.normal(0, 3e-4, (1_000_000, 2))).to_numpy().T
    )
    figures: dict[str, float] = {}
    wrong = 0
    for resolution in (9, 10):
        ours, (cells, counts) = _best(partial(h3_counts, lon, lat, resolution))

        def theirs(r: int = resolution) -> Any:
            return np.unique(np.asarray(coordinates_to_cells(lat, lon, r)), return_counts=True)

        cpu, (their_cells, their_counts) = _best(theirs, 3)
        figures |= {f"cpu_ours_{resolution}": ours, f"cpu_h3ronpy_{resolution}": cpu, f"cells_{resolution}": len(cells)}
        wrong += int(len(cells) != len(their_cells) or (cells != their_cells).any() or (counts != their_counts).any())
    v = rng.normal(size=(1_000_000, 3))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    east, north = np.degrees(np.arctan2(v[:, 1], v[:, 0])), np.degrees(np.arcsin(v[:, 2]))
    different = 0
    for resolution in (5, 9, 12):
        each = [h3.latlng_to_cell(b, a, resolution) for a, b in zip(east.tolist(), north.tolist(), strict=True)]
        different += int((h3_cells(east, north, resolution) != np.array(each, dtype=np.uint64)).sum())
    return figures | {"different": different, "different_city": wrong}


def mann_kendall_task(folder: Path) -> dict[str, float]:
    """Trends: time, S, level."""
    import pymannkendall

    rng = np.random.default_rng(3)
    rate = rng.gamma(0.3, 1.5, _SIDE * _SIDE)
    series = _lattice() @ rng.poisson(rate[:, None], (len(rate), 36))
    ours, found = _best(lambda: mann_kendall(series))
    rows = series[:500].astype(np.float64)
    theirs, each = _best(lambda: [pymannkendall.original_test(row).s for row in rows], 1)
    seasonal = [pymannkendall.seasonal_test(row, period=12).s for row in rows]
    season = 1 + 0.8 * np.sin(2 * np.pi * np.arange(12) / 12)
    seasonal_levels = [
        float((mann_kendall(rng.poisson(rate * np.resize(season, months), (20_000, months)), 12).p <= 0.05).mean())
        for rate in (1.0, 3.0, 10.0)
        for months in (36, 48, 60)
    ]
    levels = [
        float((mann_kendall(rng.poisson(rate, (20_000, periods))).p <= 0.05).mean())
        for rate in (0.3, 1.0, 3.0, 10.0)
        for periods in (24, 36)
    ]
    return {
        "rows": len(series),
        "cpu_ours": ours,
        "cpu_pymannkendall": theirs * len(series) / 500,
        "different": float((np.array(each) != found.s[:500]).sum()),
        "different_seasonal": float((np.array(seasonal) != mann_kendall(rows, 12).s).sum()),
        "least_level": min(levels),
        "most_level": max(levels),
        "least_seasonal_level": min(seasonal_levels),
        "most_seasonal_level": max(seasonal_levels),
    }


def knox_task(folder: Path) -> dict[str, float]:
    """Near repeats: time per band and permutation, pairs."""
    from pointpats import Knox

    table = pd.read_parquet(folder / "portland_nij_vehicle_theft.parquet")
    x, y = (table[axis].to_numpy() * _FOOT_M for axis in ("x_ft", "y_ft"))
    day = (table["occ_date"] - table["occ_date"].min()).dt.days.to_numpy().astype(np.float64)
    knox(x[:50], y[:50], day[:50], permutations=1)  # compiled beforehand
    ours, found = _best(lambda: knox(x, y, day), 1)
    theirs, one = _best(lambda: Knox(np.column_stack([x, y]), day[:, None], delta=200, tau=14, permutations=9), 1)
    return {
        "events": len(x),
        "cpu_ours_all": ours,
        "cpu_pointpats_all": theirs,
        "cpu_ours": ours / 30 / 999,
        "cpu_pointpats": theirs / 9,
        "different": abs(float(one.statistic_) - float(found.observed[:3, :3].sum())),
    }


def forecast_task(folder: Path) -> dict[str, float]:
    """The challenge's rules on the challenge's data."""
    districts = gpd.read_parquet(folder / "portland_districts.parquet").union_all().buffer(1)
    city = shapely.transform(districts, lambda feet: feet * _FOOT_M)
    cell_m = 250 * _FOOT_M
    raster = Raster.over(city.bounds, cell_m)
    n_cells = int(np.ceil(0.25 * 5280**2 / 250**2))
    share_of_city = n_cells * cell_m**2 / (147.7037 * (5280 * _FOOT_M) ** 2)
    begin = pd.Timestamp("2012-03-01")
    end = (pd.Timestamp("2017-03-01") - begin).days
    figures: dict[str, float] = {}
    for crime in ("vehicle_theft", "burglary"):
        table = pd.read_parquet(folder / f"portland_nij_{crime}.parquet")
        day = (table["occ_date"] - begin).dt.days.to_numpy().astype(np.float64)
        history = history_of(table["x_ft"] * _FOOT_M, table["y_ft"] * _FOOT_M, day, raster, boundary=city)
        tests: list[Backtest] = []
        begun = time.process_time()
        for horizon in (7, 14, 31, 61, 92):
            days = np.arange(end - horizon, 365, -max(horizon, 28))[::-1].astype(np.float64)
            tested = int((days >= 3 * 365).sum())
            shares = [n_cells / history.n_inside]
            tests.append(roll(history, days, horizon, tested=tested, area_shares=shares).backtest)
        rates = np.mean([one.hit_rate[:, 0] for one in tests], axis=0)
        pai = dict(zip((*METHODS, USED), (rates / share_of_city).tolist(), strict=True))
        best, name = max((value, name) for name, value in pai.items() if name not in ("mixture", BLEND, USED))
        gains = tests[1].gain(USED, name)[0] / best * 100
        figures |= {f"{crime}: {name}": value for name, value in pai.items()}
        figures |= {f"{crime}: share": pai[USED] / best, f"{crime}: cpu": time.process_time() - begun}
        one = forecast(
            table["x_ft"] * _FOOT_M, table["y_ft"] * _FOOT_M, day, city.bounds, boundary=city, cell_m=cell_m,
            horizon_days=14, start_day=end, windows=52, area_shares=[n_cells / history.n_inside], confidence=0.9,
        )  # fmt: skip
        figures |= {
            f"{crime}: used over the best baseline, 14 days, %": float(gains[0]),
            f"{crime}: the same, at least (95 %)": float(gains[1]),
            f"{crime}: the same, at most (95 %)": float(gains[2]),
        }
        figures |= {f"{crime}: cells in their 90 %": one.coverage, f"{crime}: totals in theirs": one.total_coverage}
    return figures


def sample_city(folder: Path) -> dict[str, float]:
    """Planted spots of 50 seeds."""
    return found_in_seeds(50)


def cube_task(folder: Path) -> dict[str, float]:
    """Slices of the cube: the slowest of each grouping."""
    return slices_of(*_places(*_thefts(folder, 1_000_000)), peer=True)


def cube_of_seven_million(folder: Path) -> dict[str, float]:
    """The same, with what memory it takes."""
    figures = slices_of(*_places(*_thefts(folder, 7_000_000)), peer=False)
    return figures | {"peak_mb": memory_mib("VmHWM")}


def seven_million(folder: Path) -> dict[str, float]:
    """Memory."""
    x, y = _thefts(folder, 7_000_000)
    bounds = (x.min(), y.min(), x.max(), y.max())
    density(x, y, bounds)
    begun = time.process_time()
    h3_counts(*_places(x, y), 10)
    counted = time.process_time()
    forecast(x, y, np.random.default_rng(0).uniform(0, 1500, len(x)), bounds, horizon_days=28, windows=4)
    return {
        "cpu_h3": counted - begun,
        "cpu_forecast": time.process_time() - counted,
        "peak_mb": memory_mib("VmHWM"),
    }


def _thefts(folder: Path, n: int) -> tuple[Floats, Floats]:
    table = pd.read_parquet(folder / "portland_nij_vehicle_theft.parquet", columns=["x_ft", "y_ft"])
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(table), n)
    x, y = (table[axis].to_numpy()[drawn] * _FOOT_M + rng.normal(0, 30, n) for axis in ("x_ft", "y_ft"))
    return x, y


def _places(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return -122.6 + (x - x.mean()) / 80_000, 45.5 + (y - y.mean()) / 111_000


def _counts() -> npt.NDArray[np.int64]:
    rng = np.random.default_rng(0)
    return rng.poisson(rng.gamma(0.25, 1.6, _SIDE * _SIDE)).astype(np.int64)


def _lattice() -> sp.csr_array:
    line = sp.diags_array([1, 1, 1], offsets=[-1, 0, 1], shape=(_SIDE, _SIDE), dtype=np.int64)
    return sp.csr_array(sp.kron(line, line, format="csr"))


def _best(work: Callable[[], Any], repeats: int = 7) -> tuple[float, Any]:
    """Give the median CPU seconds after a run that doesn't count where there are several, and the answer."""
    if repeats > 1:
        work()
    seconds = []
    for _ in range(repeats):
        begun = time.process_time()
        answer = work()
        seconds.append(time.process_time() - begun)
    return median(seconds), answer


def _error(values: Floats, truth: Floats) -> float:
    return float(np.median(np.abs(values - truth) / truth))


@njit
def _sum_of_gaussians(x, y, middles, sigma):  # type: ignore[no-untyped-def]
    out = np.zeros(len(middles))
    for i in range(len(middles)):
        for k in range(len(x)):
            apart2 = (x[k] - middles[i, 0]) ** 2 + (y[k] - middles[i, 1]) ** 2
            out[i] += np.exp(-0.5 * apart2 / sigma**2)
    return out / (2 * np.pi * sigma**2)


if __name__ == "__main__":
    tasks: dict[str, Callable[[Path], dict[str, float]]] = {
        "density": density_task, "gi_star": gi_star, "h3": h3_task, "mann_kendall": mann_kendall_task,
        "sample_city": sample_city, "knox": knox_task, "forecast": forecast_task, "cube": cube_task,
        "cube_of_seven_million": cube_of_seven_million, "seven_million": seven_million,
    }  # fmt: skip
    print(json.dumps(tasks[sys.argv[1]](Path(sys.argv[2]))))
