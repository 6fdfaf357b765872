"""Several planners on one plan, over HTTP and two server processes; `make conflict` is the same for longer."""

from pathlib import Path

from spatialgov.store import Store
from spatialgov.workspace import Workspace
from tests.soak.conflict import found_squares, run


def test_every_change_is_applied_or_refused_with_what_changed(url: str, tmp_path: Path) -> None:
    with Store.open(url) as store:
        town = found_squares(Workspace(store, tmp_path), tmp_path)
    report = run(url, tmp_path, town, planners=4, changes=120)
    assert sum(report.outcomes.values()) == 120
    assert report.outcomes["applied"] >= 20
    assert report.outcomes["refused with what changed"] >= 5
