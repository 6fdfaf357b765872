"""Several writers lose nothing, and a writer that is killed leaves whole transactions."""

import runpy
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from spatialgov.store import LoadCounts, Store

WORKER = Path(__file__).parent / "worker.py"
ROUNDS = 50


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(WORKER), *arguments], stdout=subprocess.PIPE, text=True)


def test_reading_and_writing_in_turn_loses_nothing(store: Store) -> None:
    """One process more, and three threads of this one, each reading a number and writing the next."""
    store.set_note("n", "0")
    count_up = runpy.run_path(str(WORKER))["count_up"]
    with start("count_up", store.url, str(ROUNDS)) as worker, ThreadPoolExecutor(3) as pool:
        list(pool.map(count_up, [store.url] * 3, [ROUNDS] * 3))
        assert worker.wait(timeout=300) == 0
    assert store.note("n") == str(4 * ROUNDS)


def test_loading_the_same_from_several_threads_loads_it_once(store: Store, frames: Any) -> None:
    parts = [frames.incidents.iloc[[i, j]] for i in range(3) for j in range(3) if i != j]
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(store.upsert_incidents, parts))
    assert sum(count.accepted for count in counts) == 3
    assert sum(count.unchanged for count in counts) == 2 * len(parts) - 3
    assert store.upsert_incidents(frames.incidents) == LoadCounts(0, 3, 0)


def test_opening_an_empty_store_from_several_threads(empty_url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(Store.open, [empty_url] * 6))
    for store in stores:
        assert store.plans() == []
        store.close()


def test_creating_several_stores_at_once(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / str(number)}.db" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(Store.open, urls))
    for store in stores:
        assert store.plans() == []
        store.close()


def test_a_killed_writer_leaves_whole_batches(open_store: Callable[[], Store]) -> None:
    store = open_store()
    batch = 500
    with start("load_forever", store.url, str(batch)) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(3)]
        writer.kill()  # SIGKILL, in the middle of the next batch
        said += [int(line) for line in writer.stdout]
    found = open_store().incidents()["source_id"]
    sizes = found.str.partition("-")[0].value_counts()
    assert isinstance(sizes, pd.Series)
    assert set(sizes) == {batch}, "no half batch"
    assert set(sizes.index) >= {str(number) for number in said}, "no batch that was acknowledged is lost"
    store.set_note("still", "writable")
    assert store.note("still") == "writable"
