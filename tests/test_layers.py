"""Imports run one way: core ← store ← workspace ← maps ← api ← cli."""

import ast
from collections.abc import Iterator
from functools import cache
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


@cache
def imports(file: Path) -> tuple[tuple[bool, str], ...]:
    """Give what a file imports, also inside functions, and whether each stands at the top, or in a block there."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    top, found = set(tree.body), []
    for block in tree.body:
        if isinstance(block, ast.With):  # `quick_imports`
            top |= set(block.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node in top, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.append((node in top, node.module))
            # `from spatialgov import sample` names a module too, `from spatialgov_api.routers import pages` as well
            if node.module in ("spatialgov", "scipy", "spatialgov_api", "spatialgov_api.routers"):
                found += [(node in top, f"{node.module}.{alias.name}") for alias in node.names]
    return tuple(found)


def imported(file: Path) -> list[str]:
    return [name for _, name in imports(file)]


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


def test_what_is_dear_to_import_is_imported_where_it_is_used() -> None:
    """Each of these takes a tenth of a second and more, in every process that opens a workspace, and few need it."""
    dear = ("alembic", "networkx", "scipy.ndimage", "scipy.optimize", "scipy.signal", "scipy.stats")
    wrong = [
        f"{module} imports {name}"
        for module, file in modules()
        if not module.startswith("spatialgov.store.migrations")  # Alembic's own files
        for at_top, name in imports(file)
        if at_top and any(f"{name}.".startswith(f"{one}.") for one in dear)
    ]
    assert wrong == []


def test_a_service_that_draws_no_map_does_not_import_folium() -> None:
    files = dict(modules())
    found, left = set[str](), ["spatialgov_api"]
    while left:
        module = left.pop()
        if module in found:
            continue
        found.add(module)
        if module in files:
            at_top = [name for top, name in imports(files[module]) if top]
            left += [".".join(name.split(".")[: n + 1]) for name in at_top for n in range(name.count(".") + 1)]
    assert {"fastapi", "spatialgov.workspace", "spatialgov_maps", "spatialgov_api.routers.pages"} <= found
    assert not found & {"folium", "branca"}


def test_only_operators_name_urls() -> None:
    """Text becomes a place in a store where it comes from the command line or the environment, nowhere else."""
    makers = {
        module
        for module, file in modules()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Remote", "place_named")
    }
    by_operators = {"spatialgov.cli._outputs", "spatialgov.workspace.shared_files"}
    assert makers == {"spatialgov.object_store", "spatialgov.places", *by_operators}
    drivers = {module for module, file in modules() if any(name.startswith("fsspec") for name in imported(file))}
    assert drivers == {"spatialgov.object_store", "spatialgov.workspace.shared_files"}


def test_every_module_belongs_to_a_layer_that_has_modules() -> None:
    assert {layer_of(module) for module, _ in modules()} == set(LAYERS)


def test_no_module_is_too_long_to_read_in_one_sitting() -> None:
    files = [file for _, file in modules()]
    lengths = sorted(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
    assert lengths[-1] <= 600
    assert lengths[len(lengths) // 2] <= 200
