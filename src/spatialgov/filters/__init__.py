"""Conditions on the rows of a frame in CQL2, the query language of the OGC (21-065r2)."""

from spatialgov.filters.conditions import Condition, Filter, Kind
from spatialgov.filters.parsing import parse_json, parse_text

__all__ = ["Condition", "Filter", "Kind", "parse_json", "parse_text"]
