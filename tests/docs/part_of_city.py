"""A part of the sample city, for pages whose commands take as long for each community as for the first."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from tests.docs.pages import ROOT

__all__ = ["leave_communities"]


def leave_communities(checkout: Path, codes: Sequence[str], *, files: Sequence[str]) -> None:
    """Leave in a checkout those of the sample city's files that are named, with what lies in some communities."""
    whole, part = ROOT / "data/boundaries/sample", checkout / "data/boundaries/sample"
    (checkout / "data").unlink()
    part.mkdir(parents=True)
    units = gpd.read_file(whole / "units.geojson")
    units = units[units["community_code"].isin(codes)]
    ground = units.union_all()
    for name in files:
        if name == "units.geojson":
            units.to_file(part / name)
        elif name.endswith(".geojson"):
            gpd.read_file(whole / name, mask=ground).to_file(part / name)
        else:
            table = pd.read_csv(whole / name, dtype=str, keep_default_na=False)
            if "lon" in table:
                there = shapely.contains_xy(ground, table["lon"].astype(float), table["lat"].astype(float))
            else:
                there = table["grid_code"].str[:12].isin(codes).to_numpy()
            table[there].to_csv(part / name, index=False)
