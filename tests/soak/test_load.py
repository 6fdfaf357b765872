"""The load proof in short: seconds instead of half an hour, one worker, and publications close together."""

import asyncio
import runpy
import shutil
from pathlib import Path

LOAD = runpy.run_path(str(Path(__file__).with_name("load.py")), run_name="soak")


def test_no_request_fails_while_editions_change(sample_dir: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample_dir, tmp_path / "served"))
    work = LOAD["soak"](folder, seconds=8, saturate_s=2, workers=1, publish_s=3, job_s=60)
    verdict = asyncio.run(work)
    assert not verdict.errors
    assert verdict.requests > 50
    assert (verdict.editions >= 1, verdict.jobs) == (True, 1)
    assert set(verdict.latency_s) >= {"locate", "locate many"}
    assert "| locate |" in verdict.report()


def test_growing_memory_is_seen() -> None:
    verdict = LOAD["Verdict"]()
    verdict.resident_mb = {1: [(float(i), 300.0 + 2 * i) for i in range(100)], 2: [(float(i), 300.0) for i in range(9)]}
    assert verdict.growth()[1] > 0.2
    assert abs(verdict.growth()[2]) < 1e-9
    assert not verdict.holds()
