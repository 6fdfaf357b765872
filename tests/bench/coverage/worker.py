"""``python -m tests.bench.coverage.worker TASK FOLDER``: measure one task, print its figures as JSON."""

import json
import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    print(json.dumps(import_module(f"tests.bench.coverage.{sys.argv[1]}").measure(Path(sys.argv[2]))))
