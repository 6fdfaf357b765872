"""What painting costs the planner's page: script time of a pointer move and of a finished stroke, 20,000 × 150."""

import subprocess
from pathlib import Path

from tests.node_command import node_command

SCRIPT = Path(__file__).parents[2] / "maps" / "workbench" / "stroke_cost.mjs"

if __name__ == "__main__":
    subprocess.run([*node_command(), str(SCRIPT)], check=True)
