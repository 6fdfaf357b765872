"""Who runs a job: one runner at a time, as many at once as may, and what becomes of those that lose theirs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from spatialgov.errors import ConflictError, NotFoundError
from spatialgov.language import using_language
from spatialgov.store import Store
from spatialgov.store.jobs import MOST_STARTS

OPTIONS = {"name": "方案", "households_per_grid": 400.0}
ERROR = {"code": "internal", "message": "no", "remedy": ""}


def add(store: Store, **options: Any) -> int:
    return store.jobs.add("partition", options, who="local").id


def test_a_job_is_written_down(open_store: Callable[[], Store]) -> None:
    store = open_store()
    with using_language("zh"):
        job = store.jobs.add("partition", OPTIONS, who="planning office")
    assert (job.kind, job.options, job.who, job.language) == ("partition", OPTIONS, "planning office", "zh")
    assert (job.state, job.starts, job.started_at, job.result, job.error) == ("waiting", 0, None, {}, {})
    assert open_store().jobs.record(job.id) == job
    second = add(store)
    assert [one.id for one in store.jobs.records()] == [second, job.id]
    assert [one.id for one in store.jobs.records(limit=1, offset=1)] == [job.id]
    assert store.jobs.records(state="done") == []
    assert store.jobs.counts() == {"waiting": 2, "running": 0, "done": 0, "failed": 0, "cancelled": 0}
    with pytest.raises(NotFoundError, match="no job 99"):
        store.jobs.record(99)


def test_jobs_run_in_turn_and_no_more_than_may(store: Store) -> None:
    first, second, third = add(store), add(store), add(store)
    one = store.jobs.claim("a", at_most=2)
    two = store.jobs.claim("b", at_most=2)
    assert one is not None
    assert two is not None
    assert (one.id, one.runner, one.starts, one.state) == (first, "a", 1, "running")
    assert two.id == second
    assert store.jobs.claim("c", at_most=2) is None
    store.jobs.beat(first, "a", {"done": 1, "total": 4})
    store.jobs.beat(second, "a", {"done": 9, "total": 9})  # not a's
    assert store.jobs.record(first).step == {"done": 1, "total": 4}
    assert store.jobs.record(second).step == {}
    store.jobs.finish(first, "a", {"plans": [7]})
    assert store.jobs.wanted(first, "a")
    ended = store.jobs.record(first)
    assert (ended.state, ended.result) == ("done", {"plans": [7]})
    assert ended.ended_at is not None
    store.jobs.fail(second, "b", ERROR)
    assert (store.jobs.record(second).state, store.jobs.record(second).error) == ("failed", ERROR)
    three = store.jobs.claim("c", at_most=1)
    assert three is not None
    assert three.id == third
    store.jobs.fail(third, "a", ERROR)
    assert store.jobs.record(third).state == "running"


def test_many_claim_at_once_and_each_job_has_one_runner(store: Store) -> None:
    jobs = [add(store) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        claimed = list(pool.map(lambda name: store.jobs.claim(name, at_most=4), "abcdef"))
    assert sorted(job.id for job in claimed if job is not None) == jobs[:4]


def test_a_job_whose_runner_is_gone_is_begun_again_but_not_for_ever(store: Store) -> None:
    job_id = add(store)
    with using_language("zh"):
        other = store.jobs.add("check", {}, who="local").id
    for start in range(1, MOST_STARTS + 1):
        job = store.jobs.claim(f"runner {start}", at_most=1, lease_s=0)
        assert job is not None
        assert (job.id, job.starts) == (job_id, start)
        assert store.jobs.claim("another", at_most=1) is None, "its runner has given a sign of life"
    with pytest.raises(ConflictError):
        store.jobs.finish(job_id, "runner 1", {"plans": [1]})
    second = store.jobs.claim("x", at_most=1, lease_s=0)
    assert second is not None
    assert second.id == other
    failed = store.jobs.record(job_id)
    assert (failed.state, failed.error["code"]) == ("failed", "job_killed")
    assert failed.error["message"] == "The server was killed while the job ran, 3 times."


def test_a_released_job_waits_as_if_it_had_not_begun(store: Store) -> None:
    job_id = add(store)
    store.jobs.claim("a", at_most=1)
    store.jobs.release(job_id, "b")
    assert store.jobs.record(job_id).state == "running"
    store.jobs.release(job_id, "a")
    job = store.jobs.record(job_id)
    assert (job.state, job.starts, job.runner) == ("waiting", 0, "")


def test_cancelling(store: Store) -> None:
    waits, runs, lost = add(store), add(store), add(store)
    assert store.jobs.cancel(waits).state == "cancelled"
    store.jobs.claim("a", at_most=1)
    assert store.jobs.wanted(runs, "a")
    assert not store.jobs.wanted(runs, "b")
    asked = store.jobs.cancel(runs)
    assert not store.jobs.wanted(runs, "a")
    assert (asked.state, asked.cancel_asked) == ("running", True)
    with pytest.raises(ConflictError, match="cancelled"):
        store.jobs.finish(runs, "a", {})
    store.jobs.fail(runs, "a", ERROR)
    assert (store.jobs.record(runs).state, store.jobs.record(runs).error) == ("cancelled", {})
    store.jobs.claim("b", at_most=1)
    store.jobs.cancel(lost)
    assert store.jobs.claim("c", at_most=1, lease_s=0) is None, "nobody begins a job again that is to end"
    assert store.jobs.record(lost).state == "cancelled"
    for ended in (waits, runs, lost):
        with pytest.raises(ConflictError, match="ended already"):
            store.jobs.cancel(ended)
    released = add(store)
    store.jobs.claim("d", at_most=1)
    store.jobs.cancel(released)
    store.jobs.release(released, "d")
    assert store.jobs.record(released).state == "cancelled"


def test_one_change_is_all_there_or_not_at_all(store: Store, add_plan: Callable[[Store], int]) -> None:
    job_id = add(store)
    store.jobs.claim("a", at_most=1)
    store.jobs.cancel(job_id)
    add_plan(store)

    def one_more_and_finish() -> None:
        with store.as_one_change():
            second = add_plan(store)
            assert store.plan(second).id == second, "what the block has written can be read in it"
            store.jobs.finish(job_id, "a", {"plans": [second]})

    with pytest.raises(ConflictError):
        one_more_and_finish()
    assert [plan.id for plan in store.plans()] == [1]
    with store.as_one_change(), store.as_one_change():
        add_plan(store)
        with pytest.raises(ConflictError):
            store.jobs.finish(job_id, "a", {})
        store.set_note("after", "a write that failed and was caught")
    assert len(store.plans()) == 2
    assert store.note("after") is not None


def test_others_read_on_while_one_change_is_made(store: Store, add_plan: Callable[[Store], int]) -> None:
    with store.as_one_change(), ThreadPoolExecutor(1) as pool:
        assert store.plans() == []
        add_plan(store)
        assert pool.submit(store.plans).result() == []
    assert len(store.plans()) == 1
