"""The cube: every slice and grouping equals what pandas and h3 count the straight way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import h3.api.numpy_int as h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.errors import InputError, StoreError
from spatialgov.incidents.cube import TIME_UNITS, Cube, Groups, LocalHours, Slice, TimeUnit, h3_groups, located_groups
from spatialgov.incidents.cube import _kernels as kernels
from spatialgov.locate import Locator

SHANGHAI, BERLIN, ST_JOHNS = (ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns"))
CODES = ("0101", "0202", "0303")
HOUR_US = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def frame_of(cube: Cube) -> pd.DataFrame:
    """Give the incidents as pandas has them."""
    return pd.DataFrame(
        {
            "id": cube.ids,
            "at": pd.to_datetime(cube.time_us, unit="us", utc=True),
            "until": pd.to_datetime(cube.until_us, unit="us", utc=True),
            "category": np.array(cube.categories, dtype=object)[cube.category],
        }
    )


def random_cube(n: int, seed: int = 0, *, begin: str = "2024-10-25", days: float = 400.0) -> Cube:
    rng = np.random.default_rng(seed)
    begin_us = int(pd.Timestamp(begin, tz="UTC").value // 1000)
    time_us = begin_us + rng.integers(0, max(int(days * 86_400e6), 1), n)
    return Cube.build(
        rng.permutation(n) + 1,
        time_us,
        time_us + rng.choice([0, 1, HOUR_US, HOUR_US + 1, 5 * HOUR_US, 24 * HOUR_US, 1000 * HOUR_US], n),
        rng.integers(0, len(CODES), n),
        116.6 + rng.normal(0, 0.01, n),
        33.9 + rng.normal(0, 0.01, n),
        CODES,
    )


def random_groups(n: int, keys: int, seed: int = 0) -> Groups:
    of = np.random.default_rng(seed).integers(-1, keys, n).astype(np.int32)
    return Groups(of, np.array([f"g{i}" for i in range(keys)]))


@st.composite
def choices(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what a slice can be chosen by, with limits on and between the incidents, before and after all of them."""
    day = st.integers(-3, 420).map(lambda days: datetime(2024, 10, 25, tzinfo=SHANGHAI) + timedelta(days=days, hours=5))
    return {
        "since": draw(st.none() | day),
        "until": draw(st.none() | day),
        "categories": draw(st.none() | st.lists(st.sampled_from([*CODES, "9999"]), unique=True)),
        "inside": draw(st.none() | st.integers(0, 3)),
        "open_hours": draw(st.none() | st.integers(0, 3)),
    }


def straight(frame: pd.DataFrame, chosen: dict[str, Any], zone: ZoneInfo) -> npt.NDArray[np.bool_]:
    """Choose row by row."""
    local = frame["at"].dt.tz_convert(zone)
    keep = np.ones(len(frame), dtype=bool)
    if chosen["since"] is not None:
        keep &= (frame["at"] >= chosen["since"]).to_numpy()
    if chosen["until"] is not None:
        keep &= (frame["at"] < chosen["until"]).to_numpy()
    if chosen["categories"] is not None:
        keep &= frame["category"].isin(chosen["categories"]).to_numpy()
    if chosen["inside"] is not None:
        keep &= chosen["inside"]
    if chosen["open_hours"] is not None:
        keep &= chosen["open_hours"][local.dt.day_of_week.to_numpy(), local.dt.hour.to_numpy()]
        keep &= hour_known(frame)
    return keep


def hour_known(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return (frame["until"] - frame["at"] <= pd.Timedelta(hours=1)).to_numpy(dtype=np.bool_)


def day_known(frame: pd.DataFrame, zone: ZoneInfo) -> npt.NDArray[np.bool_]:
    last = frame["until"].mask(frame["until"] > frame["at"], frame["until"] - pd.Timedelta("1us"))
    days = [times.dt.tz_convert(zone).dt.strftime("%Y-%m-%d").to_numpy() for times in (frame["at"], last)]
    return np.array(days[0] == days[1], dtype=np.bool_)


@settings(deadline=None, max_examples=60)
@given(choices(), st.sampled_from([0, 1, 3, 400]), st.sampled_from([SHANGHAI, BERLIN, ST_JOHNS]))
def test_any_slice_by_any_grouping_equals_pandas(chosen: dict[str, Any], n: int, zone: ZoneInfo) -> None:
    cube = random_cube(n)
    frame, groups, hours = frame_of(cube), random_groups(n, 7), LocalHours.of(cube.time_us, cube.until_us, zone)
    for name, shape in (("inside", n), ("open_hours", (7, 24))):
        if chosen[name] is not None:
            chosen = {**chosen, name: np.random.default_rng(chosen[name]).random(shape) < 0.6}
    found = cube.slice(**chosen, hours=hours)
    keep = straight(frame, chosen, zone)
    kept, number = frame[keep], groups.of[keep]
    assert found.total() == len(kept)
    np.testing.assert_array_equal(found.positions(), np.flatnonzero(keep))
    counts, none = found.counts(groups)
    np.testing.assert_array_equal(counts, np.bincount(number[number >= 0], minlength=7))
    assert none == (number < 0).sum()
    span = found.span()
    assert (span is None) == kept.empty
    if span is not None:
        assert span == (kept["at"].min(), kept["at"].max())
    local, to_hour, to_day = kept["at"].dt.tz_convert(zone), hour_known(kept), day_known(kept, zone)
    week, weekdays = np.zeros((8, 7, 24), dtype=np.int64), np.zeros((8, 7), dtype=np.int64)
    weekday, hour = local.dt.day_of_week.to_numpy(), local.dt.hour.to_numpy()
    np.add.at(week, (number[to_hour] + 1, weekday[to_hour], hour[to_hour]), 1)
    np.add.at(weekdays, (number[to_day] + 1, weekday[to_day]), 1)
    np.testing.assert_array_equal(found.counts_by_hour(), week.sum(axis=(0, 1)))
    np.testing.assert_array_equal(found.counts_by_hour(groups), week[1:].sum(axis=1))
    np.testing.assert_array_equal(found.counts_by_weekday(), weekdays.sum(axis=0))
    np.testing.assert_array_equal(found.counts_by_weekday(groups), weekdays[1:])
    np.testing.assert_array_equal(found.counts_by_hour_of_week(), week.sum(axis=0))
    np.testing.assert_array_equal(found.counts_by_hour_of_week(groups), week[1:])
    middle = datetime(2025, 3, 1, tzinfo=UTC)
    assert found.before(middle) == (kept["at"] < middle).sum()
    for unit in TIME_UNITS:
        due = to_hour if unit == "hour" else np.ones(len(kept), dtype=bool)
        alone, grouped = found.counts_over_time(unit), found.counts_over_time(unit, groups)
        check_over_time(alone, grouped, kept[due], number[due], unit, zone)


def check_over_time(alone: Any, grouped: Any, kept: pd.DataFrame, number: Any, unit: TimeUnit, zone: ZoneInfo) -> None:
    counts, starts = alone
    wall = kept["at"].dt.tz_convert(zone).dt.tz_localize(None)
    period = wall.dt.to_period({"hour": "h", "day": "D", "week": "W-SUN", "month": "M"}[unit]).dt.start_time
    straight = period.value_counts()
    assert counts.sum() == len(kept)
    assert {start: n for start, n in zip(starts, counts, strict=True) if n} == {
        np.datetime64(start, "h"): n for start, n in straight.items()
    }
    steps = np.unique(np.diff(starts))
    assert len(steps) <= (1 if unit != "month" else 4), "no unit is left out"
    by_group, same = grouped
    np.testing.assert_array_equal(same, starts)
    assert by_group.shape == (7, len(starts))
    np.testing.assert_array_equal(by_group.sum(axis=1), np.bincount(number[number >= 0], minlength=7))


def test_times_without_incidents_count_none() -> None:
    cube = Cube.build([1], [0], [0], [0], [116.6], [33.9], ["0101"])  # 1970-01-01, 8 h in Shanghai
    hours = LocalHours.of(cube.time_us, cube.until_us, SHANGHAI)
    whole = cube.slice(since=EPOCH - timedelta(days=2), until=EPOCH + timedelta(days=1), hours=hours)
    counts, starts = whole.counts_over_time("day")
    assert starts.astype("datetime64[D]").astype(str).tolist() == [f"19{d}" for d in
        ("69-12-30", "69-12-31", "70-01-01", "70-01-02")]  # fmt: skip
    assert counts.tolist() == [0, 0, 1, 0]
    counts, starts = whole.counts_over_time("week")
    assert starts.astype("datetime64[D]").astype(str).tolist() == ["1969-12-29"]
    assert counts.tolist() == [1]
    assert whole.counts_by_hour_of_week()[3, 8] == 1  # a Thursday
    counts, starts = cube.slice(hours=hours, until=EPOCH).counts_over_time("day")
    assert counts.shape == starts.shape == (0,)


def test_hours_of_the_clock_across_a_change_of_it() -> None:
    # Berlin, 2025-10-26: at 3 h summer time clocks go back to 2 h; 2026-03-29: from 2 h to 3 h
    utc = pd.DatetimeIndex(
        ["2025-10-26T00:30Z", "2025-10-26T01:30Z", "2025-10-26T02:30Z", "2026-03-29T00:59:59.999999Z",
         "2026-03-29T01:00Z", "2025-12-31T23:00Z"]
    )  # fmt: skip
    time_us, zeros = utc.as_unit("us").asi8, np.zeros(6)
    cube = Cube.build(np.arange(6), time_us, time_us, zeros, zeros, zeros, ["a"])
    hours = LocalHours.of(cube.time_us, cube.until_us, BERLIN)
    week = cube.slice(hours=hours).counts_by_hour_of_week()
    assert week[6].tolist() == [0, 1, 2, 2] + [0] * 20
    assert week[3, 0] == 1  # midnight of the new year, a Thursday
    counts, starts = cube.slice(hours=hours).counts_over_time("month")
    assert dict(zip(starts.astype("datetime64[M]").astype(str).tolist(), counts.tolist(), strict=True)) == {
        "2025-10": 3, "2025-11": 0, "2025-12": 0, "2026-01": 1, "2026-02": 0, "2026-03": 2,
    }  # fmt: skip
    for moment in utc:
        local = moment.tz_convert(BERLIN)
        expected = (local.tz_localize(None) - pd.Timestamp("1970-01-01")) // pd.Timedelta(hours=1)
        assert hours.at(moment.to_pydatetime()) == expected


@pytest.mark.parametrize("n", [0, 1, 10, 3000])
@pytest.mark.parametrize("resolution", [5, 9, 11])
def test_h3_cells_are_those_of_h3(n: int, resolution: int) -> None:
    cube = random_cube(n)
    groups = h3_groups(cube.lon, cube.lat, resolution)
    each = [h3.latlng_to_cell(lat, lon, resolution) for lon, lat in zip(cube.lon, cube.lat, strict=True)]
    assert groups.keys.tolist() == sorted(set(each))
    assert groups.keys[groups.of].tolist() == each
    assert groups.of.dtype == np.int32


def test_all_at_one_place_and_time() -> None:
    n = 10
    zeros = np.zeros(n)
    cube = Cube.build(np.arange(n), zeros, zeros, zeros, np.full(n, 116.6), np.full(n, 33.9), ["0101"])
    counts, none = cube.slice().counts(h3_groups(cube.lon, cube.lat, 15))
    assert (counts.tolist(), none) == ([n], 0)
    assert cube.slice(since=EPOCH).total() == n
    assert cube.slice(until=EPOCH).total() == 0
    assert cube.slice(since=EPOCH, until=EPOCH).total() == 0


def test_grids_are_those_of_the_locator() -> None:
    boxes = [shapely.box(116.59 + 0.01 * i, 33.88, 116.6 + 0.01 * i, 33.92) for i in range(3)]
    locator = Locator.build(gpd.GeoDataFrame({"code": ["a", "b", "c"]}, geometry=boxes, crs=4326))
    cube = random_cube(500)
    groups = located_groups(cube.lon, cube.lat, locator)
    assert groups.keys.tolist() == locator.codes
    each = [locator.locate(lon, lat) for lon, lat in zip(cube.lon, cube.lat, strict=True)]
    counts, none = cube.slice().counts(groups)
    assert counts.tolist() == [each.count(code) for code in "abc"]
    assert none == each.count(None) > 0


def test_pages_follow_one_another_in_the_order_of_the_ids() -> None:
    cube = random_cube(97)
    found = cube.slice(categories=["0101", "0303"])
    whole = sorted(frame_of(cube).query("category != '0202'")["id"])
    pages = [found.ids(start, start + 10).tolist() for start in range(0, 120, 10)]
    assert [i for page in pages for i in page] == whole
    assert found.ids(5, 6).tolist() == whole[5:6]
    assert found.ids(2**31 - 1, 2**31 + 10_000).tolist() == []
    assert random_cube(0).slice().ids(0, 10).tolist() == []


def test_two_cubes_make_one() -> None:
    whole, n = random_cube(300), 200
    rows = np.random.default_rng(1).permutation(300)
    names = np.array(whole.categories)

    def part(chosen: npt.NDArray[np.intp], codes: list[str]) -> Cube:
        numbers = [codes.index(code) for code in names[whole.category[chosen]]]
        ids, time_us, until_us = whole.ids[chosen], whole.time_us[chosen], whole.until_us[chosen]
        return Cube.build(ids, time_us, until_us, numbers, whole.lon[chosen], whole.lat[chosen], codes)

    first, second = part(rows[:n], ["0303", "0101", "0202"]), part(rows[n:], ["0101", "0404", "0303", "0202"])
    both = first.with_more(second)
    assert both.categories == ("0101", "0202", "0303", "0404")
    for column in ("ids", "time_us", "until_us", "lon", "lat", "category"):
        np.testing.assert_array_equal(getattr(both, column), getattr(whole, column))
    assert len(random_cube(0).with_more(random_cube(0))) == 0


def test_a_cube_of_the_same_incidents_has_the_same_order() -> None:
    """Groups are kept beside a cube by position: made anew, it must give many of the same midnight the same ones."""
    n = 50
    lon = np.arange(n, dtype=float)
    rows = np.random.default_rng(2).permutation(n)
    straight, mixed = (
        Cube.build(ids, np.zeros(n), np.full(n, 24 * HOUR_US), np.zeros(n), lon[ids], np.zeros(n), ["a"])
        for ids in (np.arange(n), rows)
    )
    assert straight.ids.tolist() == mixed.ids.tolist() == list(range(n))
    assert mixed.lon.tolist() == straight.lon.tolist()


def test_what_is_known_to_the_day_counts_on_its_day_and_at_no_hour() -> None:
    # in Shanghai: a day, a night, an hour across midnight, half an hour; all begin on Thursday, 1970-01-01
    begin = np.array([-8, 14, 15.5, 12]) * HOUR_US
    until = begin + np.array([24, 8, 1, 0.5]) * HOUR_US
    zeros = np.zeros(4)
    cube = Cube.build(np.arange(4), begin, until, zeros, zeros, zeros, ["a"])
    found = cube.slice(hours=LocalHours.of(cube.time_us, cube.until_us, SHANGHAI))
    hours = found.counts_by_hour_of_week()
    assert (hours.sum(), hours[3, 23], hours[3, 20]) == (2, 1, 1)
    assert found.counts_by_hour().tolist() == hours.sum(axis=0).tolist()
    assert found.counts_by_weekday().tolist() == [0, 0, 0, 2, 0, 0, 0]
    assert found.counts_over_time("day")[0].tolist() == [4]
    assert found.counts_over_time("hour")[0].sum() == 2
    assert found.total() == 4
    always = cube.slice(hours=found.hours, open_hours=np.ones((7, 24)))
    assert (always.total(), always.positions().tolist()) == (2, [1, 3])


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_round_trip_through_files(n: int, tmp_path: Path) -> None:
    cube = random_cube(n)
    cube.save(tmp_path / "a")
    opened = Cube.open(tmp_path / "a")
    assert opened.categories == cube.categories
    for column in ("ids", "time_us", "until_us", "lon", "lat", "category"):
        np.testing.assert_array_equal(getattr(opened, column), getattr(cube, column))
    groups = h3_groups(cube.lon, cube.lat, 9)
    groups.save(tmp_path / "b")
    again = Groups.open(tmp_path / "b")
    np.testing.assert_array_equal(again.keys, groups.keys)
    np.testing.assert_array_equal(opened.slice(categories=["0101"]).counts(again)[0],
                                  cube.slice(categories=["0101"]).counts(groups)[0])  # fmt: skip
    named = Groups(groups.of, np.array(["网格一", "b"]))
    named.save(tmp_path / "c")
    assert Groups.open(tmp_path / "c").keys.tolist() == ["网格一", "b"]
    with pytest.raises(ValueError, match="read-only"):
        opened.lon[:1] = 0.0


def test_a_damaged_or_foreign_file_is_refused(tmp_path: Path) -> None:
    cube = random_cube(1000)
    cube.save(tmp_path / "a")
    with pytest.raises(StoreError, match="not a file of groups"):
        Groups.open(tmp_path / "a")
    content = bytearray((tmp_path / "a").read_bytes())
    content[-5000] ^= 1
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        Cube.open(tmp_path / "a")


def ways(found: Slice) -> list[Callable[[], object]]:
    return [found.total, found.positions, found.counts_by_hour_of_week, found.counts_by_hour, found.counts_by_weekday]


def test_wrong_questions_are_named() -> None:
    cube = random_cube(10)
    with pytest.raises(InputError, match="no time zone"):
        cube.slice(since=datetime(2025, 1, 1))
    hours = LocalHours.of(cube.time_us, cube.until_us, SHANGHAI)
    with pytest.raises(InputError, match="not 7 × 24"):
        cube.slice(hours=hours, open_hours=np.ones(24))
    for ask in (*ways(cube.slice())[2:], *ways(cube.slice(open_hours=np.ones((7, 24))))):
        with pytest.raises(InputError, match="No clock"):
            ask()
    long = cube.slice(since=datetime(1900, 1, 1, tzinfo=UTC), until=datetime(2200, 1, 1, tzinfo=UTC), hours=hours)
    with pytest.raises(InputError, match="too many"):
        long.counts_over_time("hour", random_groups(10, 50))
    assert long.counts_over_time("month")[0].sum() == 10
    many = Groups(np.zeros(10, dtype=np.int32), np.arange(300_000))
    with pytest.raises(InputError, match="too many"):
        long.counts_by_hour_of_week(many)
    assert long.counts(many)[0][0] == 10


def test_the_kernel_equals_its_plain_twin() -> None:
    rng = np.random.default_rng(0)
    n, base = 500, 17
    category, hour = rng.integers(0, 4, n).astype(np.int32), (base + rng.integers(0, 30, n)).astype(np.int32)
    wanted, inside = rng.random(4) < 0.6, rng.random(n) < 0.7
    bin_of, group = rng.integers(-1, 3, 30).astype(np.int32), rng.integers(-1, 5, n).astype(np.int32)
    counts, twin = np.zeros((6, 3), dtype=np.int64), np.zeros((6, 3), dtype=np.int64)
    left_out = np.where(wanted, 0, -1).astype(np.int32)
    kernels.tally(20, 480, category, left_out, inside, hour, bin_of, base, group, counts)
    for i in range(20, 480):
        b = bin_of[hour[i] - base]
        if wanted[category[i]] and inside[i] and b >= 0:
            twin[group[i] + 1, b] += 1
    np.testing.assert_array_equal(counts, twin)
