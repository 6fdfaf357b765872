"""``demo`` and ``serve``: what is said before anything is loaded or served."""

import socket
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Run = Callable[..., Result]


def test_a_second_demo_is_quick_and_a_town_of_ones_own_is_left_alone(run: Run, analysed: Path, store: Path) -> None:
    result = run("demo", "--no-serve", "--data-dir", analysed)
    assert result.exit_code == 0
    assert "Next: spatialgov serve --data-dir" in result.stderr
    assert "units: " not in result.stderr  # nothing was loaded again
    result = run("demo", "--no-serve", "--data-dir", store)
    assert result.exit_code == 1
    assert "data of your own" in result.stderr


def test_a_port_in_use(run: Run, store: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for command in ("serve", "demo"):
            result = run(command, "--port", port, "--data-dir", store)
            assert result.exit_code == 1
            assert f"127.0.0.1:{port} can't be served: Address already in use." in result.stderr
            assert "--port 0" in result.stderr
            assert "Loading" not in result.stderr


def test_a_host_that_is_not_there(run: Run, store: Path) -> None:
    result = run("serve", "--host", "host.invalid", "--port", "0", "--data-dir", store)
    assert result.exit_code == 1
    assert "host.invalid:0 can't be served" in result.stderr
