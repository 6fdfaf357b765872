"""Imported once in the process that the actors are forked from: everything is loaded and compiled afterwards."""

import tempfile
from pathlib import Path

import numpy as np

from spatialgov.workspace import Workspace
from tests.soak.actors import ACTORS
from tests.soak.town import found_town

with tempfile.TemporaryDirectory() as _folder, Workspace.open(Path(_folder) / "town") as _workspace:
    found_town(_workspace, Path(_folder))
    for _actor in ACTORS.values():
        next(_actor(_workspace, np.random.default_rng(0), 0, lambda **_: None))
