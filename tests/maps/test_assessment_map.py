"""The map of an assessment, on a small town: colours say who is apart, tooltips with which interval."""

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spatialgov.allocation.assessment import Facts, assess
from spatialgov.language import Language, using_language
from spatialgov_maps.assessment_map import assessment_map
from spatialgov_maps.base import html


def table(codes: list[str]) -> pd.DataFrame:
    """Give an assessment in which the first grid closes little, and nothing is known of the last."""
    rng = np.random.default_rng(0)
    grid = np.repeat(np.arange(len(codes) - 1), 60)
    done = rng.random(len(grid)) < np.where(grid == 0, 0.2, 0.9)
    incidents = pd.DataFrame(
        {"grid": grid, "category": "0101", "work_minutes": 20.0, "closed": done, "took_minutes": np.nan,
         "limit_passed": False, "in_time": False, "closed_level": ""}
    )  # fmt: skip
    kinds = np.full(len(codes), "general-urban", dtype=object)
    found, _ = assess(codes, kinds, Facts(len(codes), 31.0, incidents))
    return found[found["indicator"].isin(["incidents", "closure"])]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_is_apart_is_seen(town: Any, language: Language) -> None:
    grids = town.grids
    codes = grids["code"].tolist()
    with using_language(language):
        text = html(assessment_map(grids, table(codes), period="2026-10", context=town.context))
    chinese = language == "zh"
    layers = [json.loads(found) for found in re.findall(r"spatialgov\.layer\((\{.*\})\);", text)]
    counts, closure = (one for one in layers if ("估计值" if chinese else "Estimate") in one["rows"])
    assert len({feature["properties"]["s"] for feature in counts["features"][:-1]}) == 1  # all as their peers
    first, last = closure["features"][0]["properties"], closure["features"][-1]["properties"]
    told = dict(zip(closure["rows"], first["v"], strict=True))
    assert told["编码" if chinese else "Code"] == codes[0]
    assert told["结论" if chinese else "Verdict"] == ("低于同类（较差）" if chinese else "below its peers (worse)")
    assert " – " in told["区间" if chinese else "Interval"]
    nothing = dict(zip(closure["rows"], last["v"], strict=True))
    assert nothing["结论" if chinese else "Verdict"] == ("无数据" if chinese else "no data")
    drawn = [feature["properties"]["s"] for feature in closure["features"]]
    assert drawn.count(drawn[0]) == 1
    assert "2026-10" in text
