"""The quality of incidents: what is counted, batch by batch as at once, and what is said about it."""

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from spatialgov.incidents import Quality, quality
from spatialgov.incidents.quality import QualityTally
from spatialgov.incidents.quality_remarks import remarks
from spatialgov.language import using_language


def incidents(n: int, seed: int = 1, **columns: Any) -> Any:
    """Make incidents of a year, spread evenly, to the second, each at a place of its own."""
    random = np.random.default_rng(seed)
    at = pd.Timestamp("2025-01-01", tz="Asia/Shanghai") + pd.to_timedelta(random.integers(0, 365 * 86_400, n), "s")
    nothing = pd.Series(pd.NaT, range(n), dtype="datetime64[us, Asia/Shanghai]")
    table = {
        "source_id": [f"S{i}" for i in range(n)],
        "category": "0101",
        "occurred_at": pd.Series(at).dt.as_unit("us"),
        "occurred_until": nothing,
        "time_precision": "exact",
        "reported_at": nothing,
        "location_source": "given",
    }
    places = gpd.points_from_xy(116 + random.random(n), 33 + random.random(n))
    return gpd.GeoDataFrame(table | columns, geometry=places, crs=4326)


def placeholders(found: Quality) -> dict[str, tuple[int, bool]]:
    return {one.kind: (one.rows, one.beyond > 0) for one in found.placeholders}


def test_rows_without_a_flaw() -> None:
    found = quality(incidents(5000))
    assert (found.rows, found.by_address, found.outside, found.piled, found.worst_points) == (5000, 0, None, 0, ())
    assert found.by_precision == {"exact": 5000, "hour": 0, "day": 0, "interval": 0}
    assert not any(beyond for _, beyond in placeholders(found).values())
    assert (found.reported, found.delay_median_h, found.near_duplicates) == (0, None, 0)
    assert found.unknown_categories == {}
    assert remarks(found) == []


@pytest.mark.parametrize("n", [0, 1, 10])
def test_few_rows(n: int) -> None:
    found = quality(incidents(n))
    assert found.rows == n
    assert remarks(found) == []
    json.dumps(found.as_dict())


def test_piles_and_their_places() -> None:
    frame = incidents(2000)
    frame.loc[:99, "geometry"] = gpd.points_from_xy([116.5], [33.25])[0]
    frame.loc[100:111, "geometry"] = gpd.points_from_xy([-70.5], [-33.25])[0]
    found = quality(frame)
    assert found.piled == 100, "twelve are less than a hundredth"
    assert [(round(one.lon, 7), round(one.lat, 7), one.rows) for one in found.worst_points] == [
        (116.5, 33.25, 100), (-70.5, -33.25, 12)
    ]  # fmt: skip
    (text,) = remarks(found)
    assert text.startswith("5.0% of the rows lie on points that hold many, most at 116.500000, 33.250000 (100 rows)")


def test_placeholder_times_are_those_beyond_what_is_expected() -> None:
    frame = incidents(6000)
    noon, start = frame.index[:300], frame.index[300:600]
    frame.loc[noon, "occurred_at"] = frame.loc[noon, "occurred_at"].dt.normalize() + pd.Timedelta(hours=12)
    frame.loc[start, "occurred_at"] = pd.Timestamp("2025-01-01T09:41:10", tz="Asia/Shanghai")
    found = placeholders(quality(frame))
    assert found["noon"][0] >= 300
    assert {kind for kind, (_, beyond) in found.items() if beyond} == {
        "on_the_hour", "noon", "first_of_month", "first_of_january"
    }  # fmt: skip
    text = " ".join(remarks(quality(frame)))
    assert "at 12:00" in text
    assert "on 1 January" in text
    assert "00:00" not in text


def test_a_time_that_is_said_to_be_rough_is_no_placeholder() -> None:
    frame = incidents(1000)
    frame["occurred_at"] = frame["occurred_at"].dt.normalize()
    assert placeholders(quality(frame))["midnight"] == (1000, True)
    frame = frame.assign(time_precision="day", occurred_until=frame["occurred_at"] + pd.Timedelta(days=1))
    found = quality(frame)
    assert placeholders(found)["midnight"] == (0, False)
    assert found.by_precision["day"] == 1000
    assert found.near_duplicates == 0


def test_late_reports() -> None:
    frame = incidents(100)
    delays = pd.Series([*[2.0] * 60, *[10.0] * 35, *[24.0 * 8] * 4, np.nan])
    frame["reported_at"] = frame["occurred_at"] + pd.to_timedelta(delays, "h")
    found = quality(frame)
    assert (found.reported, found.delay_median_h, found.delay_90_h, found.late) == (99, 2.0, 10.0, 4)
    assert "half of them within 2.0 hours, nine of ten within 10.0 hours; 4 after more than 7 days" in remarks(found)[0]
    # of what happened in an interval, the delay begins with its end
    frame["occurred_until"] = frame["occurred_at"] + pd.Timedelta(hours=6)
    assert quality(frame).delay_median_h == 0


def test_categories_that_the_list_does_not_have() -> None:
    frame = incidents(10).assign(category=["0101", "0199", "0710", "0710", "", "1", "01", "0501", "0602", "０１01"])
    assert quality(frame).unknown_categories == {"0710": 2, "": 1, "1": 1, "０１01": 1}
    assert quality(frame, categories=["0710", "01", "05"]).unknown_categories == {"": 1, "1": 1, "0602": 1, "０１01": 1}
    assert "0710 (2)" in remarks(quality(frame))[0]


def test_the_number_of_unknown_categories_that_are_told_apart_is_bounded() -> None:
    n = 3000
    found = quality(incidents(n).assign(category=[f"9{i}" for i in range(n)])).unknown_categories
    assert len(found) == 1001
    assert sum(found.values()) == n


def test_batch_by_batch_is_the_same() -> None:
    frame = incidents(4000)
    random = np.random.default_rng(2)
    frame.loc[:999, "geometry"] = frame.geometry.iloc[random.integers(0, 60, 1000)].to_numpy()
    frame["category"] = random.choice(["0101", "0502", "0999"], 4000)
    frame["occurred_at"] = frame["occurred_at"].dt.floor("20D")
    frame["reported_at"] = frame["occurred_at"] + pd.to_timedelta(random.integers(0, 300, 4000), "h")
    frame["grid_code"] = pd.Series("x", range(4000)).mask(random.random(4000) < 0.1, None)
    whole = quality(frame)
    assert whole.near_duplicates > 100
    assert whole.outside == frame["grid_code"].isna().sum()
    numbered = frame.assign(wall=frame["occurred_at"].dt.tz_localize(None), row=np.arange(1, 4001))
    tally = QualityTally()
    for part in np.array_split(np.arange(4000), 7):
        tally.add(numbered.iloc[part])
    assert tally.result() == whole


def test_rows_that_repeat_what_was_there() -> None:
    frame = incidents(3).assign(
        occurred_at=pd.to_datetime(["2026-05-01T10:00+08:00", "2026-05-01T10:20+08:00", "2026-05-02T10:00+08:00"]),
    )
    frame["geometry"] = frame.geometry.iloc[[0, 0, 1]].to_numpy()
    numbered = frame.assign(wall=frame["occurred_at"].dt.tz_localize(None), row=[1, 2, 5])
    tally = QualityTally()
    tally.add(numbered)
    assert [(one.row, one.of_row, one.of_id) for one in tally.repeats(10)] == [(2, 1, None)]
    later = frame.iloc[[2]].assign(source_id="there", occurred_at=frame["occurred_at"].iloc[2] + pd.Timedelta("50min"))
    tally.add_before(pd.concat([frame, later]))
    assert [(one.row, one.of_row, one.of_id) for one in tally.repeats(10)] == [(2, 1, None), (5, None, "there")]
    assert tally.result().near_duplicates == 2
    assert len(tally.repeats(1)) == 1
    assert tally.period is not None
    assert tally.period[0] <= pd.Timestamp("2026-05-01T09:00+08:00")
    assert tally.period[1] > pd.Timestamp("2026-05-02T11:00+08:00")


def test_it_speaks_chinese() -> None:
    frame = incidents(100).assign(category="77", location_source="address")
    with using_language("zh"):
        texts = remarks(quality(frame))
    assert texts[0].startswith("100 行（100.0%）的类别不在现行类别表中：77 (100)。")
    assert texts[1] == "100 行（100.0%）按地址定位。"
