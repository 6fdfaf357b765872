"""Whatever a file holds, a loader takes its rows or refuses in words, and a refusal leaves the store as it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.errors import SpatialGovError
from spatialgov.workspace import Workspace

HOSTILE = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
NUMBERS = ["1e400", "-1e400", "1e308", "NaN", "Infinity", "9" * 400, "9" * 5000, "5e-324", "0x10"]
TEXTS = ['"\\ud800"', '"\\u0000"', '""', '"=1+1"', '"\'; DROP TABLE incident; --"', '"' + "9" * 5000 + '"', '" "']
OTHERS = ["null", "true", "[1]", '{"a":1}', "[" * 500 + "]" * 500]
VALUES = st.sampled_from([*NUMBERS, *TEXTS, *OTHERS]) | st.text(max_size=8).map(json.dumps)
SOUND = {
    "units": {"unit_id": '"u"', "households": "5", "population": "9", "workload": "1.5", "community_code": '"990101"'},
    "incidents": {"source_id": '"a"', "category": '"0101"', "occurred_at": '"2026-05-01T08:00:00+08:00"',
                  "occurred_until": '"2026-05-01T09:00:00+08:00"', "time_precision": '"hour"', "accuracy_m": "5",
                  "reported_at": '"2026-05-01T10:00:00+08:00"', "address": '"人民路1号"', "location_source": '"given"',
                  "status": '"closed"', "closed_at": '"2026-05-02T08:00:00+08:00"', "channel": '"patrol"'},
    "cameras": {"camera_id": '"c"', "kind": '"dome"', "height_m": "5", "azimuth_deg": "90", "fov_deg": "60",
                "range_m": "50", "status": '"in_service"', "owner": '"police"', "post_id": '"m"', "tilt_deg": "10",
                "gb_code": '"34020000001320000001"', "azimuth_error_deg": "5", "width_px": "1920"},
    "addresses": {"address_id": '"a"', "street": '"人民路"', "number": '"1号"', "building": '"2幢"'},
    "buildings": {"building_id": '"b"', "kind": '"house"', "height_m": "6", "storeys": "2"},
    "barriers": {"barrier_id": '"b"', "kind": '"river"', "name": '"河"', "effect": '"hard"'},
    "jurisdictions": {"code": '"990101000000"', "level": '"district"', "name": '"区"', "parent_code": '""'},
}  # fmt: skip
X, Y = "116.4", "33.9"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace.open(tmp_path_factory.mktemp("store")) as opened:
        yield opened


def content(workspace: Workspace) -> object:
    store = workspace.store
    layers = [len(store.layer(kind)) for kind in ("buildings", "barriers", "addresses")]
    return store.counts(), len(store.unit_sets()), layers, len(store.jurisdictions())


def feature(kind: str, changed: dict[str, str], x: str, y: str) -> str:
    cells = ",".join(f"{json.dumps(name)}:{value}" for name, value in {**SOUND[kind], **changed}.items())
    shape = f'{{"type":"Point","coordinates":[{x},{y}]}}'
    if kind not in ("incidents", "cameras", "addresses"):
        ring = f"[[{x},{y}],[116.5,33.9],[116.5,34.0],[{x},{y}]]"
        line = kind == "barriers"
        shape = f'{{"type":"{"LineString" if line else "Polygon"}","coordinates":{ring if line else f"[{ring}]"}}}'
    return f'{{"type":"Feature","geometry":{shape},"properties":{{{cells}}}}}'


def load(workspace: Workspace, kind: str, path: Path) -> Any:
    if kind in ("units", "incidents", "cameras", "jurisdictions"):
        return getattr(workspace.imports, kind)(path)
    return workspace.imports.layer(kind, path)


@HOSTILE
@given(data=st.data(), kind=st.sampled_from(sorted(SOUND)))
def test_any_cell_is_taken_or_refused_in_words(workspace: Workspace, data: Any, kind: str) -> None:
    names = st.sampled_from(sorted(SOUND[kind]))
    changed = data.draw(st.dictionaries(names, VALUES, max_size=2))
    x, y = data.draw(st.just((X, Y)) | st.tuples(st.sampled_from(NUMBERS), st.just(Y)) | st.tuples(VALUES, VALUES))
    path = workspace.data_dir / "odd.geojson"
    rows = [feature(kind, {}, X, Y)] * data.draw(st.integers(0, 2)) + [feature(kind, changed, x, y)]
    path.write_text(f'{{"type":"FeatureCollection","features":[{",".join(rows)}]}}', "utf-8")
    before = content(workspace)
    try:
        load(workspace, kind, path)
    except SpatialGovError as error:
        assert error.message  # noqa: PT017 - both ways out are right
        assert content(workspace) == before
