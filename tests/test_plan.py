import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.errors import InputError, MissingColumnError, NotFoundError, UnreadableFileError
from spatialgov.measures import MEASURES, Tally
from spatialgov.plan import Plan, PlanSettings
from spatialgov.plan_codes import with_stable_codes
from spatialgov.plan_files import cut_units, read_plan
from spatialgov.projection import metric_frame
from spatialgov.vector_io import read_vector

Lattice = Callable[..., Plan]
SQUARES = ["aabb", "aabb", "ccdd", "ccdd"]
EVEN = [[10] * 4] * 4


def test_grids_are_the_dissolved_units(lattice: Lattice) -> None:
    plan = lattice(EVEN, SQUARES)
    grids = plan.grids()
    assert grids["households"].tolist() == [40] * 4
    assert grids["n_units"].tolist() == [4] * 4
    assert shapely.coverage_is_valid(grids.geometry.to_numpy())
    parts = metric_frame(plan.units.frame, plan.units.crs).area.groupby(plan.labels).sum()
    assert metric_frame(grids, plan.units.crs).area.to_numpy() == pytest.approx(parts.to_numpy(), rel=1e-12)


def test_measures_equal_the_geometry(lattice: Lattice) -> None:
    plan = lattice([[10, 20, 30, 40]], ["aabb"])
    metrics = plan.metrics()
    assert list(metrics) == list(MEASURES)
    assert metrics["max_deviation_pct"] == pytest.approx(100 * (400 - 30) / 400)
    assert metrics["mean_deviation_pct"] == pytest.approx(100 * (1 - 50 / 400))
    assert metrics["cut_length_m"] == pytest.approx(100)
    assert metrics["non_contiguous"] == metrics["gaps"] == metrics["overlaps"] == 0


def test_a_dedicated_grid_is_exempt_from_balance(lattice: Lattice) -> None:
    plan = lattice([[10, 400]], ["ab"], kinds={"a": "dedicated"})
    assert plan.metrics()["max_deviation_pct"] == 0


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 15), st.sampled_from("abcdef")), min_size=1, max_size=12), st.data())
def test_a_moved_plan_equals_one_made_afresh(
    lattice: Lattice, steps: list[tuple[int, str]], data: st.DataObject
) -> None:
    plan = lattice(EVEN, SQUARES)
    plan.tally  # noqa: B018 (so that children update it instead of computing it)
    cut = data.draw(st.integers(0, len(steps)))
    for part in (steps[:cut], steps[cut:]):
        plan = plan.move({f"u{unit}": code for unit, code in part})
    afresh = Plan.from_assignment(plan.units, plan.assignment(), plan.settings)
    assert plan.assignment().to_dict() == afresh.assignment().to_dict()
    assert sorted(plan.codes) == afresh.codes
    order = np.argsort(plan.codes)
    for name in Tally.__dataclass_fields__:
        assert getattr(plan.tally, name)[order] == pytest.approx(getattr(afresh.tally, name)), name


def test_a_move_leaves_the_parent_as_it_was(lattice: Lattice) -> None:
    plan = lattice(EVEN, SQUARES)
    child = plan.move({"u0": "b"})
    assert plan.assignment()["u0"] == "a"
    assert child.assignment()["u0"] == "b"
    assert child.parent is plan
    assert dict(child.moves) == {"u0": "b"}


def test_a_grid_without_units_goes_and_a_new_code_comes(lattice: Lattice) -> None:
    plan = lattice([[1, 2, 3]], ["abc"])
    assert plan.move({"u0": "b"}).codes == ["b", "c"]
    assert sorted(plan.move({"u0": "new"}).codes) == ["b", "c", "new"]


def test_unknown_unit_is_named(lattice: Lattice) -> None:
    with pytest.raises(NotFoundError, match="u99"):
        lattice([[1, 2]], ["ab"]).move({"u99": "a"})


def test_faults_name_kind_grid_and_place(lattice: Lattice) -> None:
    plan = lattice([[1, 2, 3, 4]], ["aba."], parents=["PPQQ"])
    by_kind = {fault.kind: fault for fault in plan.faults()}
    assert set(by_kind) == {"unassigned", "not_contiguous", "not_nested"}
    assert by_kind["unassigned"].item == "u3"
    assert by_kind["not_contiguous"].item == "a"
    west, south, east, north = plan.units.frame.total_bounds
    for fault in by_kind.values():
        assert fault.remedy
        assert west < (fault.lon or 0) < east
        assert south < (fault.lat or 0) < north


@pytest.mark.parametrize(
    "bad", [{"balance": "cars"}, {"target": 0.0}, {"tolerance": float("inf")}, {"max_area_m2": -1.0}]
)
def test_settings_are_checked(bad: dict[str, object]) -> None:
    with pytest.raises(InputError):
        PlanSettings(**bad)  # type: ignore[arg-type]


# Files


def test_a_plan_is_read_back_from_its_file(lattice: Lattice, tmp_path: Path) -> None:
    plan = lattice(EVEN, SQUARES, kinds={"d": "dedicated"})
    plan.write(tmp_path / "plan.gpkg")
    layers = dict(pyogrio.list_layers(tmp_path / "plan.gpkg"))
    assert set(layers) == {"grids", "units"}
    grids = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="grids")
    assert [*grids.columns] == [
        "code", "name", "kind", "parent_code", "households", "population", "area_m2", "n_units", "geometry",
    ]  # fmt: skip
    units = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="units", read_geometry=False)
    assert [*units.columns] == ["unit_id", "grid_code"]
    again = read_plan(tmp_path / "plan.gpkg", plan.units, plan.settings)
    assert again.assignment().to_dict() == plan.assignment().to_dict()
    pd.testing.assert_frame_equal(again.table, plan.table, check_dtype=False)


def test_a_plan_is_read_back_from_its_shapefiles(lattice: Lattice, tmp_path: Path) -> None:
    plan = lattice(EVEN, SQUARES, kinds={"d": "dedicated"})
    plan.table["name"] = [
        f"第{i}网格（青岚大学专属网格，东至望桥路，西至沿河路，南至铁路，北至农贸市场及其北侧绿地）" for i in range(4)
    ]
    plan.units.frame["subdistrict_code"] = plan.units.frame["subdistrict_name"] = "990101001000"
    file = tmp_path / "plan.zip"
    plan.write(file)
    with zipfile.ZipFile(file) as archive:
        assert {"grids.prj", "grids.cpg", "units.prj", "units.cpg"} <= set(archive.namelist())
        assert archive.read("grids.cpg") == b"UTF-8"
    units = read_vector(file, layer="units").frame
    assert {"unit_id", "households", "grid_code", "subdistr", "subdistric"} <= set(units)
    assert shapely.equals(units.geometry.to_numpy(), plan.units.frame.geometry.to_numpy()).all()
    again = read_plan(file, plan.units, plan.settings)
    assert again.assignment().to_dict() == plan.assignment().to_dict()
    pd.testing.assert_frame_equal(again.table, plan.table, check_dtype=False)
    assert cut_units(file, again) == []
    with pytest.raises(InputError, match="no layer “roads”"):
        read_vector(file, layer="roads")


def test_plan_files_that_cannot_be_used_are_refused(lattice: Lattice, tmp_path: Path) -> None:
    plan = lattice([[1, 2]], ["ab"])
    settings_ = plan.settings
    file = tmp_path / "plan.csv"
    file.write_text("unit_id,grid_code\nu0,a\nu0,b\n")
    with pytest.raises(InputError, match=r"Row 2.*u0.*twice"):
        read_plan(file, plan.units, settings_)
    file.write_text("unit_id,code\nu0,a\n")
    with pytest.raises(MissingColumnError, match="grid_code"):
        read_plan(file, plan.units, settings_)
    file.write_text("unit_id,grid_code\nnobody,a\n")
    with pytest.raises(NotFoundError, match="nobody"):
        read_plan(file, plan.units, settings_)
    with pytest.raises(UnreadableFileError, match=r"missing\.gpkg"):
        read_plan(tmp_path / "missing.gpkg", plan.units, settings_)


# Codes


def test_unchanged_grids_keep_their_code_and_new_ones_take_free_numbers(lattice: Lattice) -> None:
    today = lattice(EVEN, SQUARES).assignment()
    current = {str(unit): {"a": "P001", "b": "P002", "c": "P003", "d": "P004"}[code] for unit, code in today.items()}
    # the new plan numbers the same two squares in the north differently and cuts the south into three
    plan = lattice(EVEN, ["xxyy", "xxyy", "zvvw", "zvvw"])
    stable = with_stable_codes(plan, current, taken=set(current.values()) | {"P005"})
    named = dict(zip(plan.codes, stable.codes, strict=True))
    assert named["x"] == "P001"
    assert named["y"] == "P002"
    assert {named[c] for c in "zvw"} == set("zvw"), "codes that nobody ever had stay"


def test_a_code_never_gets_another_meaning(lattice: Lattice) -> None:
    rows = ["P001", "P002"]
    plan = lattice([[1, 2, 3, 4]], ["aabb"])
    renamed = plan.move({"u0": rows[0], "u1": rows[0], "u2": rows[1], "u3": rows[1]})
    current = {"u0": "P002", "u1": "P002", "u2": "P001", "u3": "P003"}
    stable = with_stable_codes(renamed, current, taken={"P001", "P002", "P003", "P004"})
    assert stable.assignment().to_dict() == {"u0": "P002", "u1": "P002", "u2": "P005", "u3": "P005"}


def test_a_grid_that_lost_a_unit_keeps_its_code(lattice: Lattice) -> None:
    plan = lattice([[1, 2, 3, 4, 5, 6]], ["aaabbb"])
    edited = plan.move({"u2": "b"})
    stable = with_stable_codes(edited, plan.assignment(), taken={"a", "b"})
    assert stable.codes == ["a", "b"]
