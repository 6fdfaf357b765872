"""The build step that brings the browser code, with an npm that is a few lines of shell."""

import importlib.util
import json
import os
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor_assets", ROOT / "tools" / "vendor_assets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a lock file, and an npm on the path that counts its calls and lays the packages down."""
    (tmp_path / "package-lock.json").write_text("{}")
    lines = ["#!/bin/sh", "echo call >> calls"]
    for name, files in tool.ASSETS.items():
        for file in files:
            lines.append(f"mkdir -p node_modules/{name}/{Path(file).parent} && echo x > node_modules/{name}/{file}")
        lines.append(f'echo \'{{"version": "9.9.9"}}\' > node_modules/{name}/package.json')
    put_npm(tmp_path, lines, monkeypatch)
    return tmp_path


def put_npm(folder: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    npm = folder / "bin" / "npm"
    npm.parent.mkdir(exist_ok=True)
    npm.write_text("\n".join(lines) + "\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")


def calls(checkout: Path) -> int:
    return (checkout / "calls").read_text().count("call")


def test_assets_and_licences_are_copied_once(checkout: Path) -> None:
    said: list[str] = []
    folder = tool.vendor(checkout, said.append)
    assert json.loads((folder / "versions.json").read_text())["packages"] == dict.fromkeys(tool.ASSETS, "9.9.9")
    assert (folder / "leaflet" / "leaflet.js").is_file()
    assert all(list((folder / name).glob("LICENSE*")) for name in tool.ASSETS)
    assert calls(checkout) == 1
    tool.vendor(checkout, said.append)
    assert calls(checkout) == 1
    assert "up to date" in said[-1]


def test_a_changed_lock_file_or_a_lost_file_fetches_again(checkout: Path) -> None:
    folder = tool.vendor(checkout, lambda _: None)
    (checkout / "package-lock.json").write_text('{"changed": true}')
    tool.vendor(checkout, lambda _: None)
    assert calls(checkout) == 2
    (folder / "leaflet" / "leaflet.js").unlink()
    tool.vendor(checkout, lambda _: None)
    assert calls(checkout) == 3
    assert (folder / "leaflet" / "leaflet.js").is_file()


def test_tools_are_fetched_when_they_are_wanted_and_are_not_the_pinned_ones(checkout: Path) -> None:
    pins = {f"node_modules/{name}": {"version": "9.9.9"} for name in tool.TOOLS}
    (checkout / "package-lock.json").write_text(json.dumps({"packages": pins}))
    npm = checkout / "bin" / "npm"
    for name in tool.TOOLS:
        line = f'mkdir -p node_modules/{name} && echo \'{{"version": "9.9.9"}}\' > node_modules/{name}/package.json'
        npm.write_text(npm.read_text() + f'case "$*" in *--omit=dev*) ;; *) {line} ;; esac\n')
    folder = tool.vendor(checkout, lambda _: None)
    assert not (checkout / "node_modules" / "axe-core").exists()
    for _ in range(2):
        tool.vendor(checkout, lambda _: None, with_dev=True)
    assert calls(checkout) == 2
    (checkout / "node_modules" / "axe-core" / "package.json").write_text('{"version": "9.9.8"}')
    tool.vendor(checkout, lambda _: None, with_dev=True)
    assert calls(checkout) == 3
    assert not (folder / "axe-core").exists()


def test_a_failing_npm_is_quoted_and_leaves_what_was_there(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tool.vendor(checkout, lambda _: None)
    put_npm(checkout, ["#!/bin/sh", "echo 'no such host' >&2", "exit 7"], monkeypatch)
    (checkout / "package-lock.json").write_text('{"changed": true}')
    with pytest.raises(tool.VendorError, match=r"(?s)exit code 7.*no such host.*again"):
        tool.vendor(checkout, lambda _: None)
    assert (folder / "leaflet" / "leaflet.js").is_file()


def test_without_a_lock_file_it_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(tool.VendorError, match=r"package-lock\.json is missing"):
        tool.vendor(tmp_path, lambda _: None)


def test_the_lock_file_pins_by_hash_and_names_no_host() -> None:
    text = (ROOT / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)
    assert re.findall(r"resolved|https?:", text) == []
