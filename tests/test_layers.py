"""Imports run one way: core ← store ← workspace ← maps ← api ← cli."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAYERS = ["core", "store", "workspace", "maps", "api", "cli"]
"""From the ground up: a module may import from its own layer and from those before it."""


def layer_of(module: str) -> str:
    """Give the layer of one of our modules, by its dotted name."""
    if module.startswith("spatialgov_api"):
        return "api"
    if module.startswith("spatialgov_maps"):
        return "maps"
    part = module.removeprefix("spatialgov").removeprefix(".").partition(".")[0]
    return part if part in LAYERS else "core"


def modules() -> Iterator[tuple[str, Path]]:
    for folder in ("src", "api", "maps"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            parts = file.relative_to(ROOT / folder).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__"), file


def imported(file: Path) -> Iterator[str]:
    """Give the names of our modules that a file imports anywhere, also inside functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            # `from spatialgov import sample` names a module too
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "spatialgov")


def test_imports_run_one_way() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, file in modules()
        if module != "spatialgov"  # the public surface names every layer, lazily
        for name in imported(file)
        if name.startswith("spatialgov") and LAYERS.index(layer_of(name)) > LAYERS.index(layer_of(module))
    ]
    assert wrong == []


def test_the_core_knows_no_web_and_no_database() -> None:
    forbidden = {
        "fastapi",
        "starlette",
        "uvicorn",
        "pydantic",
        "sqlalchemy",
        "geoalchemy2",
        "alembic",
        "click",
        "folium",
    }
    wrong = [
        f"{module} imports {name}"
        for module, file in modules()
        if layer_of(module) == "core"
        for name in imported(file)
        if name.partition(".")[0] in forbidden
    ]
    assert wrong == []


def test_every_module_belongs_to_a_layer_that_has_modules() -> None:
    assert {layer_of(module) for module, _ in modules()} == set(LAYERS)


def test_no_module_is_too_long_to_read_in_one_sitting() -> None:
    files = [file for _, file in modules()]
    lengths = sorted(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
    assert lengths[-1] <= 600
    assert lengths[len(lengths) // 2] <= 200
