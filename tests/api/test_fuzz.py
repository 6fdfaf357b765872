"""A short run of ``make fuzz``: every answer to requests made from the API's document is one that it promises."""

import warnings

import pytest


@pytest.mark.filterwarnings("ignore")  # schemathesis uses what Starlette, hypothesis and others have deprecated
@pytest.mark.parametrize("role", [None, "viewer"])
def test_answers_are_as_documented(role: str | None) -> None:
    from tests.soak import fuzz  # schemathesis is dear to import: for the process alone that runs these

    fuzz.prepare()
    findings = fuzz.Findings()
    with warnings.catch_warnings(), fuzz.town_schema(200, 0, role, quick=True) as schema:
        fuzz.fuzz(schema, findings)
    assert findings.failures == {}
    assert findings.errors == []
    assert findings.cases > 150
    assert {200, 422} <= findings.statuses.keys()
    assert role is None or 403 in findings.statuses
