from datetime import UTC, datetime

import pytest

from spatialgov.errors import InputError, NothingPublishedError
from spatialgov.workspace import Period, Question, Workspace


def test_period_is_read_from_text() -> None:
    period = Period.parse("2026-05-01T00:00:00+08:00", "2026-06-01T00:00:00Z", ["0101"])
    assert period.since == datetime(2026, 4, 30, 16, tzinfo=UTC)
    assert period.until == datetime(2026, 6, 1, tzinfo=UTC)
    assert Period.parse(None, None, []) == Period()


@pytest.mark.parametrize(
    ("since", "until"), [("soon", None), ("2026-05-01", None), ("2026-05-02T00:00Z", "2026-05-01T00:00Z")]
)
def test_a_period_that_is_none_is_refused(since: str | None, until: str | None) -> None:
    with pytest.raises(InputError):
        Period.parse(since, until, [])


def test_periods_add_up(sample_workspace: Workspace) -> None:
    middle = datetime(2026, 1, 1, tzinfo=UTC)
    before = sample_workspace.analysis.incidents(Period(until=middle))
    after = sample_workspace.analysis.incidents(Period(since=middle))
    assert len(before) + len(after) == 60_000
    assert before["occurred_at"].max() < middle <= after["occurred_at"].min()


def test_an_unknown_category_is_named(sample_workspace: Workspace) -> None:
    with pytest.raises(InputError, match="'9999'"):
        sample_workspace.analysis.incidents(Period(categories=["9999"]))


def test_an_empty_store_says_that_nothing_is_published(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Workspace.open(tmp_path_factory.mktemp("empty")) as workspace:
        summary = workspace.analysis.summary()
        assert summary["jurisdiction"] is None
        assert summary["edition"] is None
        assert set(summary["counts"].values()) == {0}
        with pytest.raises(NothingPublishedError):
            workspace.advice.recommend(Question())
