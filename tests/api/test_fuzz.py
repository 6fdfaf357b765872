"""A short run of ``make fuzz``: every answer to requests made from the API's document is one that it promises."""

import warnings

import pytest

from tests.soak import fuzz


@pytest.mark.filterwarnings("ignore")  # schemathesis uses what Starlette, hypothesis and others have deprecated
def test_answers_are_as_documented() -> None:
    fuzz.prepare()
    findings = fuzz.Findings()
    with warnings.catch_warnings(), fuzz.town_schema(fuzz.configuration(23, 320, 0, {}, quick=True)) as schema:
        fuzz.fuzz(schema, findings)
    assert findings.failures == {}
    assert findings.errors == []
    assert findings.cases > 200
    assert 200 in findings.statuses
    assert 422 in findings.statuses
