"""``python -m tests.bench.loading``: load incidents into either backend, assign them, load them again."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatialgov.language import using_language
from spatialgov.store import Store
from spatialgov.workspace import Workspace
from tests.postgres_cluster import running_cluster

GOAL_S, GOAL_MIB = 60.0, 1024.0


def main() -> int:
    """Run what was asked for, print the table; gives 1 when a goal was missed."""
    wanted = _arguments()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder, ExitStack() as stack:
        file = Path(folder) / f"incidents.{wanted.format}"
        make_file(file, wanted.rows, wanted.seed)
        for backend in wanted.backends:
            data_dir = Path(folder) / backend
            data_dir.mkdir()
            url = f"sqlite:///{data_dir / 'spatialgov.db'}"
            if backend == "postgis":
                url = stack.enter_context(_postgis())
            town(url, data_dir)
            for step, task, options in (
                ("load and assign", "load", {"file": str(file)}),
                ("load again", "load", {"file": str(file)}),
                ("take the codes away", "forget", {}),
                ("assign", "assign", {}),
                ("assign again", "assign", {}),
            ):
                rows.append({"backend": backend, "step": step} | run_apart(task, url, data_dir, options))
                print(json.dumps(rows[-1]), file=sys.stderr)
    if wanted.json:
        print(json.dumps(rows, indent=2))
    else:
        _print(rows, wanted)
    measured = [row for row in rows if row["step"] != "take the codes away"]
    return int(any(row["wall_s"] > GOAL_S or row["peak_mib"] > GOAL_MIB for row in measured))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.loading", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--backends", nargs="+", default=["sqlite", "postgis"], choices=["sqlite", "postgis"])
    parser.add_argument("--format", default="csv", choices=["csv", "ndjson", "geojson", "parquet"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where to work; a temporary folder by default")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def make_file(path: Path, rows: int, seed: int) -> None:
    """Write incidents over and around the grids, GCJ-02; one of a thousand is faulty."""
    random = np.random.default_rng(seed)
    occurred = pd.Timestamp("2026-01-01T00:00:00+08:00") + pd.to_timedelta(random.integers(0, 31_536_000, rows), "s")
    closed = occurred + pd.to_timedelta(random.integers(600, 86_400, rows), "s")
    status = random.choice(["open", "handled", "closed"], rows, p=[0.1, 0.2, 0.7])
    faulty = random.random(rows) < 0.001
    frame = pd.DataFrame(
        {
            "source_id": [f"EV-2026-{number:09d}" for number in random.permutation(rows)],
            "category": np.char.zfill(random.integers(101, 999, rows).astype(str), 4),
            "occurred_at": np.where(faulty, "yesterday", occurred.strftime("%Y-%m-%dT%H:%M:%S+08:00")),
            "lon": random.uniform(116.59, 116.65, rows).round(7),
            "lat": random.uniform(33.89, 33.94, rows).round(7),
            "status": status,
            "closed_at": np.where(status == "closed", closed.strftime("%Y-%m-%dT%H:%M:%S+08:00"), ""),
            "closed_level": np.where(status == "closed", random.choice(["grid", "community"], rows), ""),
            "channel": random.choice(["patrol", "dispatch", "public_report"], rows),
            "reporter": "not asked for",
        }
    )
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif path.suffix == ".ndjson":
        frame.to_json(path, orient="records", lines=True)
    else:
        with path.open("w", encoding="utf-8") as file:
            file.write('{"type": "FeatureCollection", "features": [\n')
            for number, row in enumerate(frame.to_dict("records")):
                place = {"type": "Point", "coordinates": [row.pop("lon"), row.pop("lat")]}
                feature = {"type": "Feature", "properties": row, "geometry": place}
                file.write((",\n" if number else "") + json.dumps(feature))
            file.write("\n]}\n")


@contextmanager
def _postgis() -> Iterator[str]:
    with running_cluster() as cluster:
        yield cluster.url(cluster.new_database())


def town(url: str, data_dir: Path) -> None:
    """Publish grids made of 400 square units."""
    west, south = (
        corners.ravel() for corners in np.meshgrid(116.600 + np.arange(20) / 500, 33.895 + np.arange(20) / 500)
    )
    frame = gpd.GeoDataFrame(
        {
            "unit_id": [f"u{i}" for i in range(400)],
            "kind": "block",
            "households": 100,
            "population": 300,
            "community_code": "990101001001",
        },
        geometry=shapely.box(west.round(4), south.round(4), (west + 0.002).round(4), (south + 0.002).round(4)),
        crs=4326,
    )
    frame.to_file(data_dir / "units.gpkg", layer="units")
    with Workspace(Store.open(url), data_dir) as workspace, using_language("en"):
        workspace.imports.units(data_dir / "units.gpkg", keep=["community_code"])
        workspace.plans.publish(workspace.plans.make(within="community_code").id)


def run_apart(task: str, url: str, data_dir: Path, options: dict[str, Any]) -> dict[str, Any]:
    asked = json.dumps({"task": task, "url": url, "data_dir": str(data_dir), **options})
    command = [sys.executable, "-m", "tests.bench.loading.worker", asked]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _print(rows: list[dict[str, Any]], wanted: argparse.Namespace) -> None:
    print(f"{wanted.rows:,} incidents, {wanted.format}, GCJ-02; goals: {GOAL_S:g} s, {GOAL_MIB:g} MiB a step\n")
    print("| backend | step | wall s | CPU s (ours) | lock s | peak MiB | |\n|---|---|--:|--:|--:|--:|---|")
    for row in rows:
        counts = ", ".join(
            f"{key} {row[key]:,}" for key in ("accepted", "unchanged", "refused", "located") if key in row
        )
        figures = " | ".join(f"{row[key]:.1f}" for key in ("wall_s", "cpu_s", "lock_s", "peak_mib"))
        print(f"| {row['backend']} | {row['step']} | {figures} | {counts} |")


if __name__ == "__main__":
    sys.exit(main())
