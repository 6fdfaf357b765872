"""Several machines on one store, each with a data folder of its own: what is derived follows the store."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialgov.datum import parse_datum
from spatialgov.errors import StoreError
from spatialgov.store import Edition, upkeep
from spatialgov.store.database import Database
from spatialgov.workspace import Workspace, check
from tests.soak.town import SIDE, SOUTH, WEST, edited, found_town

OpenHost = Callable[[str], Workspace]
PLACE = WEST + SIDE / 2, SOUTH + SIDE / 2
MOVES = [{"U01": "990101001001002"}, {"U01": "990101001001001"}]
"""Give a unit to the neighbouring grid, and give it back."""


@pytest.fixture
def host(url: str, tmp_path: Path) -> Iterator[OpenHost]:
    """Give a function that opens the workspace of a host, by its name."""
    opened: list[Workspace] = []

    def open_host(name: str) -> Workspace:
        opened.append(Workspace.open(tmp_path / name, url))
        return opened[-1]

    yield open_host
    for workspace in opened:
        workspace.close()


def publish_next(workspace: Workspace) -> int:
    """Publish the plan in force with one unit moved; give the number of the edition."""
    newest = workspace.store.edition()
    moved = edited(workspace, newest.plan_id, MOVES[(newest.id + 1) % 2]).plan_id
    return workspace.plans.publish(moved).id


def files_of(workspace: Workspace) -> dict[str, int]:
    return {file.name: file.stat().st_ino for file in (workspace.data_dir / "editions").glob("*")}


def test_a_host_makes_its_own_locator_files(host: OpenHost, tmp_path: Path) -> None:
    first, second = host("first"), host("second")
    found_town(first, tmp_path / "sources")
    published = files_of(first)
    assert first.locations.find(*PLACE, "wgs84") == second.locations.find(*PLACE, "wgs84")
    assert files_of(first) == published, "what was published is used as it is"
    assert files_of(second).keys() == published.keys()


def test_a_running_host_takes_up_a_new_edition_within_a_second(host: OpenHost, tmp_path: Path) -> None:
    """While it is asked all the time by several threads; each answer is of the old edition or of the new one."""
    first, second = host("first"), host("second")
    found_town(first, tmp_path / "sources")
    second.locations.find(*PLACE, "wgs84")
    seen: dict[int, float] = {}
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        last = 0
        try:
            while not stop.is_set():
                fast = second.locations.find_at_once(*PLACE, "wgs84")
                edition = second.locations.find(*PLACE, "wgs84").edition if fast is None else fast[1].edition.id
                assert edition >= last
                last = edition
                seen.setdefault(edition, time.monotonic())
                time.sleep(0.001)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    delays = []
    for _ in range(3):
        edition = publish_next(first)
        committed = time.monotonic()
        while edition not in seen and not failures and time.monotonic() < committed + 30:
            time.sleep(0.01)
        delays.append(seen[edition] - committed)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert min(delays) < 1, delays  # the least of three: other work on this machine may hold up one of them


def test_a_slow_question_does_not_bring_an_old_edition_back(
    host: OpenHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = host("first")
    found_town(workspace, tmp_path / "sources")
    monkeypatch.setattr("spatialgov.workspace.locations._FRESH_S", 600)
    asked, go_on = threading.Event(), threading.Event()
    ask = workspace.store.edition

    def slowly(**how: Any) -> Edition:
        found = ask(**how)
        asked.set()
        go_on.wait(60)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(workspace.store, "edition", slowly)
        slow = threading.Thread(target=workspace.locations.find, args=(*PLACE, "wgs84"))
        slow.start()
        asked.wait(60)
    assert publish_next(workspace) == 2
    assert workspace.locations.find(*PLACE, "wgs84").edition == 2
    go_on.set()
    slow.join()
    fast = workspace.locations.find_at_once(*PLACE, parse_datum("wgs84"))
    assert fast is not None
    assert fast[1].edition.id == 2


def test_editions_stay_open_in_a_bounded_number(
    host: OpenHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spatialgov.workspace.locations._MOST_OPEN", 2)
    workspace = host("first")
    found_town(workspace, tmp_path / "sources")
    for _ in range(3):
        publish_next(workspace)
    for edition in workspace.store.editions():
        assert workspace.locations.find(*PLACE, "wgs84", as_of=edition.valid_from).edition == edition.id
    assert len(workspace.locations._open) == 2


def test_a_file_of_another_state_of_the_store_is_not_taken(host: OpenHost, url: str, tmp_path: Path) -> None:
    """Edition 2 was published, the backup of before was restored, and another edition 2 was published elsewhere."""
    first, second = host("first"), host("second")
    found_town(first, tmp_path / "sources")
    with Database.open(url) as database:
        upkeep.backup(database, tmp_path / "town.backup")
        assert publish_next(first) == 2
        moved_away = second.locations.find(*PLACE, "wgs84")
        there = WEST + 1.5 * SIDE, SOUTH + SIDE / 2
        assert second.locations.find(*there, "wgs84").code == "990101001001002"
        upkeep.restore(tmp_path / "town.backup", database, replace=True)
    plan = edited(first, first.store.edition().plan_id, {"U08": "990101001001003"}).plan_id
    assert first.plans.publish(plan).id == 2
    again = host("second")
    assert again.locations.find(*there, "wgs84").code == "990101001001001"
    assert moved_away.edition == 2
    assert second.locations.find(*there, "wgs84").code == "990101001001001", "also where the old one is still open"


def test_what_a_killed_writer_left_is_removed(host: OpenHost, tmp_path: Path) -> None:
    workspace = host("first")
    found_town(workspace, tmp_path / "sources")
    old, new = (workspace.data_dir / "editions" / f".edition-000002-a.locator.{name}" for name in ("old", "new"))
    for file in (old, new):
        file.touch()
    os.utime(old, (0, 0))
    publish_next(workspace)
    assert not old.exists()
    assert new.exists(), "it may still be written"


def test_a_damaged_file_is_a_warning_and_is_made_anew(host: OpenHost, url: str, tmp_path: Path) -> None:
    workspace = host("first")
    found_town(workspace, tmp_path / "sources")
    [file] = (workspace.data_dir / "editions").glob("*.locator")
    content = bytearray(file.read_bytes())
    content[-100] ^= 0xFF
    file.write_bytes(content)
    faults = check(workspace.data_dir, url)
    assert [(fault.kind, fault.severity) for fault in faults] == [("damaged_locator", "warning")]
    workspace.locations.find(*PLACE, "wgs84")
    assert check(workspace.data_dir, url) == []


def test_a_folder_is_no_store_of_a_url(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store in sqlite"):
        Workspace.open(tmp_path / "data", f"sqlite:///{tmp_path / 'town.db'}", create=False)
    assert list(tmp_path.iterdir()) == []
    with Workspace.open(tmp_path / "data", f"sqlite:///{tmp_path / 'town.db'}") as workspace:
        assert workspace.place == f"sqlite:///{tmp_path / 'town.db'}"
    with Workspace.open(tmp_path / "data") as workspace:
        assert workspace.place == str(tmp_path / "data")


def test_many_hosts_open_an_empty_store_at_once(host: OpenHost, tmp_path: Path) -> None:
    names = [f"host-{i}" for i in range(4)]
    threads = [threading.Thread(target=host, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found_town(host("host-0"), tmp_path / "sources")
    answers = {host(name).locations.find(*PLACE, "wgs84").code for name in names}
    assert answers == {"990101001001001"}
    assert np.unique([len(files_of(host(name))) for name in names]).tolist() == [1]
