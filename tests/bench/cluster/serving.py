"""A server as `spatialgov serve` starts it, what its requests cost it, and how much memory it has."""

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.cluster.crews import cpu_s_of, peak_mb_of

__all__ = ["Server", "served"]

_START = "import sys; from spatialgov.cli import main; sys.exit(main())"
_START_S = 120
_STOP_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A server of one process on this machine."""

    port: int
    process: int

    def cpu_s(self, targets: Sequence[str], n: int, body: bytes | None = None, kind: str = "") -> float:
        """Give its CPU seconds for a request, the mean of n that follow each other on one connection.

        Raises
        ------
        RuntimeError
            When one is not answered with 200.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        method, headers = ("GET", {}) if body is None else ("POST", {"content-type": kind})

        def ask(target: str) -> None:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{target}: {answer.status} {said[:300]!r}")

        for target in targets:
            ask(target)  # whatever is opened at the first question
        before = cpu_s_of([self.process])
        for i in range(n):
            ask(targets[i % len(targets)])
        seconds = cpu_s_of([self.process]) - before
        connection.close()
        return seconds / n

    def peak_mb(self) -> float:
        """Give the most memory that it had at once."""
        return peak_mb_of(self.process)


@contextmanager
def served(data_dir: Path, *options: str) -> Iterator[Server]:
    """Serve a store for as long as the block runs."""
    log = data_dir / "serve.log"
    command = [sys.executable, "-c", _START, "--lang", "en", "serve", "--port", "0", "--data-dir", str(data_dir)]
    with log.open("w") as said:
        process = subprocess.Popen([*command, *options], stderr=said)
    try:
        yield Server(_port(process, log), process.pid)
    finally:
        process.terminate()
        process.wait(_STOP_S)


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    """Wait until the server answers; give its port."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.1)
        _, _, rest = log.read_text(encoding="utf-8").partition("http://127.0.0.1:")
        if rest and _is_ready(port := int(rest.partition("/")[0])):
            return port
    raise RuntimeError(f"no answer: {log.read_text(encoding='utf-8')}")


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_START_S)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
