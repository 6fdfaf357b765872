"""Build hook: puts the vendored browser code and the sample city's files into wheels.

Both lie outside what git keeps in the packages: the browser code is fetched (`tools/vendor_assets.py`), the sample city
is data of the project. An editable install finds them in the checkout and needs neither.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The hook is loaded from its file, so its neighbours are not on the path by themselves.
sys.path.insert(0, str(Path(__file__).resolve().parent / "tools"))

import vendor_assets  # type: ignore[import-not-found]


class CustomBuildHook(BuildHookInterface[Any]):
    """Fetch what is missing and add it to the wheel."""

    def dependencies(self) -> list[str]:
        """Give what the build needs besides hatchling: Node's wheel where the machine has no npm."""
        return [] if vendor_assets.has_npm() else [vendor_assets.NODE_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folders to the wheel's files; nothing for an editable install."""
        if version != "standard":
            return
        root = Path(self.root)
        build_data["force_include"] |= {
            str(vendor_assets.vendor(root, self.app.display_info)): "spatialgov_maps/static/vendor",
            str(root / "data" / "boundaries"): "spatialgov/_boundaries",
        }
