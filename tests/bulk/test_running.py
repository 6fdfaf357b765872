"""Work in parts: what is done is kept, and not done again."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from spatialgov.bulk import Done, Foreseen, Hands, Job, Part, here, on_dask, outlook, run
from spatialgov.errors import ClusterError, FaultyDataError, InputError
from spatialgov.faults import Fault
from spatialgov.language import current_language, using_language
from spatialgov.threads import cores, on_cores


@dataclass(frozen=True)
class Squares(Job):
    """Squares of numbers, one by one; each is noted in a log, and one of them may fail."""

    name: ClassVar[str] = "squares"
    suffix: ClassVar[str] = ".txt"
    n: int
    log: Path
    bad: int = -1
    killed: bool = False

    def basis(self) -> Mapping[str, Any]:
        return {"n": self.n}

    def parts(self, memory: int) -> list[Part]:
        small = memory < 1000
        return [Part(i, {"number": i}, 50 if small else 100 + i) for i in range(self.n)]

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        if part.number == self.bad:
            raise InputError("no", remedy="do not")
        if self.killed:
            os.kill(os.getpid(), signal.SIGKILL)
        with self.log.open("a") as log:
            log.write(f"{part.number}\n")
        result.write_text(str(part.about["number"] ** 2))
        return {"language": current_language(), "pid": os.getpid(), "cores": cores()}

    def finish(self, done: Sequence[Done]) -> list[tuple[int, str]]:
        return [(int(one.file.read_text()), one.outcome["language"]) for one in done]


def test_results_come_in_order_and_leave_nothing(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with using_language("zh"):
        found = run(Squares(4, tmp_path / "log"), tmp_path / "kept", progress=lambda i, n: told.append((i, n)))
    assert found == [(0, "zh"), (1, "zh"), (4, "zh"), (9, "zh")]
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert not (tmp_path / "kept").exists()


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    job = Squares(4, tmp_path / "log", bad=2)
    with pytest.raises(InputError):
        run(job, tmp_path / "kept")
    assert outlook(job, tmp_path / "kept").done == {0, 1}
    whole = Squares(4, tmp_path / "log")
    ahead = outlook(whole, tmp_path / "kept")
    assert (len(ahead.parts), ahead.most_bytes) == (4, 103)
    assert [square for square, _ in run(whole, tmp_path / "kept")] == [0, 1, 4, 9]
    assert (tmp_path / "log").read_text().split() == ["0", "1", "2", "3"]


def test_a_result_that_went_missing_is_made_again(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run(Squares(3, tmp_path / "log", bad=2), tmp_path / "kept")
    for result in (tmp_path / "kept").rglob("part-000000.txt"):
        result.unlink()
    assert outlook(Squares(3, tmp_path / "log"), tmp_path / "kept").done == {1}
    run(Squares(3, tmp_path / "log"), tmp_path / "kept")
    assert (tmp_path / "log").read_text().split() == ["0", "1", "0", "2"]


def test_another_basis_has_other_results(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run(Squares(3, tmp_path / "log", bad=2), tmp_path / "kept")
    assert outlook(Squares(5, tmp_path / "log"), tmp_path / "kept").done == frozenset()


def test_errors_travel() -> None:
    import pickle

    error = FaultyDataError("wrong", [Fault("gap", "a gap", "close it")], remedy="mend it")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, FaultyDataError)
    assert (str(again), again.remedy, again.faults) == (str(error), "mend it", error.faults)


def test_processes_do_what_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here, "_ALONE_S", 0.0)
    with on_cores(2), using_language("zh"):
        found = run(Squares(5, tmp_path / "log"), tmp_path / "kept")
        assert found == [(i**2, "zh") for i in range(5)]
        with pytest.raises(ClusterError, match="终止"):
            run(Squares(5, tmp_path / "log", killed=True), tmp_path / "kept")
    assert len((tmp_path / "log").read_text().split()) == 5


def test_parts_stay_as_they_were_cut(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with pytest.raises(InputError):
        run(Squares(3, tmp_path / "log", bad=2), folder, memory=2000)
    # less memory than then, but enough for those parts: they are not cut anew
    assert (outlook(Squares(3, tmp_path / "log"), folder, memory=200).done) == {0, 1}
    smaller = outlook(Squares(3, tmp_path / "log"), folder, memory=60)
    assert (smaller.done, smaller.most_bytes, smaller.memory) == (frozenset(), 50, 60)


def test_a_part_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="Part 0 takes about 1 MB"):
        run(Squares(1, tmp_path / "log"), tmp_path / "kept", memory=40)


def test_a_dry_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Foreseen) as found:
        Hands(tmp_path / "kept", memory=2000, dry_run=True).do(Squares(3, tmp_path / "log"))
    assert [part.bytes for part in found.value.outlook.parts] == [100, 101, 102]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_lone_part_is_not_sent_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    asked: list[str] = []

    def nobody(address: str) -> None:
        asked.append(address)
        raise ClusterError("nobody there")

    monkeypatch.setattr(on_dask, "crew_of", nobody)
    hands = Hands(tmp_path / "kept", "tcp://127.0.0.1:9", lone_here=True)
    if n == 2:
        with pytest.raises(ClusterError, match="nobody"):
            hands.do(Squares(n, tmp_path / "log"))
    else:
        assert hands.do(Squares(n, tmp_path / "log")) == [(0, "en")][:n]
    with pytest.raises(ClusterError, match="nobody"):
        replace(hands, lone_here=False).do(Squares(n, tmp_path / "log"))
    assert asked == ["tcp://127.0.0.1:9"] * (2 if n == 2 else 1)


def test_what_another_job_needs_stays(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    (folder / "other-0").mkdir(parents=True)
    needed = folder / "needed"
    needed.touch()

    class Needy(Squares):
        def belongings(self) -> Sequence[Path]:
            return (needed,)

    with pytest.raises(Foreseen):
        Hands(folder, dry_run=True).do(Needy(1, tmp_path / "log"))
    run(Needy(1, tmp_path / "log"), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["needed", "other-0"]
    (folder / "other-0").rmdir()
    run(Needy(1, tmp_path / "log"), folder)
    assert not folder.exists()


def test_without_dask_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "spatialgov.bulk.on_dask", raising=False)
    with pytest.raises(ClusterError, match="not installed") as found:
        run(Squares(1, tmp_path / "log"), tmp_path / "kept", cluster="tcp://127.0.0.1:9")
    assert "spatialgov[cluster]" in found.value.remedy
