"""A split and a merge of a town's grids, as far as a picture needs them."""

import geopandas as gpd
import shapely

from spatialgov.allocation import Limits, Recommendation, review
from spatialgov_maps.recommend_map import Advised

__all__ = ["advised"]


def advised(grids: gpd.GeoDataFrame) -> Advised:
    """Give what the page of recommendations shows for the fourth grid, and for the fifth and the sixth."""
    codes = grids["code"].tolist()
    split = Recommendation(
        kind="split", grids=(codes[3],), households_moved=260, before={codes[3]: 520},
        after={codes[3]: 260, f"{codes[3]}-2": 260}, moves={}, grids_gained=1, households_gained=20,
        reason="<b>full</b>", cost_minutes=7800.0,
    )  # fmt: skip
    merge = Recommendation(
        kind="merge", grids=(codes[4], codes[5]), households_moved=90, before={codes[4]: 90, codes[5]: 80},
        after={codes[4]: 170}, moves={}, grids_gained=1, households_gained=0, reason="small", needs=(1,),
    )  # fmt: skip
    west, south, east, north = grids.geometry.iloc[3].bounds
    line = shapely.LineString([(west, south), (east, north)])
    borders = gpd.GeoDataFrame({"number": [1], "kind": ["split"], "change": ["new"]}, geometry=[line], crs=4326)
    limits = Limits((300, 500), (0.0, 1e6))
    reviewed = review(grids, limits=limits)
    return Advised(
        reviewed, reviewed, [split, merge], grids.iloc[3:5].geometry, borders, limits, basis=["It stands on this."]
    )
