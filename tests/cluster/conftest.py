"""Several hosts for real, in network namespaces: minutes, and root; collected by ``make test-cluster`` only."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cluster.network import Network, NotAllowedError, network
from tests.cluster.several_hosts import SeveralHosts, several_hosts
from tests.postgres_cluster import NotInstalledError

collect_ignore_glob = [] if os.environ.get("SPATIALGOV_TEST_CLUSTER") else ["test_*.py"]


@pytest.fixture(scope="session")
def net() -> Iterator[Network]:
    """Give a network of our own, or skip aloud."""
    try:
        with network() as made:
            yield made
    except NotAllowedError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def hosts(net: Network) -> Iterator[SeveralHosts]:
    """Give primary, replica, two API hosts and a balancer that run, each with an address of its own."""
    try:
        # not in pytest's folder, which every run shuts to PostgreSQL's user
        with (
            TemporaryDirectory(prefix="spatialgov-hosts-", ignore_cleanup_errors=True) as folder,
            several_hosts(net, Path(folder)) as running,
        ):
            yield running
    except NotInstalledError as error:
        pytest.skip(str(error))
