"""Faults as mappings and tables."""

import pytest

from spatialgov.faults import Fault, errors_only, faults_frame

FAULTS = [
    Fault("negative_count", "“households” is negative: -5.", "Correct it.", row=3, column="households", item="u3"),
    Fault("island", "It shares a border with no other.", severity="warning", row=7, item="u7", lon=116.4, lat=33.9),
]


def test_only_errors_stop_the_work() -> None:
    assert errors_only(FAULTS) == FAULTS[:1]
    assert errors_only([]) == []


def test_a_fault_as_mapping() -> None:
    assert FAULTS[1].as_dict() == {
        "kind": "island",
        "message": "It shares a border with no other.",
        "remedy": "",
        "severity": "warning",
        "row": 7,
        "column": None,
        "item": "u7",
        "lon": 116.4,
        "lat": 33.9,
    }
    with pytest.raises(AttributeError):
        FAULTS[0].row = 4  # type: ignore[misc]


def test_faults_as_table() -> None:
    table = faults_frame(FAULTS)
    assert list(table.columns) == list(FAULTS[0].as_dict())
    assert list(table["kind"]) == ["negative_count", "island"]
    assert list(faults_frame([]).columns) == list(table.columns)
