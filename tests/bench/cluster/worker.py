"""``python -m tests.bench.cluster.worker TASK FOLDER SIZE …``: measure one task, print its figures as JSON."""

import json
import sys
from importlib import import_module
from pathlib import Path

from tests.bench.cluster.making import Sizes, working_folder

if __name__ == "__main__":
    _, task, folder, *sizes = sys.argv
    with working_folder(Path(folder), task) as place:
        figures = import_module(f"tests.bench.cluster.{task}").measure(place, Sizes(*map(int, sizes)))
    print(json.dumps(figures))
