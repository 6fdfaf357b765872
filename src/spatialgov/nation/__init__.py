"""A nation of cities: each with a locator file of its own, and a router that knows which of them to ask."""

from spatialgov.nation.synthetic import COUNTS, Counts, SyntheticNation
from spatialgov.nation.table import Entry, Found, NationalTable, Places

__all__ = ["COUNTS", "Counts", "Entry", "Found", "NationalTable", "Places", "SyntheticNation"]
