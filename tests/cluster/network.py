"""Machines that are none: network namespaces with addresses of their own on a bridge, made and removed by a test."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["Network", "Node", "NotAllowedError", "network", "wait_until"]

_STOP_S = 60


class NotAllowedError(Exception):
    """Namespaces can't be made here."""


class Node:
    """A namespace, and the processes that were started in it."""

    def __init__(self, net: "Network", name: str, number: int) -> None:
        self.name = name
        self.address = f"{net.prefix}.{10 + number}"
        self.namespace = f"{net.tag}-{name}"
        self._link = f"{net.tag}l{number}"
        _ip("netns", "add", self.namespace)
        _ip("link", "add", self._link, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        _ip("link", "set", self._link, "master", net.tag, "up")
        _ip("-n", self.namespace, "addr", "add", f"{self.address}/24", "dev", "eth0")
        _ip("-n", self.namespace, "link", "set", "eth0", "up")
        _ip("-n", self.namespace, "link", "set", "lo", "up")
        self._processes: list[subprocess.Popen[bytes]] = []

    def command(self, *command: str, user: str | None = None) -> list[str]:
        """Give the command that runs another one here, as an unprivileged user if one is named."""
        enter = ["nsenter", f"--net=/run/netns/{self.namespace}", "--"]
        if user is not None:
            enter += ["setpriv", f"--reuid={user}", "--regid=nogroup", "--clear-groups", "--"]
        return [*enter, *command]

    def run(self, *command: str, user: str | None = None, cwd: Path | None = None) -> None:
        """Run a command to its end."""
        done = subprocess.run(
            self.command(*command, user=user), cwd=cwd, check=False, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    def start(
        self, *command: str, log: Path, env: Mapping[str, str] | None = None, user: str | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start a process that stays; what it says goes to the end of a file."""
        with log.open("ab") as said:
            process = subprocess.Popen(
                self.command(*command, user=user), stdout=said, stderr=said, env=env, cwd=log.parent,
                start_new_session=True,
            )  # fmt: skip
        self._processes.append(process)
        return process

    def cut_off(self) -> None:
        """Pull the cable."""
        _ip("link", "set", self._link, "down")

    def connect(self) -> None:
        """Plug it in again."""
        _ip("link", "set", self._link, "up")

    def remove(self) -> None:
        """End all processes and remove the namespace."""
        for process in self._processes:
            process.send_signal(signal.SIGINT)
        for process in self._processes:
            try:
                process.wait(timeout=_STOP_S)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        _ip("netns", "del", self.namespace)


class Network:
    """A bridge, on which this machine has the first address, and the nodes at it."""

    def __init__(self) -> None:
        number = secrets.randbelow(200 * 256)
        self.tag = f"sg{number:04x}"
        self.prefix = f"10.{50 + number // 256}.{number % 256}"
        self._nodes: list[Node] = []

    def make(self) -> None:
        """Make the bridge."""
        _ip("link", "add", self.tag, "type", "bridge")
        _ip("addr", "add", f"{self.prefix}.1/24", "dev", self.tag)
        _ip("link", "set", self.tag, "up")

    def node(self, name: str) -> Node:
        """Make a node."""
        self._nodes.append(Node(self, name, len(self._nodes)))
        return self._nodes[-1]

    def remove(self) -> None:
        """Remove all of it, the last node first."""
        for node in reversed(self._nodes):
            node.remove()
        _ip("link", "del", self.tag)


@contextmanager
def network() -> Iterator[Network]:
    """Give a network as long as the block lasts.

    Raises
    ------
    NotAllowedError
        When this is not root, or namespaces or bridges can't be made here.
    """
    if os.geteuid() != 0:
        raise NotAllowedError("only root may make network namespaces: several hosts are not tested")
    missing = [name for name in ("ip", "nsenter", "setpriv") if shutil.which(name) is None]
    if missing:
        raise NotAllowedError(f"{', '.join(missing)} is not installed: several hosts are not tested")
    made = Network()
    try:
        made.make()
        made.node("probe")
    except subprocess.CalledProcessError as error:
        made.remove()
        raise NotAllowedError(f"network namespaces can't be made here ({error}): nothing is tested") from error
    try:
        yield made
    finally:
        made.remove()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=30)


def wait_until(what: str, within_s: float, *, every_s: float = 0.1) -> Iterator[None]:
    """Give turns of a loop until the caller breaks it; fails when that takes too long."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        yield
        time.sleep(every_s)
    raise AssertionError(f"{what}: not within {within_s:g} s")
