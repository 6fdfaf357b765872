"""A query made for a request ends at the request's deadline, on both backends; one that is made for none may go on."""

import time

import pytest
import sqlalchemy as sa

from spatialgov.errors import TimeLimitError
from spatialgov.store import Store
from spatialgov.time_limit import time_limit

ENDLESS = sa.text(
    "WITH RECURSIVE n(x) AS (SELECT 1.0 UNION ALL SELECT x + 1 FROM n WHERE x < 1e15) SELECT count(*) FROM n"
)
LONG = sa.text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 300000) SELECT max(x) FROM n")


def test_a_query_without_end_is_stopped(store: Store) -> None:
    began = time.monotonic()
    with time_limit(0.3), pytest.raises(TimeLimitError, match=r"0\.3 seconds"), store._database.read() as connection:
        connection.execute(ENDLESS).scalar()
    assert time.monotonic() - began < 60
    assert store.plans() == []  # the connection is as good as new
    with store._database.read() as connection:
        assert connection.execute(LONG).scalar() == 300_000


def test_after_the_deadline_no_query_begins(store: Store) -> None:
    with time_limit(0.0), pytest.raises(TimeLimitError):
        store.plans()
