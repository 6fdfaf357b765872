"""The three maps on the made-up town: what they say, in both languages."""

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spatialgov.incidents import HeatMap
from spatialgov.language import using_language
from spatialgov_maps import formats
from spatialgov_maps.base import html
from spatialgov_maps.context import Context
from spatialgov_maps.heat_map import density_limits, heat_map
from spatialgov_maps.plan_map import deviation_pct, plan_map
from spatialgov_maps.recommend_map import recommend_map
from tests.maps.advised import advised


@pytest.fixture(params=["en", "zh"])
def chinese(request: pytest.FixtureRequest) -> Any:
    with using_language(request.param):
        yield request.param == "zh"


def layers(text: str) -> list[dict[str, Any]]:
    return [json.loads(spec) for spec in re.findall(r"spatialgov\.layer\((\{.*\})\);", text)]


def legends(text: str) -> dict[str, dict[str, Any]]:
    found = re.search(r"spatialgov\.legends\(\w+, \[(.*?)\n\s*\]\);", text, flags=re.DOTALL)
    assert found is not None
    specs = [json.loads(spec) for spec in re.findall(r"\[\w+, (\{.*\})\],", found[1])]
    return {spec["title"]: spec for spec in specs}


def test_plan_map_tells_all_about_each_grid(town: Any, chinese: bool) -> None:
    text = html(plan_map(town.grids, context=town.context))
    grids, balance = layers(text)[:2]
    expected = (
        ["编码", "类型", "社区", "户数", "人口", "面积", "基本单元", "户数偏差"]
        if chinese
        else [
            "Code",
            "Kind",
            "Community",
            "Households",
            "Population",
            "Area",
            "Basic units",
            "Deviation of households",
        ]
    )
    assert grids["rows"] == balance["rows"] == expected
    first = grids["features"][0]["properties"]
    assert first["h"] == ("第1网格" if chinese else "Hedong, 001")
    assert first["v"][0] == town.grids["code"][0]
    assert first["v"][2] == ("河东社区" if chinese else "Hedong")
    assert first["v"][3:6] == ["250", "700", "16.0 ha"]
    assert first["v"][7] == formats.percent(deviation_pct(town.grids)[0], signed=True)
    assert first["l"] == "001"
    assert len(grids["features"]) == len(balance["features"]) == len(town.grids)


def test_plan_map_tells_the_workload_where_it_is_known(town: Any, chinese: bool) -> None:
    grids = town.grids.assign(workload=480.0)
    drawn = layers(html(plan_map(grids, balance="workload", target=400)))[1]
    assert drawn["rows"][-3] == ("工作量（分钟/日）" if chinese else "Workload, minutes a day")
    assert drawn["rows"][-1] == ("工作量偏差" if chinese else "Deviation of workload")
    assert drawn["features"][0]["properties"]["v"][-3:] == ["480", formats.count(grids["n_units"][0]), "+20.0 %"]


def test_the_balance_layer_shows_the_exempt_grid_apart(town: Any, chinese: bool) -> None:
    text = html(plan_map(town.grids))
    balance = layers(text)[1]
    styles = [feature["properties"]["s"] for feature in balance["features"]]
    exempt = len(balance["styles"]) - 1
    assert [i for i, style in enumerate(styles) if style == exempt] == [7]
    legend = legends(text)["户数偏差" if chinese else "Deviation of households"]
    assert legend["items"][-1]["label"] == ("不参与均衡" if chinese else "exempt from balance")
    assert "%" in legend["items"][0]["label"]


def test_deviation_is_from_the_mean_of_the_parent_or_from_the_target(town: Any) -> None:
    grids = town.grids
    general = grids[grids["kind"] == "general"]
    off = deviation_pct(grids)
    mean = general[general["parent_code"] == grids["parent_code"][0]]["households"].mean()
    assert off[0] == pytest.approx((250 - mean) / mean * 100)
    assert np.isnan(off[7])
    assert deviation_pct(grids, "population", 1000)[0] == pytest.approx(-30)
    nobody = grids.assign(households=0)
    assert np.isnan(deviation_pct(nobody)).all()
    html(plan_map(nobody))


def test_units_are_a_layer_that_is_off_at_first(town: Any) -> None:
    units = town.grids.rename(columns={"code": "unit_id"})
    without, with_units = html(plan_map(town.grids)), html(plan_map(town.grids, units))
    assert len(layers(with_units)) == len(layers(without)) + 1
    assert with_units.count(".addTo(map_") == without.count(".addTo(map_")


def test_heat_map_says_its_unit_and_what_is_suppressed(town: Any, chinese: bool) -> None:
    text = html(heat_map(town.heat, town.spots, context=town.context))
    legend = legends(text)["每平方公里事件数" if chinese else "Incidents per km²"]
    assert f"{town.heat.suppressed:,}" in legend["note"]
    assert ("少于 5 起" if chinese else "fewer than 5") in legend["note"]
    cells = layers(text)[0]
    assert len(cells["features"]) == len(town.heat.cells)
    spots = layers(text)[-1]["features"]
    assert [spot["properties"]["l"] for spot in spots] == town.spots.spots["rank"].astype(str).tolist()
    assert len(spots) >= 1


def test_heat_map_without_any_incident(town: Any) -> None:
    empty = HeatMap(town.heat.cells.iloc[:0], 0, 10, 3)
    assert len(layers(html(heat_map(empty)))) == 0
    html(heat_map(empty, context=town.context))


@pytest.mark.parametrize(
    "values", [[5.0], [3.0] * 50, np.arange(1, 9), np.geomspace(10, 20_000, 500), np.linspace(200, 260, 40)]
)
def test_density_limits_rise_and_lie_within(values: Any) -> None:
    limits = density_limits(values)
    assert limits == sorted(set(limits))
    assert 1 <= len(limits) <= 5
    assert min(values) * 0.5 <= limits[0]
    assert limits[-1] <= max(values) * 2


def test_context_may_be_left_out(town: Any) -> None:
    assert len(layers(html(plan_map(town.grids, context=Context(roads=town.context.roads))))) == 4


@pytest.mark.parametrize(
    ("area_m2", "text"), [(950.4, "950 m²"), (10_000, "1.0 ha"), (2_345_678, "2.35 km²"), (float("nan"), "")]
)
def test_areas_read_well(area_m2: float, text: str) -> None:
    assert formats.area(area_m2) == text


def test_percentages_have_a_real_minus() -> None:
    assert formats.percent(-3.21, signed=True) == "\u22123.2 %"
    assert formats.percent(3.21, signed=True) == "+3.2 %"
    assert formats.percent(float("nan")) == formats.count(float("nan")) == ""


def test_recommend_map_numbers_what_to_change(town: Any, chinese: bool) -> None:
    text = html(recommend_map(advised(town.grids), context=town.context))
    *staying, split, merge = layers(text)[0]["features"]
    changes = [split, merge]
    assert len(staying) == len(town.grids)
    assert [change["properties"]["l"] for change in changes] == ["1", "2"]
    assert changes[0]["properties"]["h"] == ("1. 拆分" if chinese else "1. Split")
    assert changes[0]["properties"]["n"] == "<b>full</b>"
    assert changes[0]["properties"]["v"][1:3] == ["004: 520", "004: 260, 004-2: 260"]
    shown = legends(text)
    labels = [item["label"] for item in shown["调整内容" if chinese else "What to change"]["items"]]
    assert labels == (["拆分", "合并", "网格"] if chinese else ["Split", "Merge", "Grid"])
    assert {"调整前", "调整后"} < shown.keys() if chinese else {"Before", "After"} < shown.keys()
    assert [spec["rows"] != [] for spec in layers(text)[:3]] == [True] * 3


def test_recommend_map_lists_what_to_change(town: Any, chinese: bool) -> None:
    text = html(recommend_map(advised(town.grids), context=town.context))
    first, second = re.findall(r"<li data-number.*?</li>", text, flags=re.DOTALL)
    assert "&lt;b&gt;full&lt;/b&gt;" in first
    assert "004: 520 → 004: 260, 004-2: 260" in first
    assert ("130 小时" if chinese else "130 h") in first
    assert ("须先采纳 1。" if chinese else "After 1.") in second
    assert "It stands on this." in text


def test_without_recommendations_the_page_says_so(town: Any) -> None:
    all_of_it = advised(town.grids)
    nothing = replace(
        all_of_it, recommendations=[], ground=all_of_it.borders.iloc[:0].geometry, borders=all_of_it.borders.iloc[:0]
    )
    text = html(recommend_map(nothing))
    assert len(layers(text)) == 1
    assert "No change brings a grid inside its limits." in text
    inside = nothing.before.assign(broken="")
    assert "every grid keeps its limits" in html(recommend_map(replace(nothing, before=inside, after=inside)))


def test_a_plan_without_grids_is_an_empty_map(town: Any) -> None:
    assert len(layers(html(plan_map(town.grids.iloc[:0])))) == 2


def test_a_community_without_an_english_name_keeps_its_own(town: Any) -> None:
    jurisdictions = town.context.jurisdictions.assign(name_en=["", "Hexi"])
    with using_language("en"):
        text = html(plan_map(town.grids, context=Context(jurisdictions)))
    assert layers(text)[0]["features"][0]["properties"]["h"] == "河东社区, 001"
    assert [f["properties"]["l"] for f in layers(text)[-1]["features"]] == ["河东社区", "Hexi"]
