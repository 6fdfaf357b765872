"""One run in a process of its own, so that its time and memory are nobody else's.

``python -m tests.bench.partition.worker JSON`` prints a JSON object as its last line.
"""

import json
import math
import resource
import sys
import time
from pathlib import Path

from tests.bench.partition.instances import arrays
from tests.bench.partition.judge import judge
from tests.bench.partition.methods import prepare

__all__: list[str] = []

_STATUS = Path("/proc/self/status")


def memory_mib(field: str) -> float:
    """Give a figure of this process, NaN where the system has no /proc: ``VmRSS`` (now) or ``VmHWM`` (most so far)."""
    # ru_maxrss would do everywhere, but starts at what the parent held when it forked
    for line in _STATUS.read_text(encoding="ascii").splitlines() if _STATUS.exists() else []:
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return math.nan


def main(file: str, method: str, k: int, seed: int, hard_barriers: bool, limit_s: float) -> dict[str, float]:
    """Load, prepare, run against the clock, judge."""
    graph = arrays(Path(file))
    run = prepare(method, graph, k, seed, hard_barriers=hard_barriers)
    if _STATUS.exists():
        _STATUS.with_name("clear_refs").write_text("5", encoding="ascii")  # the highest mark starts anew
    before = memory_mib("VmRSS")
    begun = time.process_time()
    # the kernel ends the process when its CPU time is up
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(begun + limit_s), resource.RLIM_INFINITY))
    labels = run()
    seconds = time.process_time() - begun
    resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    peak = memory_mib("VmHWM")
    figures = judge(graph, labels, k, hard_barriers=hard_barriers)
    return {"cpu_s": seconds, "peak_mib": peak, "grown_mib": peak - before, **figures}


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
