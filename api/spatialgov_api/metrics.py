"""What Prometheus asks for: requests, their times, and the state of the store.

Several workers share their counts through files (`prometheus_client`'s multiprocess mode), which
`PROMETHEUS_MULTIPROC_DIR` names before this module is imported: any of them answers for all.
"""

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from spatialgov.errors import NothingPublishedError, SpatialGovError
from spatialgov.workspace import Workspace

__all__ = ["SHARED_FOLDER", "Metrics"]

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable: the folder of the counts of several workers; empty when they begin."""

_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0


class Metrics:
    """The figures of one worker, and of all of them when they are asked for.

    Lookups on the short path are counted by `locate_answered`, a plain addition; `settle` hands them on, once a
    second.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "spatialgov_http_requests", "Requests.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "spatialgov_http_request_seconds",
            "Time from a request to the end of its answer; without lookups on the short path.",
            ["method", "route"],
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._edition = Gauge(
            "spatialgov_locator_edition",
            "Edition that lookups are answered from, the oldest of all workers; 0 before the first lookup.",
            registry=self._registry,
            multiprocess_mode="livemin",
        )
        self._resident = Gauge(
            "spatialgov_resident_bytes",
            "Resident memory of the workers.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._answered = 0
        self._kinds: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._state = _StoreState(workspace)
        _forget_dead_workers()
        self.settle()

    def locate_answered(self) -> None:
        """Count a lookup on the short path, from the event loop."""
        self._answered += 1

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count any other request."""
        kind = method, route, status
        if kind not in self._kinds:  # finding them takes longer than counting
            self._kinds[kind] = self._requests.labels(method, route, str(status)), self._seconds.labels(method, route)
        counter, histogram = self._kinds[kind]
        counter.inc()
        histogram.observe(seconds)

    def settle(self) -> None:
        """Hand on what is counted or read now and then."""
        answered, self._answered = self._answered, 0
        if answered:
            self._requests.labels("GET", "/api/v1/locate", "200").inc(answered)
        self._edition.set(self._workspace.locations.open_edition or 0)
        self._resident.set(_resident_bytes())

    def exposition(self) -> bytes:
        """Give all figures in Prometheus' text format."""
        self.settle()
        counted, state = self._registry, CollectorRegistry()
        if SHARED_FOLDER in os.environ:
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        state.register(self._state)
        return generate_latest(counted) + generate_latest(state)


class _StoreState(Collector):
    """What the store says, asked when Prometheus asks."""

    def __init__(self, workspace: Workspace) -> None:
        self._store = workspace.store

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("spatialgov_store_up", "Whether the store can be read.")
        jobs = GaugeMetricFamily("spatialgov_jobs", "Jobs by state.", labels=["state"])
        edition = GaugeMetricFamily("spatialgov_edition", "Edition in force; 0 when nothing is published.")
        since = GaugeMetricFamily("spatialgov_edition_valid_from_seconds", "Since when it is in force, Unix time.")
        try:
            for state, n in self._store.jobs.counts().items():
                jobs.add_metric([state], n)
            try:
                in_force = self._store.edition()
                edition.add_metric([], in_force.id)
                since.add_metric([], in_force.valid_from.timestamp())
            except NothingPublishedError:
                edition.add_metric([], 0)
            up.add_metric([], 1)
        except SpatialGovError:
            up.add_metric([], 0)
        yield from (up, jobs, edition, since)
        if (replica := self._store.replica_state()) is not None:
            yield GaugeMetricFamily(
                "spatialgov_replica_in_use", "Whether what may lag is read from the replica.",
                value=replica.state == "in_use",
            )  # fmt: skip
            yield GaugeMetricFamily(
                "spatialgov_replica_lag_seconds", "How far it is behind; NaN where that is not known.",
                value=math.nan if replica.lag_s is None else replica.lag_s,
            )  # fmt: skip
            yield GaugeMetricFamily(
                "spatialgov_primary_answers", "Whether the primary does.", value=replica.primary_answers
            )


def _resident_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    except OSError:  # no Linux
        return 0


def _forget_dead_workers() -> None:
    """Take what dead workers said about themselves out of the shared figures; their counts stay."""
    if (folder := os.environ.get(SHARED_FOLDER)) is None:
        return
    pids = {found[1] for file in Path(folder).glob("*.db") if (found := re.search(r"_(\d+)\.db$", file.name))}
    for pid in map(int, pids):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
        except PermissionError:
            continue
