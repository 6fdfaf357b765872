"""Unions of overlapping views by grid: how long, and how exact."""

import time
from pathlib import Path

import numpy as np
import shapely

from spatialgov.coverage import isovists, union_by_area
from tests.bench.coverage.city import made_up_city
from tests.bench.coverage.isovists import cpu_s
from tests.bench.goals import Figures, Goal, of

__all__ = ["ABOUT", "GOALS", "measure"]

ABOUT = """the 10,000 views of **isovists** over 1,000 irregular grids that fill the city. Ours: CPU seconds of the
  isovists, and of their unions by grid with the areas. Exact: the largest difference from the union of all views cut by
  the grid, in areas of the grid's covered ground. shapely's ways to that one union are beside."""

GOALS = (
    Goal("isovists, unions and areas of 1,000 grids: ≤ 6 CPU s", of("ours: isovists and unions, CPU s"), at_most=6),
    Goal(
        "largest relative difference from one union cut by grid ≤ 1e-6", of("largest relative difference"), at_most=1e-6
    ),
)

_GRIDS = 1_000


def measure(data: Path) -> Figures:
    """Measure all of it."""
    city = made_up_city()
    whole = shapely.box(0.0, 0.0, city.side_m, city.side_m)
    middles = np.random.default_rng(3).uniform(0.0, city.side_m, (_GRIDS, 2))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(middles), extend_to=whole))
    grids = shapely.intersection(cells, whole)
    views = isovists(*city.cameras.arguments(), city.obstacles)
    spent_on_views = cpu_s(lambda: isovists(*city.cameras.arguments(), city.obstacles), 3)
    spent_on_unions = cpu_s(lambda: shapely.area(union_by_area(views, grids)), 3)
    begun = time.process_time()
    one = shapely.union_all(views)
    cut = shapely.area(shapely.intersection(one, grids))
    straight = time.process_time() - begun
    begun = time.process_time()
    shapely.disjoint_subset_union_all(views)
    by_subsets = time.process_time() - begun
    covered = shapely.area(union_by_area(views, grids))
    return {
        "views": len(views),
        "grids": len(grids),
        "ours: isovists and unions, CPU s": spent_on_views + spent_on_unions,
        "ours: unions and areas, CPU s": spent_on_unions,
        "largest relative difference": float((np.abs(covered - cut) / np.maximum(cut, 1.0)).max()),
        "shapely, union_all cut by grid, CPU s": straight,
        "shapely, disjoint_subset_union_all alone, CPU s": by_subsets,
    }
