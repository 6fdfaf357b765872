"""Whether two results are the same, to the last bit."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

__all__ = ["assert_same"]


def assert_same(one: Any, other: Any) -> None:
    """Compare dataclasses, mappings, sequences, frames and arrays, shapes by every coordinate."""
    left, right = dict(_leaves(one, "")), dict(_leaves(other, ""))
    assert list(left) == list(right)
    assert [name for name in left if left[name] != right[name]] == []


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Give all that a value is made of, each with where it is: what can be compared."""
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, pd.DataFrame):
        value = {str(column): value[column].to_numpy() for column in value} | {"index": value.index.to_numpy()}
    elif isinstance(value, (list, tuple)):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}")
        return
    array = np.asarray(value)
    if array.dtype != object:
        yield name, (array.dtype.str, array.shape, array.tobytes())
    elif all(isinstance(item, shapely.Geometry) for item in array.flat):
        yield name, [shapely.to_wkb(item) for item in array.flat]
    else:
        yield name, [repr(item) for item in array.flat]
