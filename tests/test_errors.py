"""The errors: one root, one stable code a class, a message with its remedy."""

import pytest

from spatialgov import errors
from spatialgov.errors import FaultyDataError, InputError, SpatialGovError, UnreadableFileError
from spatialgov.faults import Fault

CLASSES = [getattr(errors, name) for name in errors.__all__]


def test_all_errors_have_one_root_and_a_code_of_their_own() -> None:
    assert all(issubclass(cls, SpatialGovError) for cls in CLASSES)
    codes = [cls.code for cls in CLASSES]
    assert len(set(codes)) == len(codes)
    assert all(code.replace("_", "").isalpha() and code.islower() for code in codes)


def test_message_and_remedy() -> None:
    error = UnreadableFileError("units.gpkg is empty.", remedy="Export it again.")
    assert (error.message, error.remedy) == ("units.gpkg is empty.", "Export it again.")
    assert str(error) == "units.gpkg is empty. Export it again."
    assert str(InputError("No unit.")) == "No unit."
    with pytest.raises(InputError):
        raise error


def test_faulty_data_carries_its_faults() -> None:
    faults = [Fault("gap", f"Gap {i}.") for i in range(7)]
    error = FaultyDataError("7 faults.", tuple(faults), remedy="Mend them.")
    assert error.faults == faults
    lines = [line.strip() for line in str(error).splitlines()]
    assert lines == ["7 faults.", "Gap 0.", "Gap 1.", "Gap 2.", "Gap 3.", "Gap 4.", "… (+2)", "Mend them."]
